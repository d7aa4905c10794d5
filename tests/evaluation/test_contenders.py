from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import pytest

from s2m.evaluation.contenders import Answer, SegmenterContender
from s2m.geometry import frame_of_image
from s2m.local_edits import PATIENCE
from s2m.segmenter import Prediction
from s2m.types import ByteArray, ObjectMasks, Stroke

IMAGE = np.zeros((64, 64, 3), dtype=np.uint8)


@dataclass(frozen=True)
class Looked:
    seconds: float = 0.0


class Widening:
    """Every stroke gives a square at its place and one more column on the right of the picture."""

    def encode(self, image_rgb: ByteArray) -> Looked:
        assert image_rgb is IMAGE
        return Looked()

    def predict(
        self,
        features: Looked,  # noqa: ARG002
        strokes: Sequence[Stroke],
        previous: ObjectMasks | None = None,
        object_ids: Sequence[int] | None = None,
    ) -> Prediction:
        assert object_ids is not None
        logits = np.full((len(object_ids), 64, 64), -5, dtype=np.float32)
        for row, object_id in enumerate(object_ids):
            own = [stroke for stroke in strokes if stroke.object_id == object_id]
            for stroke in own:
                x, y = stroke.points_xy[0].astype(int)
                logits[row, y - 2 : y + 2, x - 2 : x + 2] = 5
            logits[row, :, 64 - len(own) :] = 5
        return Prediction(tuple(object_ids), logits, frame_of_image((64, 64), 64, 32), previous, {})


def answers(strokes: Sequence[Stroke], object_ids: Sequence[int]) -> list[Answer]:
    view = SegmenterContender(Widening()).look(IMAGE)
    given: list[Answer] = []
    for number in range(1, len(strokes) + 1):
        previous = given[-1].masks if given else None
        given.append(view.answer(strokes[:number], previous, object_ids))
    return given


def dots(count: int, object_id: int = 1) -> list[Stroke]:
    return [Stroke(np.array([[6.0 + 5 * place, 10.0 * object_id]]), object_id) for place in range(count)]


def columns_on_the_right(answer: Answer, object_id: int = 1) -> int:
    return int((answer.label_map[50] == object_id).sum())


def test_late_strokes_change_what_they_touch_as_in_a_session() -> None:
    given = answers(dots(PATIENCE + 2), (1,))
    assert [columns_on_the_right(answer) for answer in given] == [1, 2, 3, 4, 5, 5, 5]
    assert given[-1].label_map[10, 6 + 5 * (PATIENCE + 1)] == 1
    assert given[-1].masks.probs[0, 50].sum() == pytest.approx(5, abs=0.5)


def test_a_late_stroke_that_touches_the_change_takes_it_over() -> None:
    reaching = Stroke(np.array([[58.0, 50.0]]), 1)
    assert columns_on_the_right(answers([*dots(PATIENCE), reaching], (1,))[-1]) > PATIENCE


def test_strokes_on_another_object_do_not_make_an_object_late() -> None:
    given = answers([*dots(PATIENCE), *dots(3, object_id=2)], (1, 2))
    assert given[-1].masks.probs[1, 50].sum() == pytest.approx(3, abs=0.5)


def test_many_strokes_at_once_are_answered_whole() -> None:
    view = SegmenterContender(Widening()).look(IMAGE)
    assert columns_on_the_right(view.answer(dots(PATIENCE + 3), None, (1,))) == PATIENCE + 3
