from __future__ import annotations

import re
from pathlib import Path
from typing import get_args

import s2m.session
from s2m.session.commands import Command

ROOT = Path(__file__).parent.parent.parent
TEXT = (ROOT / "docs" / "session.md").read_text()


def test_every_kind_of_command_is_described() -> None:
    kinds = {kind.model_fields["kind"].default for kind in get_args(Command)}
    table = TEXT.partition("## Commands")[2].partition("## `Project`")[0]
    rows = "".join(re.findall(r"^\| (`[^|]*)\|", table, flags=re.MULTILINE))
    assert set(re.findall(r"`(\w+)`", rows)) == kinds


def test_every_module_of_the_session_is_named() -> None:
    modules = {path.stem for path in (ROOT / "src" / "s2m" / "session").glob("*.py")} - {"__init__"}
    assert {module for module in modules if f"`{module}`" not in TEXT} == set()


def test_what_the_package_offers_exists() -> None:
    assert [name for name in s2m.session.__all__ if not hasattr(s2m.session, name)] == []
    assert len(set(s2m.session.__all__)) == len(s2m.session.__all__)
