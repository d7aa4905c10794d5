"""A labelled image in; a scene of an image and the truths of its objects out."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

from s2m.data.labelled_images import IGNORE, LabelledImage, object_ids
from s2m.evaluation.metrics import Truth
from s2m.types import ByteArray


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
