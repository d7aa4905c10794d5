from __future__ import annotations

import re
from dataclasses import fields
from pathlib import Path

import click

from s2m.cli import main
from s2m.evaluation.interaction import InteractionRow
from s2m.evaluation.protocols import PROTOCOLS
from s2m.evaluation.protocols.erasing import OWN_MASK, STROKES_KEPT, TRUTH
from s2m.evaluation.protocols.finished import ALL_OBJECTS, ONE_OBJECT
from s2m.evaluation.protocols.robustness import AS_DRAWN
from s2m.evaluation.protocols.strokes import VARIANT

DOCUMENT = (Path(__file__).parents[2] / "docs" / "evaluation.md").read_text()


def test_every_protocol_has_a_section_and_every_way_of_drawing_a_name() -> None:
    sections = re.findall(r"^### (.+)$", DOCUMENT, flags=re.MULTILINE)
    assert set(PROTOCOLS) <= set(sections)
    for variant in (VARIANT, AS_DRAWN, "together", "one at a time", "boundary", "outside", "inside"):
        assert f"**{variant}**" in DOCUMENT
    for variant in (TRUTH, OWN_MASK, STROKES_KEPT, ONE_OBJECT, ALL_OBJECTS):
        assert f"**{variant}**" in DOCUMENT


def test_every_option_in_the_document_exists() -> None:
    command = main.get_command(click.Context(main), "evaluate")
    assert command is not None
    options = {name for parameter in command.params for name in parameter.opts}
    assert set(re.findall(r"^\| `(--?[a-z-]+)` \|", DOCUMENT, flags=re.MULTILINE)) <= options
    for line in re.findall(r"^s2m evaluate .*$", DOCUMENT, flags=re.MULTILINE):
        assert set(re.findall(r" (--?[a-z-]+)", line.partition("#")[0])) <= options


def test_the_columns_of_the_table_are_named() -> None:
    (row,) = re.findall(r"^- `interactions.csv`: (.*?)\n- ", DOCUMENT, flags=re.MULTILINE | re.DOTALL)
    assert [field.name for field in fields(InteractionRow) if not re.search(rf"\b{field.name}\b", row)] == []
