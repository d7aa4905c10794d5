from __future__ import annotations

import os
import shutil
import time
from pathlib import Path

import numpy as np
import pytest
from disc_network import SIZE_HW, DiscAnswerer, open_session

from s2m.errors import JournalError, OutputError, ReadOnlyError
from s2m.files.label_files import read_label_map
from s2m.session import (
    ChangeObjects,
    ChangeStroke,
    Clear,
    DeleteObjects,
    DeleteStroke,
    Draw,
    DrawnStroke,
    ImportMasks,
    JournalFile,
    JournalHeader,
    Keep,
    MemoryJournal,
    Redo,
    Session,
    ShowObjects,
    StrokePart,
    Undo,
    read_journal,
    shapes,
)
from s2m.types import Stroke


@pytest.fixture
def journal_path(tmp_path: Path) -> Path:
    return tmp_path / "journals" / "photo.jpg.jsonl"


def draw(*points: tuple[float, float], object_id: int = 1, sign: str = "positive", key: str = "") -> Draw:
    fields = {"points": points, "object_id": object_id, "sign": sign}
    return Draw(strokes=(DrawnStroke.model_validate({**fields, "key": key} if key else fields),))


class Failing(DiscAnswerer):
    """Fails at one call, and then no more."""

    def __init__(self, call: int) -> None:
        super().__init__()
        self.call = call

    def __call__(self, *arguments, **named):  # type: ignore[no-untyped-def]
        if self.calls == self.call:
            self.calls += 1
            raise RuntimeError("out of memory")
        return super().__call__(*arguments, **named)


def test_a_stroke_gives_a_mask_around_it(journal_path: Path) -> None:
    session = open_session(journal_path)
    labels = session.do(draw((8, 8))).label_map()
    assert labels.shape == SIZE_HW
    assert labels.dtype == np.int32
    assert labels[8, 8] == 1
    assert labels[20, 28] == 0


def test_a_stroke_is_on_the_disk_before_the_network_is_asked(journal_path: Path) -> None:
    seen: list[int] = []

    class Watching(DiscAnswerer):
        def __call__(self, *arguments, **named):  # type: ignore[no-untyped-def]
            seen.append(len([line for line in read_journal(journal_path).lines if line.label]))
            return super().__call__(*arguments, **named)

    open_session(journal_path, Watching()).do(draw((8, 8)))
    assert seen == [1]


def test_undo_and_redo_say_what_they_undo_and_survive_a_restart(journal_path: Path) -> None:
    session = open_session(journal_path)
    session.do(draw((8, 8)))
    session.do(ChangeObjects(object_ids=(1,), name="cat"))
    one = session.state.label_map()
    session.do(draw((20, 8)))
    two = session.state.label_map()
    assert session.undo_label == "stroke 2 of cat"
    session.undo()
    session.close()
    again = open_session(journal_path)
    assert again.redo_label == "stroke 2 of cat"
    assert again.undo_label == "rename object 1 to cat"
    np.testing.assert_array_equal(again.state.label_map(), one)
    np.testing.assert_array_equal(again.redo().label_map(), two)
    again.undo()
    again.undo()
    assert not again.undo().has_mask
    with pytest.raises(JournalError, match="nothing to undo"):
        again.undo()


def test_the_names_of_requests_are_known_across_restarts(journal_path: Path) -> None:
    session = open_session(journal_path)
    session.do(draw((8, 8)), "page-1")
    session.undo()
    session.do(Redo(), "page-2")
    with pytest.raises(JournalError):
        session.do(Redo(), "page-3")
    session.close()
    again = open_session(journal_path)
    assert [again.was_done(f"page-{number}") for number in (1, 2, 3)] == [True, True, False]
    assert not again.was_done("")


def test_keep_keeps_the_mask_and_later_strokes_start_from_it(journal_path: Path) -> None:
    session = open_session(journal_path)
    before = session.do(draw((8, 8))).label_map()
    kept = session.do(Keep())
    assert kept.strokes == ()
    assert len(kept.past_strokes) == 1
    np.testing.assert_array_equal(kept.label_map(), before)
    after = session.do(draw((24, 16))).label_map()
    assert after[8, 8] == 1
    assert after[16, 24] == 1


def test_clear_takes_everything_but_locked_objects(journal_path: Path) -> None:
    session = open_session(journal_path)
    session.do(draw((6, 8)))
    session.do(draw((24, 8), object_id=2))
    locked = session.do(ChangeObjects(object_ids=(2,), locked=True)).object_mask(2)
    state = session.do(Clear())
    assert state.area_px(1) == 0
    assert state.strokes == ()
    np.testing.assert_array_equal(state.object_mask(2), locked)


