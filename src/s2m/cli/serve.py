"""``s2m serve``: answer programs over HTTP, without a page."""

from __future__ import annotations

import logging
import os
from functools import partial
from pathlib import Path
from urllib.parse import parse_qs, urlsplit

import click

from s2m.cli.address_options import address_options
from s2m.cli.channel_order_option import channel_order_option
from s2m.cli.provider_option import provider_option
from s2m.engine.channel_order import ChannelOrder, in_channel_order
from s2m.engine.providers import Provider
from s2m.engine.segmenter import Segmenter
from s2m.errors import ConfigError
from s2m.networks.loading import load_model
from s2m.web.api.headless import create_headless
from s2m.web.api.service import ApiService
from s2m.web.api.sessions import Limits
from s2m.web.protocols.label_studio_files import LabelStudioFiles
from s2m.web.protocols.table import PROTOCOLS, protocol_routes
from s2m.web.server import Address, Greeting
from s2m.web.server import serve as serve_app

TOKEN_VARIABLE = "S2M_TOKEN"
_KEY_VARIABLE = "LABEL_STUDIO_API_KEY"
_SHORTEST_TOKEN = 16


@click.command()
@click.option(
    "--model",
    "model_folder",
    type=click.Path(path_type=Path),
    help="Folder or .pth file of a model; the shipped one if left out.",
)
@address_options
@click.option("--sessions", type=click.IntRange(1), default=16, show_default=True, help="Sessions open at once.")
@click.option("--megabytes", type=click.IntRange(1), default=1024, show_default=True, help="What they may take.")
@click.option(
    "--idle-minutes",
    type=click.FloatRange(0, min_open=True),
    default=15.0,
    show_default=True,
    help="A session that nobody asks for so long is closed.",
)
@click.option("--protocol", "protocols", default="", metavar="NAME,NAME", help=f"Also answer {', '.join(PROTOCOLS)}.")
@click.option(
    "--label-studio",
    "label_studio",
    envvar="LABEL_STUDIO_URL",
    metavar="URL",
    help="The Label Studio whose tasks' images are fetched, with the token in LABEL_STUDIO_API_KEY.",
)
@click.option("--threads", type=click.IntRange(1), help="Threads of the network; all cores if left out.")
@provider_option
@channel_order_option
def serve(
    model_folder: Path | None,
    address: Address,
    sessions: int,
    megabytes: int,
    idle_minutes: float,
    protocols: str,
    label_studio: str | None,
    threads: int | None,
    provider: Provider,
    channel_order: ChannelOrder,
) -> None:
    """Answer programs over HTTP: they send images and strokes, and get masks.

    The token is that of the variable S2M_TOKEN, or a new one that is printed.  docs/http.md lists the routes.
    """
    token = os.environ.get(TOKEN_VARIABLE)
    if token is not None and len(token) < _SHORTEST_TOKEN:
        raise ConfigError(f"{TOKEN_VARIABLE} has {len(token)} characters; a token has {_SHORTEST_TOKEN} at least")
    model = in_channel_order(load_model(model_folder, threads, provider), channel_order)
    service = ApiService(Segmenter(model), Limits(sessions, megabytes * 1024**2, idle_minutes * 60))
    logging.basicConfig(level=logging.WARNING, format="%(message)s")
    files = LabelStudioFiles(label_studio, os.environ.get(_KEY_VARIABLE, "")) if label_studio else None
    routes = protocol_routes(protocols, service, files)
    serve_app(partial(create_headless, service, routes), address, partial(_say, token is None), token)


def _say(is_new: bool, greeting: Greeting) -> None:
    where = urlsplit(greeting.url)
    click.echo(f"Answering at {where.scheme}://{where.netloc}{where.path}api/v1")
    if is_new:
        click.echo(f"Authorization: Bearer {parse_qs(where.query)['token'][0]}")
    if not greeting.is_local and not greeting.is_encrypted:
        click.echo("HTTP sends the token in clear: others on this network can read it; see --tls-cert and --tls-key.")
    click.echo("Press Ctrl+C to stop; sessions end with it.")
