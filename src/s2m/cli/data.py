"""``s2m data check``, ``convert`` and ``shard``: data sets of any layout, looked through, or brought into one."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any, TypeVar

import click
from tqdm import tqdm

from s2m.errors import DataError

C = TypeVar("C", bound=Callable[..., Any])


def _from_sets_to_sets(command: C) -> C:
    """What commands take that write every set below a folder into another."""
    for parameter in (
        click.option(
            "--split", default="train", show_default=True, help="Folder of DESTINATION for sets that lie in none."
        ),
        click.option(
            "--images", type=click.Path(path_type=Path), help="Folder of the images where SOURCE is a COCO JSON file."
        ),
        click.argument("destination", type=click.Path(path_type=Path)),
        click.argument("source", type=click.Path(path_type=Path)),
    ):
        command = parameter(command)
    return command


@click.group()
def data() -> None:
    """Look through data sets, convert them, or pack them into shards."""


@data.command()
@click.argument("root", type=click.Path(path_type=Path))
@click.option("--images", type=click.Path(path_type=Path), help="Folder of the images where ROOT is a COCO JSON file.")
@click.option(
    "--published", is_flag=True, help="ROOT must hold all sets of the published recipe, in lvis/ and static/."
)
@click.option("--allow-missing", is_flag=True, help="With --published: name missing sets and go on with the others.")
def check(root: Path, images: Path | None, published: bool, allow_missing: bool) -> None:
    """Read every image and label below ROOT; report counts, sizes and every problem with its path."""
    from s2m.data.inspection import inspect_set
    from s2m.data.layouts import find_sets
    from s2m.data.published_sets import missing_sets, missing_words

    if published:
        absent = missing_sets(root / "lvis", root / "static")
        if absent and not allow_missing:
            raise DataError(missing_words(absent))
        for line in absent:
            click.echo(f"missing: {line}")
    problems: list[str] = []
    sets = find_sets(root, images, problems.append)
    click.echo(f"{'set':32}{'images':>8}{'objects':>9}{'empty':>7}  sizes")
    for found in sets:
        with tqdm(total=len(found.images), desc=found.name, unit="image", leave=False, disable=None) as progress:
            report = inspect_set(found.images, progress.update)
        (low_h, low_w), (high_h, high_w) = report.smallest_hw, report.largest_hw
        sizes = f"{low_w} x {low_h} to {high_w} x {high_h}" if report.images else "none"
        click.echo(f"{found.name:32}{report.images:8,}{report.objects:9,}{report.empty:7,}  {sizes}")
        problems += report.broken
    if problems:
        count = "1 problem" if len(problems) == 1 else f"{len(problems)} problems"
        raise DataError(f"{count}\n  " + "\n  ".join(problems))
    click.echo("no problems: every image has its label, all files can be read")


@data.command()
@_from_sets_to_sets
def convert(source: Path, destination: Path, images: Path | None, split: str) -> None:
    """Write every set below SOURCE as DESTINATION/SPLIT/SET/NAME.jpg + NAME.png, with an index."""
    from s2m.data.conversion import convert_set, write_index
    from s2m.data.layouts import find_sets

    for found in find_sets(source, images):
        part, name = _place_of(found.name, split)
        with tqdm(total=len(found.images), desc=name, unit="image", disable=None) as progress:
            lines = convert_set(found.images, destination, part, name, progress.update)
        write_index(destination, lines)
        click.echo(f"{name}: {len(lines):,} images in {destination / part / name}")


@data.command()
@_from_sets_to_sets
@click.option("--shard-mb", type=click.IntRange(min=1), default=64, show_default=True, help="Megabytes of a shard.")
def shard(source: Path, destination: Path, images: Path | None, split: str, shard_mb: int) -> None:
    """Pack every set below SOURCE into DESTINATION/SPLIT/SET/shard-NNNNNN.tar, with an index."""
    from s2m.data.layouts import find_sets
    from s2m.data.shard_writing import shard_set

    for found in find_sets(source, images):
        part, name = _place_of(found.name, split)
        folder = destination / part / name
        with tqdm(total=len(found.images), desc=name, unit="image", disable=None) as progress:
            index = shard_set(found.images, folder, shard_mb * 1_000_000, progress.update)
        size = f"{len(index.shards):,} shards, {sum(each.size for each in index.shards) / 1e6:,.1f} MB"
        click.echo(f"{name}: {len(found.images):,} images, {size}, in {folder}")


def _place_of(name: str, split: str) -> tuple[str, str]:
    """Split and folder of a found set: its own, as in "val/cats", or the split of the others."""
    part, _, folder = name.rpartition("/")
    return part or split, folder
