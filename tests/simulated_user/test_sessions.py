from __future__ import annotations

import numpy as np
import pytest

from s2m.simulated_user.sessions import SimulatedSession, SimulatedUser
from s2m.simulated_user.targets import SIBLING, Target
from s2m.types import ByteArray

STEADY = SimulatedUser(jitter_px=0, overshoot=0, start_flawed=0, start_empty_target=0, one_shot=0)


@pytest.fixture
def target() -> ByteArray:
    target = np.zeros((64, 64), np.uint8)
    target[16:48, 8:40] = 1
    target[:, 60:] = 255
    return target


def test_the_first_stroke_lies_on_the_target(target: ByteArray) -> None:
    for seed in range(20):
        first = STEADY.open_session(Target(target), np.random.default_rng(seed)).strokes[0]
        columns, rows = first.points_xy.astype(int).T
        assert first.sign == "positive"
        assert (target[rows, columns] == 1).mean() > 0.9


def test_further_strokes_lie_in_the_largest_error(target: ByteArray) -> None:
    rng = np.random.default_rng(0)
    session = STEADY.open_session(Target(target), rng)
    answer = session.truth.astype(np.float32)
    answer[2:6, 2:28] = 1.0
    added = STEADY.add_strokes(session, answer, 1, rng).strokes[-1]
    assert added.sign == "negative"
    assert (added.points_xy[:, 1] <= 14).all()


def test_a_right_answer_gets_no_stroke(target: ByteArray) -> None:
    rng = np.random.default_rng(0)
    session = STEADY.open_session(Target(target), rng)
    assert STEADY.add_strokes(session, session.truth.astype(np.float32), 2, rng) == session


def test_an_empty_target_ends_with_negative_strokes_on_a_mask(target: ByteArray) -> None:
    config = STEADY.model_copy(update={"start_empty_target": 1.0})
    for seed in range(20):
        session = config.open_session(Target(target), np.random.default_rng(seed))
        assert not session.truth.any()
        assert session.start.any()
        assert session.strokes[-1].sign == "negative"
        columns, rows = session.strokes[-1].points_xy.astype(int).T
        assert (target[rows, columns] == 1).all()


def test_one_shot_sessions_have_strokes_of_both_signs(target: ByteArray) -> None:
    config = STEADY.model_copy(update={"one_shot": 1.0})
    session = config.open_session(Target(target), np.random.default_rng(2))
    assert {stroke.sign for stroke in session.strokes} == {"positive", "negative"}


def test_one_shot_negatives_lie_off_the_target(target: ByteArray) -> None:
    config = STEADY.model_copy(update={"one_shot": 1.0})
    for seed in range(20):
        for stroke in config.open_session(Target(target), np.random.default_rng(seed)).strokes:
            columns, rows = np.clip(stroke.points_xy.astype(int), 0, 63).T
            share = (target[rows, columns] == 1).mean()
            assert share < 0.2 if stroke.sign == "negative" else share > 0.8


def test_strokes_along_parts_reach_every_part_of_a_long_target() -> None:
    target = np.zeros((64, 64), np.uint8)
    target[4:10, 2:62] = 1
    target[10:60, 2:8] = 1
    opened = SimulatedSession(target[::2, ::2] == 1, np.ones((32, 32), np.bool_), np.zeros((32, 32), np.float32), ())
    reached = []
    for seed in range(40):
        session = STEADY._strokes_along_parts(opened, np.random.default_rng(seed))
        points = np.concatenate([stroke.points_xy for stroke in session.strokes if stroke.sign == "positive"])
        reached.append((points[:, 0] > 45).any() and (points[:, 1] > 45).any())
    assert np.mean(reached) > 0.5


@pytest.mark.parametrize(("one_shot", "is_several"), [(1.0, False), (0.0, True)], ids=["at once", "two objects"])
def test_every_large_piece_gets_a_stroke_where_many_are_drawn_at_once(one_shot: float, is_several: bool) -> None:
    target = np.zeros((64, 64), np.uint8)
    target[8:56, 4:20] = 1
    target[8:56, 40:60] = 1
    target[60:62, 30:32] = 1
    config = STEADY.model_copy(update={"one_shot": one_shot})
    for seed in range(30):
        session = config.open_session(Target(target, is_several), np.random.default_rng(seed))
        points = np.concatenate([stroke.points_xy for stroke in session.strokes if stroke.sign == "positive"])
        assert (points[:, 0] < 21).any()
        assert (points[:, 0] > 39).any()


def test_several_things_are_stroked_in_several_places_or_told_from_what_is_left_out() -> None:
    ground = np.ones((96, 96), np.uint8)
    ground[36:60, 36:60] = 0
    told = 0
    for seed in range(60):
        strokes = STEADY.open_session(Target(ground, is_several=True), np.random.default_rng(seed)).strokes
        middles = np.array([stroke.points_xy.mean(axis=0) for stroke in strokes if stroke.sign == "positive"])
        told += len(strokes) > len(middles)
        assert len(strokes) > len(middles) or np.ptp(middles, axis=0).max() > 20
    assert 30 <= told < 60


def test_most_one_shot_sessions_exclude_a_sibling() -> None:
    target = np.zeros((64, 64), np.uint8)
    target[4:30, 20:44] = 1
    target[30:60, 20:44] = SIBLING
    config = STEADY.model_copy(update={"one_shot": 1.0})
    excluded = []
    for seed in range(40):
        session = config.open_session(Target(target), np.random.default_rng(seed))
        last = session.strokes[-1]
        columns, rows = np.clip(last.points_xy.astype(int), 0, 63).T
        excluded.append(last.sign == "negative" and (target[rows, columns] == SIBLING).mean() > 0.8)
    assert np.mean(excluded) > 0.6


