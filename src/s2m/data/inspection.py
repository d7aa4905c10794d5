"""A set of labelled images in; what it holds and which of its files are broken, out."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass

from s2m.data.labelled_images import LabelledImage, object_ids
from s2m.errors import DataError


@dataclass(frozen=True)
class SetReport:
    """What a set holds.

    Attributes:
        images: how many could be read.
        objects: labelled objects in all of them.
        empty: images without an object.
        smallest_hw: the smallest height and the smallest width; (0, 0) where no image could be read.
        largest_hw: the largest height and the largest width.
        broken: a sentence for each image that could not be read.
    """

    images: int
    objects: int
    empty: int
    smallest_hw: tuple[int, int]
    largest_hw: tuple[int, int]
    broken: tuple[str, ...]


def inspect_set(images: Sequence[LabelledImage], report_progress: Callable[[], object]) -> SetReport:
    """Read every image of a set with its label.

    Args:
        images: the set.
        report_progress: called after each image.
    """
    sizes: list[tuple[int, int]] = []
    objects: list[int] = []
    broken: list[str] = []
    for image in images:
        try:
            _, label = image.load()
        except DataError as error:
            broken.append(str(error))
        else:
            sizes.append((label.shape[0], label.shape[1]))
            objects.append(len(object_ids(label)))
        report_progress()
    heights, widths = [height for height, _ in sizes], [width for _, width in sizes]
    return SetReport(
        images=len(sizes),
        objects=sum(objects),
        empty=objects.count(0),
        smallest_hw=(min(heights, default=0), min(widths, default=0)),
        largest_hw=(max(heights, default=0), max(widths, default=0)),
        broken=tuple(broken),
    )
