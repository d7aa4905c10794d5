from __future__ import annotations

import json
import re
from pathlib import Path

import click
from PIL import Image

from s2m.cli import COMMANDS, EXIT_CODES, main
from s2m.files.stroke_files import strokes_of_json

ROOT = Path(__file__).parent.parent
PROJECT = (ROOT / "pyproject.toml").read_text()
COMMAND_LINE = (ROOT / "docs" / "command-line.md").read_text()


def test_the_table_of_exit_codes_is_that_of_the_program() -> None:
    rows = dict(re.findall(r"^\| (\d+) \| (\w+)", COMMAND_LINE, flags=re.MULTILINE))

    assert {name: number for name, number in EXIT_CODES.items() if name != "error"} == {
        name: int(number) for number, name in rows.items() if name in EXIT_CODES
    }


def test_the_strokes_file_of_the_document_can_be_read() -> None:
    (example,) = re.findall(r"```json\n(.*?)```", COMMAND_LINE, flags=re.DOTALL)

    (stroke,) = strokes_of_json(json.dumps(json.loads(example)).encode(), (480, 640), "example")

    assert stroke.points_xy.tolist() == [[40.5, 50.0], [80.0, 61.5]]


def test_every_option_in_the_document_exists() -> None:
    command = main.get_command(click.Context(main), "segment")
    assert command is not None
    options = {name for parameter in command.params for name in parameter.opts}

    for line in re.findall(r"^s2m segment .*$", COMMAND_LINE, flags=re.MULTILINE):
        for option in re.findall(r" (--?[a-z-]+)", line.partition("#")[0]):
            assert option in options


def test_every_picture_in_a_document_is_taken_by_the_command_that_takes_them() -> None:
    taken = (ROOT / "scripts" / "screenshots.py").read_text()
    documents = [ROOT / "README.md", *(ROOT / "docs").glob("*.md")]
    shown = {name for path in documents for name in re.findall(r"screenshots/([\w.-]+)\)", path.read_text())}

    assert [name for name in sorted(shown) if f'"{name}"' not in taken] == []


def test_the_commands_of_the_makefile_exist() -> None:
    used = re.findall(r"\$\(BIN\)/s2m ([a-z-]+)", (ROOT / "Makefile").read_text())

    assert set(used) <= set(COMMANDS)
    assert {"demo", "annotate", "train", "evaluate", "bench"} <= set(used)


def test_the_architecture_names_every_module_of_the_package() -> None:
    text = (ROOT / "docs" / "architecture.md").read_text()
    package = ROOT / "src" / "s2m"
    modules = [path.stem for path in package.glob("*.py") if path.stem != "__init__"]
    folders = [f"{path.parent.name}/" for path in package.glob("*/__init__.py")]

    assert [name for name in (*modules, *folders) if name not in text] == []


def test_every_training_command_in_its_document_exists() -> None:
    text = (ROOT / "docs" / "train.md").read_text().replace("\\\n", " ")
    lines = re.findall(
        r"(?:^|`)(?:s2m|torchrun .*-m s2m\.cli)\s?(train|data check|data convert|data shard|export-model) ([^`\n]*)",
        text,
        re.M,
    )
    assert {name for name, _ in lines} == {"train", "data check", "data convert", "data shard", "export-model"}
    for name, arguments in lines:
        command: click.Command | None = main
        for part in name.split():
            assert isinstance(command, click.Group)
            command = command.get_command(click.Context(command), part)
        assert command is not None
        options = {option for parameter in command.params for option in parameter.opts}
        for option in re.findall(r" (--[a-z-]+)", " " + arguments.partition("#")[0]):
            assert option in options, (name, option)


def test_the_readme_is_one_screen() -> None:
    lines = (ROOT / "README.md").read_text().splitlines()

    assert len(lines) <= 100
    assert [line for line in lines if line.startswith("|") and len(line) > 110] == []


def test_the_moving_picture_is_small_and_moves() -> None:
    path = ROOT / "docs" / "pictures" / "stroke-to-mask.webp"

    assert path.stat().st_size < 1_500_000
    with Image.open(path) as picture:
        assert getattr(picture, "n_frames", 1) > 20


def test_continuous_integration_runs_every_python_that_the_readme_promises() -> None:
    versions = [f"3.{minor}" for minor in range(10, 14)]
    matrix = re.findall(r"python: \[(.*)\]", (ROOT / ".github" / "workflows" / "ci.yml").read_text())

    assert "Python 3.10 to 3.13" in (ROOT / "README.md").read_text()
    assert 'requires-python = ">=3.10,<3.14"' in PROJECT
    assert matrix == [", ".join(f'"{version}"' for version in versions)]


def test_the_citation_is_of_this_version() -> None:
    citation = (ROOT / "CITATION.cff").read_text()

    assert re.findall(r"^version: (.*)$", citation, re.MULTILINE) == re.findall(
        r'^version = "(.*)"$', PROJECT, re.MULTILINE
    )
