"""What of a folder of images is left out, and why, said on standard error."""

from __future__ import annotations

from pathlib import Path

import click

from s2m.files.images import left_out


def say_left_out(folder: Path) -> None:
    """Say what ``s2m.files.images.find_images`` leaves out of a folder, a line each.

    Raises:
        ImageError: the folder cannot be read.
    """
    for words in left_out(folder):
        click.echo(words, err=True)
