"""The folder of static sets in (FSS-1000, DUTS, ECSSD, BIG, HRSOD); labelled images of one object each out."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from PIL import Image

from s2m.data.labelled_images import LabelledImage
from s2m.data.problems import ReportProblem, refuse
from s2m.errors import DataError
from s2m.types import ByteArray

CLASSES_SET = "fss"
"""The set with a folder for each class; the others are flat."""

STATIC_SETS = (CLASSES_SET, "DUTS-TR", "DUTS-TE", "ecssd", "BIG_small", "HRSOD_small")

_HALF = 128


@dataclass(frozen=True)
class SoftMaskFile:
    """Reads a label from a grey mask with smoothed edges: 1 where it is at least half bright.

    Of a palette picture the indices count, as in the folders that ``s2m data convert`` writes.
    """

    path: Path

    def __call__(self) -> ByteArray:
        """The label, (H, W) uint8 of 0, 1 and (in palette pictures) ``IGNORE``."""
        try:
            with Image.open(self.path) as picture:
                if picture.mode == "P":
                    return np.asarray(picture, dtype=np.uint8)
                values = np.asarray(picture.convert("L"))
        except FileNotFoundError:
            raise DataError(f"{self.path} is missing; the data set is incomplete") from None
        except (OSError, SyntaxError, ValueError) as error:
            raise DataError(f"{self.path} cannot be read as an image ({error}); restore the file") from error
        return (values >= _HALF).astype(np.uint8)


def static_sets_in(root: Path) -> tuple[str, ...]:
    """The static sets that a folder holds, in the order of ``STATIC_SETS``."""
    return tuple(name for name in STATIC_SETS if _is_there(root / name))


def _is_there(folder: Path) -> bool:
    """Whether a folder holds images where a static set has them; other layouts use the same names."""
    return any(folder.glob(_pattern(folder.name)))


def _pattern(name: str, suffix: str = ".jpg") -> str:
    return f"*/*{suffix}" if name == CLASSES_SET else f"*{suffix}"


def read_static_set(root: Path, name: str, report: ReportProblem = refuse) -> tuple[LabelledImage, ...]:
    """The pairs X.jpg and X.png of one static set, in the order of their names; ``fss`` has a folder a class.

    Args:
        root: the folder of the sets.
        name: of the set.
        report: told of each image without a label and each label without an image.

    Raises:
        DataError: the folder is missing or holds no pair.
    """
    folder = root / name
    if not folder.is_dir():
        raise DataError(f"{folder} is missing; wanted {wanted_files(name)}")
    images = tuple(_pairs(folder, report))
    if not images:
        raise DataError(f"{folder} holds no pair; wanted {wanted_files(name)}")
    return images


def wanted_files(name: str) -> str:
    """How the files of a static set lie, for people."""
    return f"{name}/CLASS/N.jpg beside N.png" if name == CLASSES_SET else f"{name}/X.jpg beside X.png"


def _pairs(folder: Path, report: ReportProblem) -> Iterator[LabelledImage]:
    images, labels = (sorted(folder.glob(_pattern(folder.name, suffix))) for suffix in (".jpg", ".png"))
    for image_path in images:
        label_path = image_path.with_suffix(".png")
        if label_path.is_file():
            name = "_".join(image_path.relative_to(folder).with_suffix("").parts)
            yield LabelledImage(name, "salient", image_path, SoftMaskFile(label_path))
        else:
            report(f"{image_path} has no label {label_path.name} beside it; the data set is incomplete")
    for label_path in labels:
        image_path = label_path.with_suffix(".jpg")
        if not image_path.is_file():
            report(f"{label_path} has no image {image_path.name} beside it; the data set is incomplete")