def test_an_imported_mask_comes_out_as_it_went_in(journal_path: Path) -> None:
    labels = np.zeros(SIZE_HW, dtype=np.int32)
    labels[3:11, 5:17] = 2
    labels[5, 7] = 0
    labels[12:20, 20:31:2] = 7
    session = open_session(journal_path)
    state = session.do(ImportMasks.from_label_map(labels, "old.png"))
    assert state.object_ids == (2, 7)
    np.testing.assert_array_equal(state.label_map(), labels)
    after = session.do(draw((3, 20), object_id=7)).label_map()
    assert after[20, 3] == 7
    np.testing.assert_array_equal(after[:10, 18:], labels[:10, 18:])


def test_deleting_an_older_stroke_gives_what_the_others_would_have_given_alone(journal_path: Path) -> None:
    session = open_session(journal_path)
    session.do(draw((6, 6), key="a"))
    session.do(draw((16, 12), key="b"))
    session.do(draw((26, 18), sign="negative", key="c"))
    deleted = session.do(DeleteStroke(key="a"))
    other = open_session(journal_path.with_name("other"))
    other.do(draw((16, 12)))
    other.do(draw((26, 18), sign="negative"))
    np.testing.assert_array_equal(deleted.label_map(), other.state.label_map())
    flipped = session.do(ChangeStroke(key="c", sign="positive"))
    assert flipped.label_map()[18, 26] == 1
    assert session.undo_label == "change the sign of stroke 2 of object 1"


def test_locked_objects_keep_their_pixels(journal_path: Path) -> None:
    session = open_session(journal_path)
    session.do(draw((8, 12)))
    mask = session.do(ChangeObjects(object_ids=(1,), locked=True)).object_mask(1)
    state = session.do(draw((12, 12), object_id=2))
    np.testing.assert_array_equal(state.object_mask(1), mask)
    assert state.area_px(2) > 0
    with pytest.raises(JournalError, match="locked"):
        session.do(draw((8, 12)))


def test_a_stroke_in_progress_is_recovered_after_a_kill(journal_path: Path) -> None:
    session = open_session(journal_path)
    for points in (((4.0, 4.0), (6.0, 6.0)), ((8.0, 8.0),)):
        session.record_part(StrokePart(stroke=DrawnStroke(points=points, key="pen")))
    session.close()
    again = open_session(journal_path)
    assert again.state.strokes[0].points == ((4.0, 4.0), (6.0, 6.0), (8.0, 8.0))
    assert "recovered" in again.notices[0]
    again.close()
    assert open_session(journal_path).notices == ()


def test_a_stroke_given_up_or_finished_is_not_recovered(journal_path: Path) -> None:
    session = open_session(journal_path)
    session.record_part(StrokePart(stroke=DrawnStroke(points=((4, 4),), key="given-up")))
    session.drop_part("given-up")
    session.record_part(StrokePart(stroke=DrawnStroke(points=((4, 4),), key="pen")))
    session.do(draw((4, 4), (9, 9), key="pen"))
    session.close()
    again = open_session(journal_path)
    assert [stroke.key for stroke in again.state.strokes] == ["pen"]
    assert again.notices == ()


