"""The option that says what the network computes with."""

from __future__ import annotations

import click

from s2m.engine.providers import PROVIDER_NAMES

provider_option = click.option(
    "--provider",
    type=click.Choice(PROVIDER_NAMES),
    default="auto",
    show_default=True,
    help="What computes; auto takes the fastest that is installed.",
)
