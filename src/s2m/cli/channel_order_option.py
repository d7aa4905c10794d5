"""The option ``--channel-order`` of the commands that show a model photographs."""

from __future__ import annotations

from typing import get_args

import click

from s2m.engine.channel_order import ChannelOrder

channel_order_option = click.option(
    "--channel-order",
    type=click.Choice(get_args(ChannelOrder)),
    default="rgb",
    show_default=True,
    help="bgr shows the model swapped channels, as the original's window did; for comparison only.",
)
