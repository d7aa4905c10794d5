from __future__ import annotations

import numpy as np
import pytest

from s2m.training.annotator import Annotator, flawed_mask
from s2m.training.config import AnnotatorConfig
from s2m.types import ByteArray

STEADY = AnnotatorConfig(jitter_px=0, overshoot=0, start_flawed=0, start_empty_target=0, one_shot=0)


@pytest.fixture
def target() -> ByteArray:
    target = np.zeros((64, 64), np.uint8)
    target[16:48, 8:40] = 1
    target[:, 60:] = 255
    return target


def test_the_first_stroke_lies_on_the_target(target: ByteArray) -> None:
    for seed in range(20):
        first = Annotator(STEADY).open_session(target, np.random.default_rng(seed)).strokes[0]
        columns, rows = first.points_xy.astype(int).T
        assert first.sign == "positive"
        assert (target[rows, columns] == 1).mean() > 0.9


def test_further_strokes_lie_in_the_largest_error(target: ByteArray) -> None:
    rng = np.random.default_rng(0)
    annotator = Annotator(STEADY)
    session = annotator.open_session(target, rng)
    answer = session.truth.astype(np.float32)
    answer[2:6, 2:28] = 1.0
    added = annotator.add_strokes(session, answer, 1, rng).strokes[-1]
    assert added.sign == "negative"
    assert (added.points_xy[:, 1] <= 14).all()


def test_a_right_answer_gets_no_stroke(target: ByteArray) -> None:
    rng = np.random.default_rng(0)
    annotator = Annotator(STEADY)
    session = annotator.open_session(target, rng)
    assert annotator.add_strokes(session, session.truth.astype(np.float32), 2, rng) == session


def test_an_empty_target_has_only_negative_strokes_on_a_mask(target: ByteArray) -> None:
    config = STEADY.model_copy(update={"start_empty_target": 1.0})
    session = Annotator(config).open_session(target, np.random.default_rng(1))
    assert not session.truth.any()
    assert session.start.any()
    assert session.strokes
    assert {stroke.sign for stroke in session.strokes} == {"negative"}


def test_one_shot_sessions_have_strokes_of_both_signs(target: ByteArray) -> None:
    config = STEADY.model_copy(update={"one_shot": 1.0})
    session = Annotator(config).open_session(target, np.random.default_rng(2))
    assert {stroke.sign for stroke in session.strokes} == {"positive", "negative"}


def test_a_target_that_is_not_in_the_crop_gets_negative_strokes() -> None:
    session = Annotator(STEADY).open_session(np.zeros((32, 32), np.uint8), np.random.default_rng(0))
    assert [stroke.sign for stroke in session.strokes] == ["negative"]


def test_flawed_masks_resemble_the_truth_but_differ_from_it(target: ByteArray) -> None:
    truth = target == 1
    overlaps = []
    for seed in range(30):
        flawed = flawed_mask(truth, np.random.default_rng(seed))
        overlaps.append((flawed & truth).sum() / (flawed | truth).sum())
    assert 0.4 < np.mean(overlaps) < 0.97


def test_the_same_seed_gives_the_same_session(target: ByteArray) -> None:
    annotator = Annotator(AnnotatorConfig())
    first, second = (annotator.open_session(target, np.random.default_rng(5)) for _ in range(2))
    assert len(first.strokes) == len(second.strokes)
    assert all(np.array_equal(a.points_xy, b.points_xy) for a, b in zip(first.strokes, second.strokes, strict=True))
