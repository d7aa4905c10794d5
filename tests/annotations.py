"""Annotated images for tests: masks of every difficulty, and files of them."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

import cv2
import numpy as np

from s2m.files.exports import ExportReport, ExportSettings, write_export
from s2m.files.formats.annotation import ImageAnnotation, KeptStroke, ObjectAnnotation, PlacedMask
from s2m.types import BoolArray, LabelMap


def image_of(
    name: str, *masks: BoolArray, class_names: Sequence[str] = (), path: Path | None = None
) -> ImageAnnotation:
    """An image of some masks, numbered from 1."""
    objects = tuple(
        ObjectAnnotation(
            number, f"object {number}", class_names[number - 1] if class_names else "", PlacedMask.of(mask)
        )
        for number, mask in enumerate(masks, start=1)
    )
    return ImageAnnotation(name, (masks[0].shape[0], masks[0].shape[1]), objects, Path(name).stem, path=path)


def image_of_labels(name: str, labels: LabelMap, class_name: str = "disc") -> ImageAnnotation:
    """An image of a label map whose objects are all of one class."""
    masks = [labels == value for value in range(1, int(labels.max()) + 1)]
    return image_of(name, *masks, class_names=[class_name] * len(masks))


def hard_masks() -> list[BoolArray]:
    """Six objects, 48 x 64: what outlines, run lengths and boxes get wrong."""
    masks = [np.zeros((48, 64), dtype=bool) for _ in range(6)]
    ring, parts, corner, line, pixel, border = masks
    ring[4:20, 4:20] = True
    ring[8:16, 8:16] = False
    ring[11:13, 11:13] = True
    parts[24:34, 2:12] = True
    parts[27:30, 5:8] = False
    parts[24:30, 20:26] = True
    corner[4:9, 30:35] = True
    corner[9:14, 35:40] = True
    line[40, 5:50] = True
    pixel[2, 50] = True
    border[0, :] = True
    border[:, 63] = True
    return masks


def random_masks(count: int, seed: int = 0) -> list[BoolArray]:
    """Masks of 41 x 57 with holes and islands, smooth ones and noise by turns."""
    rng = np.random.default_rng(seed)
    masks = []
    for number in range(count):
        noise = rng.random((41, 57))
        smooth = cv2.GaussianBlur(noise, (0, 0), float(rng.uniform(0.6, 4)))
        masks.append(np.asarray(smooth > np.quantile(smooth, rng.uniform(0.2, 0.8)) if number % 3 else noise > 0.6))
    return masks


def some_strokes() -> tuple[KeptStroke, ...]:
    """One of object 1, a negative one of object 2, one of the background."""
    return (
        KeptStroke(points=((5.5, 5.5), (18.5, 6.25)), object_id=1),
        KeptStroke(points=((3.5, 25.5),), object_id=2, sign="negative", tool="dot", width_px=3),
        KeptStroke(points=((40.5, 20.5), (50.5, 30.5)), object_id=0),
    )


def hard_image(name: str = "hard.png", path: Path | None = None) -> ImageAnnotation:
    """The hard masks with classes, names and strokes."""
    image = image_of(name, *hard_masks(), class_names=["ring", "no", "", "ring", "1", 'a: "b" é'], path=path)
    return image.with_strokes(some_strokes())


def export_of(
    folder: Path, kind: str, images: Sequence[ImageAnnotation], classes: Sequence[str] = (), **splits: str
) -> ExportReport:
    """Write an export of one format."""
    settings = ExportSettings((kind,), splits=splits)
    return write_export(folder, [image.name for image in images], images, classes, settings, {"model": "tiny 1"})


def coco_file(path: Path, images: Sequence[ImageAnnotation], classes: Sequence[str] = (), kind: str = "coco") -> Path:
    """Write a COCO file."""
    export_of(path.parent / f"{path.stem}-export", kind, images, classes)
    return (path.parent / f"{path.stem}-export" / "annotations.json").rename(path)
