"""``--mask-kind``: what the values of a mask picture mean, for the commands that read some."""

from __future__ import annotations

from typing import get_args

import click

from s2m.files.mask_pictures import MaskKind

mask_kind_option = click.option(
    "--mask-kind",
    type=click.Choice(get_args(MaskKind)),
    default="auto",
    show_default=True,
    help="Values of mask pictures: labels (each an object), binary (one object, what is bright), or as they suggest.",
)