def test_a_full_disk_changes_nothing_and_says_so(journal_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    session = open_session(journal_path)
    session.do(draw((8, 8)))
    before, on_disk = session.state, journal_path.read_bytes()
    write = os.write

    def half(descriptor: int, data: bytes) -> int:
        if len(data) < 20:
            raise OSError(28, "No space left on device")
        return write(descriptor, data[: len(data) // 2])

    with monkeypatch.context() as patch:
        patch.setattr(os, "write", half)
        with pytest.raises(OutputError, match="No space left"):
            session.do(draw((20, 20)))
    assert session.state is before
    assert journal_path.read_bytes() == on_disk
    session.do(draw((20, 20)))
    session.close()
    assert len(open_session(journal_path).state.strokes) == 2


def test_a_failing_network_loses_no_stroke(journal_path: Path) -> None:
    session = open_session(journal_path, Failing(1))
    before = session.do(draw((8, 8)))
    with pytest.raises(RuntimeError, match="out of memory"):
        session.do(draw((20, 20)))
    np.testing.assert_array_equal(session.state.label_map(), before.label_map())
    assert session.redo_label == "stroke 2 of object 1"
    assert session.redo().label_map()[20, 20] == 1


def test_a_preview_changes_nothing(journal_path: Path) -> None:
    session = open_session(journal_path)
    before = session.do(draw((8, 8)))
    lines = journal_path.read_bytes()
    preview = session.preview(DrawnStroke(points=((24, 16),)))
    assert preview.label_map()[16, 24] == 1
    assert session.state is before
    assert journal_path.read_bytes() == lines


def test_old_states_are_computed_again_when_memory_has_let_them_go(
    journal_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(os, "fsync", lambda _: None)
    session = open_session(journal_path)
    first = session.do(draw((4, 4))).label_map()
    for index in range(80):
        session.do(draw((index % 32, index % 24)))
    for _ in range(80):
        session.undo()
    np.testing.assert_array_equal(session.state.label_map(), first)


def test_states_near_and_far_are_written_for_undo(journal_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(os, "fsync", lambda _: None)
    monkeypatch.setattr("s2m.session.kept_states.STATES_KEPT", 12)
    session = open_session(journal_path)
    for index in range(80):
        session.do(draw((index % 32, index % 24)))

    steps_back = sorted(session.number - number for number in session.snapshot().states)

    assert steps_back[:3] == [0, 1, 2]
    assert 4 <= len(steps_back) <= 9
    assert steps_back[-1] >= 4


def test_the_memory_of_old_states_is_bounded_and_they_come_back(
    journal_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("s2m.session.kept_states.STATES_BYTES", 5 * 24 * 32 * 2)
    predictor = DiscAnswerer()
    session = open_session(journal_path, predictor)
    labels = [session.do(draw((3 * index + 2, 8))).label_map() for index in range(8)]
    calls = predictor.calls
    for expected in reversed(labels[:-1]):
        np.testing.assert_array_equal(session.undo().label_map(), expected)
    assert predictor.calls > calls


def test_no_undo_computes_many_states_again(journal_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(os, "fsync", lambda _: None)
    monkeypatch.setattr("s2m.session.kept_states.STATES_KEPT", 24)
    predictor = DiscAnswerer()
    session = open_session(journal_path, predictor)
    labels = [session.do(draw((index % 32, index % 24))).label_map() for index in range(120)]
    most = 0
    for expected in reversed(labels[:-1]):
        calls = predictor.calls
        np.testing.assert_array_equal(session.undo().label_map(), expected)
        most = max(most, predictor.calls - calls)
    assert 0 < most < 40


def test_hiding_is_no_step_and_outlives_the_session(journal_path: Path) -> None:
    session = open_session(journal_path)
    session.do(draw((8, 8)))
    session.do(draw((24, 8), object_id=2))
    session.do(ShowObjects(object_ids=(1, 2), visible=False))
    session.do(ShowObjects(object_ids=(2,), visible=True))
    assert session.hidden_ids == {1}
    assert session.undo_label == "stroke 1 of object 2"
    session.undo()
    session.close()
    again = open_session(journal_path)
    assert again.hidden_ids == {1}
    assert again.redo_label == "stroke 1 of object 2"
    with pytest.raises(JournalError, match="no object 9"):
        again.do(ShowObjects(object_ids=(9,), visible=False))
    again.do(DeleteObjects(object_ids=(1,)))
    assert again.hidden_ids == frozenset()
    again.close()


def test_strokes_that_came_too_fast_are_answered_at_once_and_undone_one_by_one(journal_path: Path) -> None:
    predictor = DiscAnswerer()
    session = open_session(journal_path, predictor)
    session.do(draw((4, 4)))
    calls = predictor.calls
    joined = session.draw_together([(draw((10, 4)), "a"), (draw((16, 4)), "b"), (draw((22, 4)), "c")])
    assert predictor.calls == calls + 1
    assert joined.label_map()[4, 22] == 1
    assert len(joined.strokes) == 4
    assert [session.was_done(request) for request in "abc"] == [True] * 3
    assert session.undo_label == "stroke 4 of object 1"
    without = session.undo()
    assert session.undo_label == "stroke 3 of object 1"
    assert without.label_map()[4, 16] == 1
    assert without.label_map()[4, 28] == 0
    np.testing.assert_array_equal(session.redo().label_map(), joined.label_map())
    session.undo()
    session.do(draw((4, 20)))
    labels = session.state.label_map()
    session.close()
    again = open_session(journal_path)
    np.testing.assert_array_equal(again.state.label_map(), labels)
    again.close()


def test_strokes_that_are_answered_at_once_are_undone_together_when_the_network_fails(journal_path: Path) -> None:
    session = open_session(journal_path, Failing(0))
    with pytest.raises(RuntimeError, match="out of memory"):
        session.draw_together([(draw((10, 4)), ""), (draw((16, 4)), "")])
    assert session.undo_label is None
    assert session.redo_label == "stroke 1 of object 1"
    with pytest.raises(JournalError, match="of its own"):
        session.draw_together([(draw((1, 1), key="k"), ""), (draw((2, 2), key="k"), "")])
    session.close()


def test_a_session_that_is_looked_at_shows_its_masks_and_changes_nothing(journal_path: Path) -> None:
    session = open_session(journal_path)
    labels = session.do(draw((8, 8))).label_map()
    session.record_part(StrokePart(stroke=DrawnStroke(points=((20, 20),), key="half")))
    session.close()
    on_disk = journal_path.read_bytes()
    looked = open_session(journal_path, open_journal=JournalFile.open_read_only)
    np.testing.assert_array_equal(looked.state.label_map(), labels)
    assert "being drawn when the program ended is not shown" in looked.notices[0]
    for command in (draw((20, 20)), Clear(), Undo()):
        with pytest.raises(ReadOnlyError):
            looked.do(command)
    np.testing.assert_array_equal(looked.state.label_map(), labels)
    assert looked.undo_label == "stroke 1 of object 1"
    looked.close()
    assert journal_path.read_bytes() == on_disk
    assert "recovered" in open_session(journal_path).notices[0]


@pytest.fixture
def in_memory() -> Session:
    header = JournalHeader(image="photo.jpg", size_hw=SIZE_HW, overlap="exclusive")
    return Session(MemoryJournal.begin(header), DiscAnswerer(), "discs")


def test_a_session_in_memory_does_everything_but_writes_nothing(
    in_memory: Session, journal_path: Path, tmp_path: Path
) -> None:
    cat = in_memory.add_object("cat")
    mask = in_memory.draw([(8, 8), (12, 8)], cat)
    assert mask.shape == SIZE_HW
    assert mask.dtype == np.bool_
    assert mask[8, 8]
    larger = in_memory.draw(np.array([[24.5, 8.5]]), cat, tool="dot")
    assert larger.sum() > mask.sum()
    on_disk = open_session(journal_path)
    on_disk.add_object("cat")
    on_disk.draw([(8, 8), (12, 8)])
    np.testing.assert_array_equal(on_disk.draw([(24.5, 8.5)], tool="dot"), larger)
    assert in_memory.undo_label == on_disk.undo_label == "dot of cat"
    in_memory.undo()
    np.testing.assert_array_equal(in_memory.label_map(), mask)
    in_memory.redo()
    on_disk.close()
    shutil.rmtree(journal_path.parent)
    assert list(tmp_path.iterdir()) == []
    in_memory.save(tmp_path / "photo.png")
    np.testing.assert_array_equal(read_label_map(tmp_path / "photo.png"), larger)
    in_memory.close()
    with pytest.raises(JournalError, match="closed"):
        in_memory.draw([(8, 8)])


def test_the_mask_of_a_background_stroke_is_what_no_object_has(in_memory: Session) -> None:
    in_memory.draw([(8, 8)])
    np.testing.assert_array_equal(in_memory.draw([(20, 8)], 0), in_memory.label_map() == 0)


@pytest.mark.parametrize("points", [[], [(1, 2, 3)], [(1, 2), (3,)], "line", [("a", "b")], [(np.nan, 1)], 5])
def test_points_that_are_none_are_refused(in_memory: Session, points: object) -> None:
    with pytest.raises(JournalError):
        in_memory.draw(points)  # type: ignore[arg-type]
    assert in_memory.undo_label is None


def test_a_label_map_is_not_saved_under_the_name_of_a_photograph(in_memory: Session, tmp_path: Path) -> None:
    with pytest.raises(OutputError, match=r"end in \.png"):
        in_memory.save(tmp_path / "photo.jpg")
    assert list(tmp_path.iterdir()) == []


def test_what_a_stroke_costs_does_not_grow_with_the_strokes_before(
    journal_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    made: list[int] = []
    make = shapes._network_strokes

    def counted(drawn: DrawnStroke, size_hw: tuple[int, int]) -> tuple[Stroke, ...]:
        made.append(1)
        return make(drawn, size_hw)

    monkeypatch.setattr(shapes, "_network_strokes", counted)
    session = open_session(journal_path)
    for number in range(60):
        made.clear()
        session.do(draw((number % 30 + 0.5, 8), key=f"k{number}"))
        assert len(made) == 1


def test_what_a_journal_gives_is_computed_a_little_at_a_time(journal_path: Path) -> None:
    session = open_session(journal_path)
    for number in range(12):
        session.do(draw((number + 0.5, 8)))
    wanted = session.state.label_map()
    session.close()

    class Slow(DiscAnswerer):
        def __call__(self, *arguments, **named):  # type: ignore[no-untyped-def]
            time.sleep(0.02)
            return super().__call__(*arguments, **named)

    again = open_session(journal_path, Slow())
    shares = []
    while (share := again.advance(0.03)) < 1:
        shares.append(share)
    assert len(shares) >= 3
    assert shares == sorted(set(shares))
    np.testing.assert_array_equal(again.state.label_map(), wanted)
    assert again.advance(0) == 1
