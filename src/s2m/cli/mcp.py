"""``s2m mcp``: let a language model draw, through the Model Context Protocol on standard input and output."""

from __future__ import annotations

from pathlib import Path

import click

from s2m.cli.provider_option import provider_option
from s2m.engine.providers import Provider
from s2m.engine.segmenter import Segmenter
from s2m.networks.loading import load_model


@click.command()
@click.argument("folder", type=click.Path(path_type=Path))
@click.option("--model", type=click.Path(path_type=Path), help="Folder of a model.  [default: the shipped one]")
@click.option("--threads", type=click.IntRange(min=1), help="Processor threads.  [default: all cores]")
@provider_option
def mcp(folder: Path, model: Path | None, threads: int | None, provider: Provider) -> None:
    """Let a language model annotate the images below FOLDER; it reads and writes nothing outside of it.

    Programs that run language models start this command themselves: docs/mcp.md shows how.
    """
    from s2m.compat.mcp_server import create_mcp_server  # An extra.

    create_mcp_server(folder, Segmenter(load_model(model, threads, provider))).run("stdio")
