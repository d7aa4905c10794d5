"""A scene in; flawed masks (IoU 0.75 to 0.85) of its objects, mended stroke by stroke, out."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field
from typing import Literal, get_args

import cv2
import numpy as np
from numpy.typing import NDArray

from s2m.evaluation.interaction import Curve, Interaction
from s2m.evaluation.method import EncodedImage
from s2m.evaluation.metrics import Metric, answer_seconds, count_metrics, score_metrics
from s2m.evaluation.scene import Scene, Truth, iou
from s2m.evaluation.simulation import CENTRE_LINES, DrawingUser, interact, take_touched, take_whole
from s2m.types import BoolArray

Flaw = Literal["boundary", "outside", "inside"]
"""boundary: the outline wanders off to both sides.  outside: a round leak at the edge.  inside: a round hole."""

IOU_RANGE = (0.75, 0.85)

_HALVINGS = 24


_GOAL_IOU = 0.9
_ALWAYS_STROKES = 1


@dataclass(frozen=True)
class CorrectingProtocol:
    """Start from a mask of IoU 0.75 to 0.85 with one kind of flaw; draw centre lines in the largest error.

    Each flaw is mended twice: with answers taken as they are, and with local edits, where a stroke changes only
    the connected parts that it touches (``s2m.engine.components``), as in the product once a mask is kept.
    """

    name: str = "correcting"
    most: int = 10
    compared: Mapping[str, str] = field(default_factory=lambda: {local_name(flaw): flaw for flaw in get_args(Flaw)})

    @property
    def metrics(self) -> Mapping[str, Metric]:
        """Strokes to 90 %, the start, the first answer, and what the strokes did far away."""
        return {
            **count_metrics("NoS", (90,), self.most),
            "IoU of the start": _start_iou,
            **score_metrics((1,)),
            "changed far away": _far_changed,
            "spoiled far away": _far_spoiled,
            "seconds an answer": answer_seconds,
        }

    def interactions(self, encoded: EncodedImage, scene: Scene, rng: np.random.Generator) -> Iterator[Interaction]:
        """Mend each object from each flaw; objects that cannot have such a flaw are left out."""
        for flaw in get_args(Flaw):
            for object_id, truth in scene.truths.items():
                start = flawed_mask(truth, flaw, rng)
                if start is None:
                    continue
                for variant, take in ((flaw, take_whole), (local_name(flaw), take_touched)):
                    user = DrawingUser(truth, object_id, CENTRE_LINES, rng)
                    yield from interact(encoded, scene, object_id, variant, user, self.most, start, _is_done, take)


def local_name(flaw: str) -> str:
    """The variant of a flaw with local edits."""
    return f"{flaw}, local edits"


def _is_done(interaction: Interaction) -> bool:
    return interaction.number >= _ALWAYS_STROKES and interaction.scores.iou >= _GOAL_IOU


def _start_iou(curve: Curve) -> float:
    assert curve.start is not None, "every flawed mask is interaction 0"
    return curve.start.iou


def _far_changed(curve: Curve) -> float:
    return float(np.mean([row.far_changed for row in curve.rows]))


def _far_spoiled(curve: Curve) -> float:
    return float(np.mean([row.far_spoiled for row in curve.rows]))


def flawed_mask(truth: Truth, flaw: Flaw, rng: np.random.Generator) -> BoolArray | None:
    """A mask (H, W) bool whose IoU with the truth was drawn from ``IOU_RANGE``.

    The flaw's size is found by halving an interval.

    Args:
        truth: the object.
        flaw: what is wrong with the mask.
        rng: the source of the place and of the IoU.

    Returns:
        The mask, or None where no size of this flaw gives such an IoU (an object of a few pixels, or one
        that leaves little space around it).
    """
    makers = {"boundary": _wandering_outline, "outside": _leak, "inside": _hole}
    if not truth.mask.any() or truth.mask.all():
        return None
    wanted = float(rng.uniform(*IOU_RANGE))
    draw = makers[flaw](truth, rng)
    for size in _sizes_around(truth, draw, wanted):
        mask = draw(size)
        if IOU_RANGE[0] <= iou(truth.mask, mask, truth.valid) <= IOU_RANGE[1]:
            return mask
    return None


def _sizes_around(truth: Truth, draw: Callable[[float], BoolArray], wanted: float) -> tuple[float, float]:
    """The sizes of a flaw just after and just before its IoU falls to ``wanted``; pixels make it fall in steps."""
    low, high = 0.0, float(np.hypot(*truth.mask.shape))
    for _ in range(_HALVINGS):
        middle = (low + high) / 2
        if iou(truth.mask, draw(middle), truth.valid) > wanted:
            low = middle
        else:
            high = middle
    return high, low


def _wandering_outline(truth: Truth, rng: np.random.Generator) -> Callable[[float], BoolArray]:
    """The outline, moved in and out by a smooth random field of the given height in pixels."""
    signed = _depth(truth.mask) - _depth(~truth.mask)
    wave = max(2.0, 0.15 * float(np.sqrt(truth.mask.sum())))
    height, width = truth.mask.shape
    cells = (max(2, round(height / wave / 2)), max(2, round(width / wave / 2)))
    field = cv2.resize(rng.uniform(-1, 1, cells).astype(np.float32), (width, height), interpolation=cv2.INTER_CUBIC)
    return lambda size: np.asarray(signed + size * field > 0, dtype=np.bool_)


def _leak(truth: Truth, rng: np.random.Generator) -> Callable[[float], BoolArray]:
    """The object and a disc around a point of its outline, of the given radius in pixels."""
    distance = _distance_to_point(truth, truth.mask & (_depth(truth.mask) <= 1), rng)
    return lambda size: np.asarray(truth.mask | (distance < size), dtype=np.bool_)


def _hole(truth: Truth, rng: np.random.Generator) -> Callable[[float], BoolArray]:
    """The object without a disc around one of its inner points, of the given radius in pixels."""
    depth = _depth(truth.mask)
    distance = _distance_to_point(truth, depth >= 0.5 * depth.max(), rng)
    return lambda size: np.asarray(truth.mask & (distance >= size), dtype=np.bool_)


def _distance_to_point(truth: Truth, choices: BoolArray, rng: np.random.Generator) -> NDArray[np.float64]:
    """Distance of every pixel (H, W) to one random pixel of ``choices``."""
    rows, columns = np.nonzero(choices)
    index = int(rng.integers(len(rows)))
    y, x = np.ogrid[: truth.mask.shape[0], : truth.mask.shape[1]]
    return np.asarray(np.hypot(y - rows[index], x - columns[index]))


def _depth(mask: BoolArray) -> NDArray[np.float32]:
    """Distance to the nearest pixel outside a mask; the picture's edge is no outside."""
    return np.asarray(cv2.distanceTransform(mask.astype(np.uint8), cv2.DIST_L2, 5), dtype=np.float32)
