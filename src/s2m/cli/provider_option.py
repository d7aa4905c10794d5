"""The options that say what the network computes with."""

from __future__ import annotations

import click

from s2m.engine.precision import PRECISION_NAMES
from s2m.engine.providers import PROVIDER_NAMES

provider_option = click.option(
    "--provider",
    type=click.Choice(PROVIDER_NAMES),
    default="auto",
    show_default=True,
    help="What computes; auto takes the fastest that is installed.",
)

precision_option = click.option(
    "--precision",
    type=click.Choice(PRECISION_NAMES),
    default="auto",
    show_default=True,
    help="Numbers to compute in; auto takes int8 where the model has it and the processor is fast with it.",
)
