"""A labelled image in; a scene of an image and the truths of its objects, ready to score masks (H, W), out."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

import cv2
import numpy as np

from s2m.data.davis import is_davis, read_davis
from s2m.data.grabcut import is_grabcut, read_grabcut
from s2m.data.labelled_images import IGNORE, LabelledFolder, LabelledImage, object_ids
from s2m.types import BoolArray, ByteArray

BOUNDARY_SHARE = 0.02
"""Width of the band of boundary IoU and trimap IoU, as a share of the image's diagonal (Cheng et al., 2021)."""


@dataclass(frozen=True)
class Scores:
    """How good a mask is, each in 0..1; see docs/evaluation.md."""

    iou: float
    boundary_iou: float
    trimap_iou: float


class Truth:
    """One object's true mask, ready to score answers; pixels that are not valid never count.

    Args:
        mask: (H, W) bool, the truth.
        valid: (H, W) bool, false where the label says to ignore.
    """

    def __init__(self, mask: BoolArray, valid: BoolArray) -> None:
        self.mask = mask & valid
        self.valid = valid
        self.width_px = boundary_width_px((mask.shape[0], mask.shape[1]))
        self._band = inner_boundary(self.mask, self.width_px)
        self._trimap = (self._band | inner_boundary(~self.mask, self.width_px, picture_ends=False)) & valid

    def scores(self, answer: BoolArray) -> Scores:
        """All scores of an answer (H, W) bool."""
        band = inner_boundary(answer & self.valid, self.width_px)
        return Scores(
            iou(self.mask, answer, self.valid),
            iou(self._band, band, self.valid),
            iou(self.mask, answer, self._trimap),
        )


@dataclass(frozen=True)
class Scene:
    """What a simulated annotator works on.

    Attributes:
        name: of the image.
        image_path: where the image lies.
        image_rgb: (H, W, 3) uint8.
        truths: each object's truth by its id; for each object the others are background.
    """

    name: str
    image_path: Path
    image_rgb: ByteArray
    truths: Mapping[int, Truth]

    @property
    def size_hw(self) -> tuple[int, int]:
        """(H, W) of the image."""
        return self.image_rgb.shape[0], self.image_rgb.shape[1]


def load_scene(image: LabelledImage) -> Scene:
    """Read an image and its label from disk."""
    image_rgb, label = image.load()
    valid = label != IGNORE
    truths = {object_id: Truth(label == object_id, valid) for object_id in object_ids(label)}
    return Scene(image.name, image.image_path, image_rgb, truths)


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


def iou(truth: BoolArray, answer: BoolArray, valid: BoolArray) -> float:
    """Intersection over union of two masks (H, W) among the valid pixels; 1 where both are empty."""
    union = int(np.count_nonzero((truth | answer) & valid))
    return 1.0 if union == 0 else int(np.count_nonzero(truth & answer & valid)) / union


def boundary_width_px(size_hw: tuple[int, int]) -> int:
    """Width of the boundary band in pixels: ``BOUNDARY_SHARE`` of the diagonal, at least 1."""
    return max(1, round(BOUNDARY_SHARE * math.hypot(*size_hw)))


def inner_boundary(mask: BoolArray, width_px: int, picture_ends: bool = True) -> BoolArray:
    """The pixels of a mask (H, W) within ``width_px`` (chessboard distance) of a pixel outside it.

    Cheng et al., "Boundary IoU: Improving Object-Centric Image Segmentation Evaluation", CVPR 2021.

    Args:
        mask: (H, W) bool.
        width_px: how wide the band is.
        picture_ends: whether what lies beyond the picture counts as outside.
    """
    outside = 0 if picture_ends else 1
    padded = cv2.copyMakeBorder(mask.astype(np.uint8), 1, 1, 1, 1, cv2.BORDER_CONSTANT, value=outside)
    kernel = np.ones((3, 3), np.uint8)
    inner = cv2.erode(padded, kernel, iterations=width_px, borderType=cv2.BORDER_CONSTANT, borderValue=outside)[
        1:-1, 1:-1
    ]
    return np.asarray(mask & (inner == 0), dtype=np.bool_)
