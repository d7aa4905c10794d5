"""A scene in; marks on three members of each bunch of touching objects, which is meant as a whole, out."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace

import numpy as np

from s2m.data.labelled_images import IGNORE
from s2m.data.touching import bunches
from s2m.evaluation.interaction import Interaction
from s2m.evaluation.method import EncodedImage
from s2m.evaluation.metrics import Metric, answer_seconds, score_metrics
from s2m.evaluation.scene import Scene, Truth
from s2m.evaluation.simulation import interact
from s2m.simulated_user import scribbles
from s2m.types import BoolArray, ByteArray, Stroke

MEMBERS = 3
"""Marks on each bunch, and the fewest objects of one."""

DOTS = "dots"
LINES = "centre lines"


class MarkingUser:
    """Gives its marks one after the other, whatever the answers are; None after the last."""

    def __init__(self, marks: Sequence[Stroke]) -> None:
        self._marks = iter(marks)

    def __call__(self, answer: BoolArray) -> Stroke | None:  # noqa: ARG002
        """See ``SimulatedUser``."""
        return next(self._marks, None)


@dataclass(frozen=True)
class WholesProtocol:
    """Bunches of at least three touching objects: dots, or centre lines, on three members that lie far apart."""

    name: str = "wholes"
    most: int = MEMBERS
    compared: Mapping[str, str] = field(default_factory=dict)

    @property
    def metrics(self) -> Mapping[str, Metric]:
        """Scores over bunches after 1, 2 and 3 marks."""
        return {**score_metrics((1, 2, 3)), "seconds an answer": answer_seconds}

    def interactions(self, encoded: EncodedImage, scene: Scene, rng: np.random.Generator) -> Iterator[Interaction]:  # noqa: ARG002
        """Mark every bunch of a scene both ways; a bunch goes by the number of its first object."""
        label = label_of(scene)
        for members in bunches(label, MEMBERS):
            whole = Truth(np.isin(label, members), label != IGNORE)
            object_id = int(members[0])
            alone = replace(scene, truths={object_id: whole})
            marked = far_apart([label == member for member in members], MEMBERS)
            for variant in (DOTS, LINES):
                user = MarkingUser([mark_of(member, object_id, variant) for member in marked])
                for one in interact(encoded, alone, object_id, variant, user, MEMBERS):
                    yield replace(one, goal=whole)


def label_of(scene: Scene) -> ByteArray:
    """The label (H, W) uint8 that a scene was made of."""
    label = np.zeros(scene.size_hw, dtype=np.uint8)
    for object_id, truth in scene.truths.items():
        label[truth.mask] = object_id
        label[~truth.valid] = IGNORE
    return label


def far_apart(masks: Sequence[BoolArray], count: int) -> list[BoolArray]:
    """The largest of some masks (H, W), then each time the one that is farthest from all before."""
    centres = np.array([np.argwhere(mask).mean(axis=0) for mask in masks])
    chosen = [int(np.argmax([mask.sum() for mask in masks]))]
    while len(chosen) < count:
        gaps = np.linalg.norm(centres[:, None] - centres[chosen], axis=2).min(axis=1)
        chosen.append(int(gaps.argmax()))
    return [masks[index] for index in chosen]


def mark_of(mask: BoolArray, object_id: int, variant: str) -> Stroke:
    """A dot on the deepest pixel of a member (H, W), or its centre line."""
    if variant == LINES:
        return Stroke(scribbles.centre_line(mask), object_id)
    row, column = np.unravel_index(int(scribbles.inner_distance(mask).argmax()), mask.shape)
    return Stroke(np.array([[column + 0.5, row + 0.5]]), object_id)
