"""A scene of several objects in; each drawn to its end after the others, and what that did to the others, out."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field

import numpy as np

from s2m.evaluation.interaction import Curve, Interaction
from s2m.evaluation.method import EncodedImage
from s2m.evaluation.metrics import Metric
from s2m.evaluation.scene import Scene, Scores
from s2m.evaluation.simulation import CENTRE_LINES, DrawingUser
from s2m.types import BoolArray, ObjectLogits, Stroke

ONE_OBJECT = "a stroke answers its object"
ALL_OBJECTS = "a stroke answers all objects"

GOAL_IOU = 0.9
STROKES_AN_OBJECT = 5
"""An object is finished at ``GOAL_IOU``, or after so many strokes."""

NOTICED_SHARE = 0.01
"""An object counts as changed when more than this share of its area is."""


@dataclass(frozen=True)
class FinishedProtocol:
    """Images of two objects or more: each is drawn until it is finished, then the next.

    Every object but the last one is looked at twice: when it is finished, and after the last stroke on the image.
    This is done by the product's rule, where a stroke answers its object and those it runs over.  It is also done with
    every stroke answering all objects again, as networks for one object are used without such a rule.
    """

    name: str = "finished"
    most: int = 1
    compared: Mapping[str, str] = field(default_factory=lambda: {ONE_OBJECT: ALL_OBJECTS})

    @property
    def metrics(self) -> Mapping[str, Metric]:
        """IoU when finished and at the end, what was lost of it, and how much of the object's area changed."""
        return {
            "IoU when finished": _iou_when_finished,
            "IoU lost": lambda curve: _iou_when_finished(curve) - curve.after(1).iou,
            "area changed": _changed_share,
            "changed by more than 1 %": lambda curve: float(_changed_share(curve) > NOTICED_SHARE),
        }

    def interactions(self, encoded: EncodedImage, scene: Scene, rng: np.random.Generator) -> Iterator[Interaction]:
        """Draw a scene both ways; nothing where it has fewer than two objects."""
        if len(scene.truths) < 2:
            return
        for variant in (ONE_OBJECT, ALL_OBJECTS):
            yield from _drawn(encoded, scene, variant, rng)


def _drawn(encoded: EncodedImage, scene: Scene, variant: str, rng: np.random.Generator) -> Iterator[Interaction]:
    object_ids = tuple(scene.truths)
    strokes: tuple[Stroke, ...] = ()
    previous: ObjectLogits | None = None
    finished: dict[int, Interaction] = {}
    masks = {object_id: np.zeros_like(truth.mask) for object_id, truth in scene.truths.items()}
    for object_id, truth in scene.truths.items():
        user = DrawingUser(truth, object_id, CENTRE_LINES, rng)
        for _ in range(STROKES_AN_OBJECT):
            stroke = user(masks[object_id])
            if stroke is None:
                break
            strokes = (*strokes, stroke)
            new = 1 if variant == ONE_OBJECT else len(strokes)
            answer = encoded.answer(strokes, previous, object_ids, new)
            previous = answer.masks
            masks = {key: np.asarray(answer.label_map == key) for key in object_ids}
            if truth.scores(masks[object_id]).iou >= GOAL_IOU:
                break
        own = tuple(one for one in strokes if one.object_id == object_id)
        scores = truth.scores(masks[object_id])
        finished[object_id] = Interaction(object_id, variant, 0, own, masks[object_id], scores, 0.0)
    for object_id in object_ids[:-1]:
        if finished[object_id].mask.any():
            yield finished[object_id]
            yield _at_the_end(finished[object_id], masks[object_id], scene.truths[object_id].scores(masks[object_id]))


def _at_the_end(finished: Interaction, mask: BoolArray, scores: Scores) -> Interaction:
    changed = float((mask != finished.mask).mean())
    return Interaction(finished.object_id, finished.variant, 1, finished.strokes, mask, scores, 0.0, changed)


def _iou_when_finished(curve: Curve) -> float:
    assert curve.start is not None, "every finished object is interaction 0"
    return curve.start.iou


def _changed_share(curve: Curve) -> float:
    """The pixels that changed, as a share of the object's area when it was finished."""
    assert curve.start is not None, "every finished object is interaction 0"
    return curve.after(1).far_changed / curve.start.answer_share
