"""The LVIS folder in (``lvis_v1_train.json``, ``train2017``); labelled images out."""

from __future__ import annotations

from pathlib import Path

from s2m.data.coco import read_instances
from s2m.data.labelled_images import LabelledImage
from s2m.data.problems import ReportProblem, refuse
from s2m.errors import DataError

ANNOTATIONS = "lvis_v1_train.json"
IMAGES = "train2017"

AREA_OVER = 50 * 50
"""The published recipe trains on annotations over this area in pixels."""


def read_lvis(root: Path, report: ReportProblem = refuse) -> tuple[LabelledImage, ...]:
    """The images of LVIS v1 with at least one annotation over 50 x 50 pixels.

    LVIS marks only some of the objects of each image, so the kind is "partial".

    Args:
        root: the folder.
        report: see ``read_instances``.

    Raises:
        DataError: the file or the folder is missing or damaged.
    """
    missing = missing_of_lvis(root)
    if missing:
        raise DataError(f"{root} is no LVIS folder; it lacks {', '.join(missing)}")
    return read_instances(root / ANNOTATIONS, root / IMAGES, kind="partial", area_over=AREA_OVER, report=report)


def missing_of_lvis(root: Path) -> tuple[str, ...]:
    """What an LVIS folder needs and this one lacks."""
    absent = [] if (root / ANNOTATIONS).is_file() else [ANNOTATIONS]
    return tuple(absent if (root / IMAGES).is_dir() else [*absent, f"{IMAGES}/"])
