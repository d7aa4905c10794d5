"""A folder or an instance file of any known layout in; the labelled images to evaluate on out."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

from s2m.data.davis import is_davis, read_davis
from s2m.data.grabcut import is_grabcut, read_grabcut
from s2m.data.labelled_images import LabelledFolder, LabelledImage


def read_images(data: Path, images_folder: Path | None = None) -> Sequence[LabelledImage]:
    """The images of a data set.

    Args:
        data: a folder of pairs (``LabelledFolder``), in the layout of DAVIS or in the original one of
            GrabCut, or an instance file in the JSON of COCO.
        images_folder: the images of an instance file; by default the folder it lies in.

    Raises:
        DataError: missing, empty, broken, or of no known layout.
    """
    if data.suffix.lower() == ".json":
        from s2m.data.coco import read_instances  # Needs ijson.

        return read_instances(data, images_folder or data.parent)
    if is_davis(data):
        return read_davis(data)
    return read_grabcut(data) if is_grabcut(data) else LabelledFolder(data)


def name_of(data: Path) -> str:
    """What a data set is called in reports: the name of its folder, or of its file without the suffix."""
    return data.stem if data.suffix.lower() == ".json" else data.resolve().name
