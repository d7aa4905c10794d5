"""A folder in the layout of DAVIS in; its annotated frames as labelled images out.

ROOT/JPEGImages/480p/SEQUENCE/00000.jpg beside ROOT/Annotations/480p/SEQUENCE/00000.png.  Also without the
folder of a resolution, and without sequences, as the flat evaluation sets of interactive segmentation are.
"""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

from s2m.data.labelled_images import LabelFile, LabelledImage, files_by_name
from s2m.errors import DataError
from s2m.files.images import IMAGE_SUFFIXES

IMAGES, ANNOTATIONS = "JPEGImages", "Annotations"
RESOLUTIONS = ("480p", "Full-Resolution", "1080p", "")
"""Names of the folder of a resolution, the first that is there is taken; "" is none."""


def is_davis(root: Path) -> bool:
    """Whether a folder has the layout of DAVIS."""
    return (root / IMAGES).is_dir() and (root / ANNOTATIONS).is_dir()


def read_davis(root: Path) -> tuple[LabelledImage, ...]:
    """The frames that have an annotation, named SEQUENCE_FRAME, in the order of their names.

    A black-and-white annotation (DAVIS 2016) is one object; palette indices are objects (DAVIS 2017).

    Raises:
        DataError: a folder is missing, holds no annotation, or an annotation has no frame.
    """
    if not is_davis(root):
        raise DataError(f"{root} lacks {IMAGES}/ or {ANNOTATIONS}/; wanted the layout of DAVIS")
    resolution = next(name for name in RESOLUTIONS if (root / ANNOTATIONS / name).is_dir())
    images = tuple(_frames(root / IMAGES / resolution, root / ANNOTATIONS / resolution))
    if not images:
        raise DataError(f"{root / ANNOTATIONS / resolution} holds no PNG; wanted SEQUENCE/00000.png")
    return images


def _frames(images: Path, annotations: Path) -> Iterator[LabelledImage]:
    frames = {key.rpartition(".")[0]: path for key, path in files_by_name(images, "**/*").items() if path.suffix}
    for key, label_path in files_by_name(annotations, "**/*").items():
        if label_path.suffix.lower() != ".png":
            continue
        inner = label_path.relative_to(annotations).with_suffix("")
        image_path = frames.get(key.rpartition(".")[0])
        if image_path is None or image_path.suffix.lower() not in IMAGE_SUFFIXES:
            raise DataError(f"{label_path} has no frame {images / inner}.jpg; the data set is incomplete")
        yield LabelledImage("_".join(inner.parts), "instance", image_path, LabelFile(label_path))
