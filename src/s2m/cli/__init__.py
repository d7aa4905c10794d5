"""The command line: ``s2m COMMAND ...``; a mistake becomes one line that says what to do, and an exit code."""

from __future__ import annotations

import difflib
import errno
import importlib
import sys
import traceback
from collections.abc import Mapping
from keyword import iskeyword
from pathlib import Path
from types import MappingProxyType

import click

from s2m.errors import S2MError, fault
from s2m.files.reading import file_at_hand, printable

COMMANDS: Mapping[str, str] = MappingProxyType(
    {
        "annotate": "s2m.cli.annotate",
        "serve": "s2m.cli.serve",
        "mcp": "s2m.cli.mcp",
        "segment": "s2m.cli.segment",
        "demo": "s2m.cli.demo",
        "info": "s2m.cli.info",
        "train": "s2m.cli.train",
        "evaluate": "s2m.cli.evaluate",
        "export-model": "s2m.cli.export_model",
        "data": "s2m.cli.data",
        "replay": "s2m.cli.replay",
        "export": "s2m.cli.export",
        "import": "s2m.cli.import_masks",
        "bench": "s2m.cli.bench",
    }
)
"""The module of each command; the module names the command after itself and is imported when it is needed."""

_DEBUG = "s2m.debug"
"""Where a context keeps whether ``--debug`` is given: the traceback is printed before the line."""

DEFAULT_COMMAND = "annotate"
"""What ``s2m photo.jpg`` means."""

EXIT_CODES: Mapping[str, int] = MappingProxyType(
    {
        "error": 1,
        # 2 is a command line that cannot be understood.
        "image": 3,
        "strokes": 4,
        "mask": 5,
        "model": 6,
        "output": 7,
        "journal": 8,
        "data": 9,
        "config": 10,
        "server": 11,
        "batch": 12,
        # 13 and 14 stand below.
        "read_only": 15,
    }
)
"""The exit code of each error of ``s2m.errors``, by its code."""

OUT_OF_MEMORY_EXIT_CODE = 13

MISSING_EXTRA_EXIT_CODE = 14

_EXTRAS: Mapping[str, str] = MappingProxyType(
    {
        "matplotlib": "evaluate",
        "scipy": "evaluate",
        "skimage": "evaluate",
        "filelock": "train",
        "ijson": "train",
        "mcp": "mcp",
        "onnx": "train",
        "onnxscript": "train",
        "ray": "ray",
        "safetensors": "train",
        "tensorboard": "train",
        "torch": "train",
        "webdataset": "train",
    }
)
"""Which extra of the package brings a module that is only needed for some commands."""


class CommandLine(click.Group):
    """Commands that are imported when they are called, and files that go to ``DEFAULT_COMMAND``."""

    def list_commands(self, ctx: click.Context) -> list[str]:  # noqa: ARG002 (click's signature)
        """Names in the order of ``COMMANDS``."""
        return list(COMMANDS)

    def get_command(self, ctx: click.Context, cmd_name: str) -> click.Command | None:  # noqa: ARG002
        """The command of a name, or None."""
        if cmd_name not in COMMANDS:
            return None
        module = importlib.import_module(COMMANDS[cmd_name])
        command = getattr(module, cmd_name.replace("-", "_") + ("_" if iskeyword(cmd_name) else ""))
        assert isinstance(command, click.Command)
        return command

    def parse_args(self, ctx: click.Context, args: list[str]) -> list[str]:
        """Read the arguments: ``DEFAULT_COMMAND`` before those that start with no command, ``--debug`` anywhere."""
        ctx.meta[_DEBUG] = "--debug" in args
        args = [argument for argument in args if argument != "--debug"]
        if args and args[0] not in COMMANDS and args[0] not in ("--help", "-h", "--version"):
            self._check_is_no_typo(ctx, args[0])
            args = [DEFAULT_COMMAND, *args]
        return super().parse_args(ctx, args)

    def invoke(self, ctx: click.Context) -> object:
        """Run the command; any error becomes a line on standard error and an exit code."""
        try:
            return super().invoke(ctx)
        except (click.ClickException, click.exceptions.Exit, click.Abort):
            raise
        except Exception as error:
            if isinstance(error, OSError) and error.errno == errno.EPIPE:
                raise
            if ctx.meta[_DEBUG]:
                traceback.print_exc(file=sys.stderr)
            message, exit_code = _words_and_exit_code(error)
            click.echo(f"Error: {printable(message)}", err=True)
            ctx.exit(exit_code)

    def _check_is_no_typo(self, ctx: click.Context, first: str) -> None:
        similar = difflib.get_close_matches(first, COMMANDS, n=1)
        if similar and not Path(first).exists():
            raise click.UsageError(f'there is no command or file "{first}"; did you mean "s2m {similar[0]}"?', ctx)


def _words_and_exit_code(error: Exception) -> tuple[str, int]:
    """What is said about an error, and the exit code."""
    if isinstance(error, S2MError):
        return str(error), EXIT_CODES[error.code]
    if isinstance(error, MemoryError):
        return "there is not enough memory for this; scale the image down", OUT_OF_MEMORY_EXIT_CODE
    extra = _EXTRAS.get((error.name or "").partition(".")[0]) if isinstance(error, ModuleNotFoundError) else None
    if isinstance(error, ModuleNotFoundError) and extra is not None:
        needed = (error.name or "").partition(".")[0]
        return f"this needs {needed}; install it with: pip install 's2m[{extra}]'", MISSING_EXTRA_EXIT_CODE
    at_hand = file_at_hand()
    where = "" if at_hand is None else f"; the last file read is {at_hand}"
    return f"{fault(error)}{where}; for a report, add --debug", EXIT_CODES["error"]


@click.group(cls=CommandLine, context_settings={"help_option_names": ["-h", "--help"]})
@click.version_option(package_name="s2m", message="s2m %(version)s")
def main() -> None:
    """A few strokes on a photograph become pixel-accurate masks of its objects.

    "s2m photo.jpg" or "s2m folder" opens the page to draw in.  With --debug an error comes with its traceback.
    """