def test_a_short_stroke_in_one_part_stands_for_the_whole_in_some_one_shot_sessions() -> None:
    wide = np.zeros((128, 128), np.uint8)
    wide[24:104, 24:104] = 1
    config = STEADY.model_copy(update={"one_shot": 1.0})
    reaches = []
    for seed in range(40):
        strokes = config.open_session(Target(wide), np.random.default_rng(seed)).strokes
        positive = [stroke.points_xy for stroke in strokes if stroke.sign == "positive"]
        if len(positive) == 1 and len(positive[0]) > 1:
            reaches.append(float(np.ptp(positive[0], axis=0).max()) / 80)
    assert len(reaches) >= 10
    assert sum(reach < 0.5 for reach in reaches) >= 4


def test_a_box_is_a_negative_outline_and_a_positive_centre(target: ByteArray) -> None:
    config = STEADY.model_copy(update={"box": 1.0})
    outline, centre = config.open_session(Target(target), np.random.default_rng(3)).strokes
    assert (outline.sign, centre.sign) == ("negative", "positive")
    low, high = outline.points_xy.min(axis=0), outline.points_xy.max(axis=0)
    assert (low <= (8, 16)).all()
    assert (low >= (2, 10)).all()
    assert (high >= (40, 48)).all()
    assert (high <= (46, 54)).all()
    assert np.allclose(centre.points_xy, (low + high) / 2)


def test_old_positive_strokes_of_an_empty_target_are_drawn_over(target: ByteArray) -> None:
    config = STEADY.model_copy(update={"start_empty_target": 1.0})
    sessions = [config.open_session(Target(target), np.random.default_rng(seed)) for seed in range(30)]
    covered = [session for session in sessions if session.strokes[0].sign == "positive"]
    assert 0 < len(covered) < len(sessions)
    for session in covered:
        positive, negative = session.draw(4, 6.5)
        assert positive.max() < 0.3  # the soft edges
        assert negative.max() > 0.5


def test_a_target_that_is_not_in_the_crop_gets_negative_strokes() -> None:
    session = STEADY.open_session(Target(np.zeros((32, 32), np.uint8)), np.random.default_rng(0))
    assert [stroke.sign for stroke in session.strokes] == ["negative"]


def test_the_same_seed_gives_the_same_session(target: ByteArray) -> None:
    user = SimulatedUser()
    first, second = (user.open_session(Target(target), np.random.default_rng(5)) for _ in range(2))
    assert len(first.strokes) == len(second.strokes)
    assert all(np.array_equal(a.points_xy, b.points_xy) for a, b in zip(first.strokes, second.strokes, strict=True))


def bend_of_a_line(config: SimulatedUser, target: ByteArray, seed: int) -> float:
    """How far the first stroke, a line, strays from straight: the standard deviation across it."""
    lines = config.model_copy(update={"kinds": {"line": 1.0}})
    points = lines.open_session(Target(target), np.random.default_rng(seed)).strokes[0].points_xy
    across = np.linalg.svd(points - points.mean(axis=0))[2][1]
    return float(((points - points.mean(axis=0)) @ across).std())


def test_some_strokes_are_steady_and_some_tremble(target: ByteArray) -> None:
    config = STEADY.model_copy(update={"jitter_px": 3.0})
    bends = [bend_of_a_line(config, target, seed) for seed in range(40)]
    assert min(bends) < 0.5
    assert max(bends) > 2.5


def test_a_share_of_the_strokes_trembles_much_more(target: ByteArray) -> None:
    def bends(trembling: float, count: int) -> list[float]:
        config = STEADY.model_copy(update={"jitter_px": 2.0, "trembling": trembling})
        return [bend_of_a_line(config, target, seed) for seed in range(count)]

    shaky = np.median(bends(1.0, 40))
    assert shaky > 3 * np.median(bends(0.0, 40))
    assert 4 < sum(bend > shaky / 2 for bend in bends(0.25, 60)) < 30


def test_a_whole_is_marked_on_several_members_and_the_rest_goes_unmarked() -> None:
    members = np.zeros((64, 128), np.uint8)
    for number in range(1, 9):
        members[20:44, 16 * number - 16 : 16 * number - 3] = number
    target = Target((members > 0).astype(np.uint8), members=members)
    marked = []
    for seed in range(30):
        config = STEADY.model_copy(update={"start_flawed": 0.0, "start_empty_target": 0.0})
        strokes = config.open_session(target, np.random.default_rng(seed)).strokes
        points = np.concatenate([stroke.points_xy for stroke in strokes if stroke.sign == "positive"])
        columns, rows = np.clip(points.astype(int), 0, (127, 63)).T
        marked.append(len(np.setdiff1d(members[rows, columns], [0])))
    assert min(marked) >= 2
    assert np.mean(marked) < 6


def test_first_strokes_run_along_thin_things_where_the_recipe_says_so() -> None:
    pole = np.zeros((64, 64), np.uint8)
    pole[30:34, 4:60] = 1
    lines = STEADY.model_copy(update={"kinds": {"centre_line": 1.0}, "start_flawed": 0.0, "start_empty_target": 0.0})
    lines = lines.model_copy(update={"one_shot": 0.0, "box": 0.0})
    dot = lines.open_session(Target(pole), np.random.default_rng(0)).strokes[0]
    along = (
        lines.model_copy(update={"along_thin": True}).open_session(Target(pole), np.random.default_rng(0)).strokes[0]
    )
    assert len(dot.points_xy) == 1
    assert np.ptp(along.points_xy[:, 0]) > 15
