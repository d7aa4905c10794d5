from __future__ import annotations

from pathlib import Path

import click
import pytest
from click.testing import CliRunner

from s2m import errors
from s2m.cli import COMMANDS, EXIT_CODES, MISSING_EXTRA_EXIT_CODE, OUT_OF_MEMORY_EXIT_CODE, CommandLine, main
from s2m.files.reading import note


def all_errors(kind: type[errors.S2MError]) -> list[type[errors.S2MError]]:
    return [kind, *(below for child in kind.__subclasses__() for below in all_errors(child))]


def failing_command(monkeypatch: pytest.MonkeyPatch, error: BaseException) -> None:
    """Make every command of the command line fail with an error."""

    @click.command()
    def fail() -> None:
        raise error

    monkeypatch.setattr(CommandLine, "get_command", lambda *_: fail)


def test_help_lists_every_command() -> None:
    result = CliRunner().invoke(main, ["--help"])

    assert result.exit_code == 0
    for name in COMMANDS:
        assert f"\n  {name}" in result.output


@pytest.mark.parametrize("name", COMMANDS)
def test_every_command_has_a_help(name: str) -> None:
    result = CliRunner().invoke(main, [name, "--help"])

    assert result.exit_code == 0
    assert f"Usage: main {name}" in result.output


def test_the_version_is_said() -> None:
    assert CliRunner().invoke(main, ["--version"]).output.startswith("s2m ")


def test_every_error_has_its_own_exit_code() -> None:
    codes = {error.code for error in all_errors(errors.S2MError)}

    assert codes <= set(EXIT_CODES)
    numbers = [*EXIT_CODES.values(), OUT_OF_MEMORY_EXIT_CODE, MISSING_EXTRA_EXIT_CODE, 2]
    assert len(set(numbers)) == len(numbers)


@pytest.mark.parametrize("error", all_errors(errors.S2MError))
def test_an_error_of_ours_is_one_line_and_its_exit_code(
    monkeypatch: pytest.MonkeyPatch, error: type[errors.S2MError]
) -> None:
    failing_command(monkeypatch, error("the strokes are wrong; draw others"))

    result = CliRunner().invoke(main, ["info"])

    assert result.stderr == "Error: the strokes are wrong; draw others\n"
    assert result.stdout == ""
    assert result.exit_code == EXIT_CODES[error.code]


def test_a_missing_extra_says_how_to_install_it(monkeypatch: pytest.MonkeyPatch) -> None:
    failing_command(monkeypatch, ModuleNotFoundError("No module named 'torch'", name="torch.nn"))

    result = CliRunner().invoke(main, ["info"])

    assert result.stderr == "Error: this needs torch; install it with: pip install 's2m[train]'\n"
    assert result.exit_code == MISSING_EXTRA_EXIT_CODE


def test_a_missing_module_of_our_own_is_not_taken_for_an_extra(monkeypatch: pytest.MonkeyPatch) -> None:
    failing_command(monkeypatch, ModuleNotFoundError("No module named 's2m.nothing'", name="s2m.nothing"))

    result = CliRunner().invoke(main, ["info"])

    assert "ModuleNotFoundError: No module named 's2m.nothing'" in result.stderr
    assert result.exit_code == EXIT_CODES["error"]


@pytest.mark.parametrize(
    "error",
    [RuntimeError("two\nlines"), KeyError(99), RecursionError(), UnicodeEncodeError("utf-8", "\udce9", 0, 1, "no")],
)
def test_an_error_that_nobody_foresaw_is_one_line_with_the_file_it_was_at(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path, error: Exception
) -> None:
    failing_command(monkeypatch, error)
    note(tmp_path / "caf\udce9.jpg")

    result = CliRunner().invoke(main, ["info"])

    assert result.exit_code == EXIT_CODES["error"]
    assert len(result.stderr.splitlines()) == 1
    assert f"a fault of the program ({type(error).__name__}" in result.stderr
    assert "caf\\xe9.jpg" in result.stderr


@pytest.mark.parametrize("arguments", [["--debug", "info"], ["info", "--debug"]])
@pytest.mark.parametrize("error", [RuntimeError("strange"), errors.ImageError("strange")])
def test_debug_keeps_the_traceback(monkeypatch: pytest.MonkeyPatch, arguments: list[str], error: Exception) -> None:
    failing_command(monkeypatch, error)

    result = CliRunner().invoke(main, arguments)

    assert "Traceback" in result.stderr
    assert "Error: " in result.stderr.splitlines()[-1]
    assert result.exit_code != 0


def test_too_little_memory_is_one_line(monkeypatch: pytest.MonkeyPatch) -> None:
    failing_command(monkeypatch, MemoryError())

    result = CliRunner().invoke(main, ["info"])

    assert "not enough memory" in result.stderr
    assert result.exit_code == OUT_OF_MEMORY_EXIT_CODE


def test_a_file_without_a_command_goes_to_annotate(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    called: list[tuple[str, ...]] = []

    @click.command(context_settings={"ignore_unknown_options": True})
    @click.argument("arguments", nargs=-1, type=click.UNPROCESSED)
    def annotate(arguments: tuple[str, ...]) -> None:
        called.append(arguments)

    def find(_: CommandLine, __: click.Context, name: str) -> click.Command | None:
        return annotate if name == "annotate" else None

    monkeypatch.setattr(CommandLine, "get_command", find)
    photograph = str(tmp_path / "photo.jpg")

    for arguments in ((photograph,), (photograph, "--port", "8000"), ("--no-browser", photograph)):
        assert CliRunner().invoke(main, list(arguments)).exit_code == 0
    assert called == [(photograph,), (photograph, "--port", "8000"), ("--no-browser", photograph)]


def test_a_mistyped_command_gets_a_suggestion() -> None:
    result = CliRunner().invoke(main, ["segmnet", "photo.jpg"])

    assert result.exit_code == 2
    assert 'did you mean "s2m segment"' in result.stderr
