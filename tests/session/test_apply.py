from __future__ import annotations

import base64
import json
import tracemalloc
import zlib
from collections.abc import Sequence

import numpy as np
import pytest
from disc_network import SIZE_HW, DiscAnswerer

from s2m.engine.aggregation import sigmoid
from s2m.errors import JournalError, MaskError
from s2m.session import (
    AddObject,
    AnnotationState,
    Brush,
    ChangeObjects,
    ChangeStroke,
    Clear,
    Command,
    Configure,
    DeleteObjects,
    DeleteStroke,
    Draw,
    DrawnStroke,
    DropSpecks,
    Erase,
    FillHoles,
    ImportMasks,
    Keep,
    MergeObjects,
    PasteObjects,
    ShowObjects,
    SplitObject,
    command_from_json,
)
from s2m.session.apply import apply
from s2m.session.commands import Edit, ModelUsed, NamedMask, Redo, Undo
from s2m.session.history import label_of
from s2m.session.masks import Overlap
from s2m.session.packed_masks import PackedMask
from s2m.session.state import initial_state
from s2m.types import ByteArray, FloatArray, LabelMap, ObjectLogits, Stroke


def draw(*points: tuple[float, float], object_id: int = 1, sign: str = "positive", key: str = "") -> Draw:
    fields = {"points": points, "object_id": object_id, "sign": sign}
    return Draw(strokes=(DrawnStroke.model_validate({**fields, "key": key} if key else fields),))


def start(overlap: Overlap = "exclusive") -> AnnotationState:
    return initial_state("photo.jpg", SIZE_HW, overlap)


def after(state: AnnotationState, *commands: Edit, predictor: DiscAnswerer | None = None) -> AnnotationState:
    for command in commands:
        state = apply(state, command, predictor or DiscAnswerer())
    return state


def blocks() -> LabelMap:
    """Objects 1 (two parts, one with a hole) and 2."""
    labels = np.zeros(SIZE_HW, dtype=np.int32)
    labels[2:10, 2:10] = 1
    labels[5, 5] = 0
    labels[2:4, 20:22] = 1
    labels[14:22, 4:20] = 2
    return labels


def imported() -> AnnotationState:
    return after(start(), ImportMasks.from_label_map(blocks(), "old.png", {2: "dog"}))


def test_a_command_changes_nothing_of_the_state_before() -> None:
    before = after(start(), draw((8, 8)))
    labels, strokes = before.label_map(), before.strokes
    after(before, draw((20, 20)), Brush(points=((3, 3),), object_id=1), Keep(), DeleteObjects(object_ids=(1,)))
    np.testing.assert_array_equal(before.label_map(), labels)
    assert before.strokes == strokes


def test_every_stroke_is_answered_from_all_that_hold_and_the_masks_before_it() -> None:
    asked: list[tuple[int, float]] = []

    class Recording(DiscAnswerer):
        def __call__(
            self, strokes: Sequence[Stroke], previous: ObjectLogits | None, object_ids: Sequence[int]
        ) -> FloatArray:
            asked.append((len(strokes), 0.0 if previous is None else round(float(sigmoid(previous.logits).max()), 2)))
            return super().__call__(strokes, previous, object_ids)

    network = Recording()
    after(start(), draw((8, 8)), draw((16, 8)), Keep(), draw((24, 8)), predictor=network)
    assert [count for count, _ in asked] == [1, 2, 3]
    assert asked[0][1] == 0
    assert asked[1][1] > 0.9
    assert asked[2][1] > 0.9


def test_objects_far_from_a_stroke_are_not_asked_for() -> None:
    asked: list[tuple[int, ...]] = []

    class Recording(DiscAnswerer):
        def __call__(
            self, strokes: Sequence[Stroke], previous: ObjectLogits | None, object_ids: Sequence[int]
        ) -> FloatArray:
            asked.append(tuple(object_ids))
            return super().__call__(strokes, previous, object_ids)

    before = after(start(), draw((6, 6)), draw((26, 18), object_id=2), Keep())
    network = Recording()
    after(before, draw((6, 23), object_id=3), predictor=network)
    after(before, draw((26, 18), object_id=3), predictor=network)
    assert asked == [(3,), (2,), (3,), (2,), (3,)]


def test_strokes_of_one_object_are_negatives_for_the_others() -> None:
    state = after(start(), draw((10, 12)), draw((12, 12), object_id=2))
    assert state.label_map()[12, 12] == 2
    assert state.label_map()[12, 4] == 1


def test_a_background_stroke_erases_every_object() -> None:
    state = after(start(), draw((8, 8)), draw((24, 8), object_id=2), draw((8, 8), (24, 8), object_id=0))
    assert state.label_map()[8, 8] == 0
    assert state.label_map()[8, 24] == 0


def test_the_brush_and_the_eraser_hold_whatever_is_drawn_later() -> None:
    state = after(
        start(),
        Brush(points=((4.5, 4.5),), object_id=1, width_px=4),
        draw((4.5, 4.5), sign="negative"),
        draw((20, 12)),
        Erase(points=((20, 12),), object_id=1, width_px=4),
        draw((20, 12)),
    )
    assert state.label_map()[4, 4] == 1
    assert state.label_map()[12, 20] == 0
    assert state.label_map()[12, 24] == 1
    assert not after(state, Erase(points=((0, 12), (32, 12)), object_id=0, width_px=60)).has_mask


def test_merged_objects_are_one_with_all_their_pixels() -> None:
    state = after(imported(), MergeObjects(object_ids=(2,), into_id=1))
    assert state.object_ids == (1,)
    np.testing.assert_array_equal(state.label_map() == 1, blocks() > 0)


def test_strokes_of_a_merged_object_go_with_it() -> None:
    state = after(start(), draw((8, 8)), draw((24, 8), object_id=2), MergeObjects(object_ids=(2,), into_id=1))
    assert [stroke.object_id for stroke in state.past_strokes] == [1, 1]


def test_negative_strokes_of_merged_objects_no_longer_speak() -> None:
    state = after(
        start(),
        draw((8, 8)),
        draw((24, 8), object_id=2),
        draw((24, 8), sign="negative"),
        MergeObjects(object_ids=(2,), into_id=1),
    )
    assert [stroke.sign for stroke in state.past_strokes] == ["positive", "positive"]


def test_strokes_of_an_object_that_became_something_else_no_longer_speak() -> None:
    drawn = after(imported(), draw((6, 6)), draw((28, 20), object_id=3), Keep())
    split = after(drawn, SplitObject(object_id=1))
    assert [stroke.object_id for stroke in split.past_strokes] == [3]
    replaced = after(drawn, ImportMasks.from_label_map(blocks(), "old.png"))
    assert [stroke.object_id for stroke in replaced.past_strokes] == [3]


def test_strokes_speak_after_they_are_kept_until_they_are_cleared() -> None:
    kept = after(start(), draw((8, 8)), Keep())
    asked: list[list[int]] = []

    class Recording(DiscAnswerer):
        def __call__(
            self, strokes: Sequence[Stroke], previous: ObjectLogits | None, object_ids: Sequence[int]
        ) -> FloatArray:
            asked.append([stroke.object_id for stroke in strokes])
            return super().__call__(strokes, previous, object_ids)

    neighbour = after(kept, draw((12, 8), object_id=2), predictor=Recording())
    assert asked[-1] == [1, 2]
    assert neighbour.label_map()[8, 6] == 1
    asked.clear()
    after(kept, Clear(), draw((12, 8), object_id=2), predictor=Recording())
    assert asked == [[2]]


def test_hidden_objects_are_not_computed_unless_they_are_drawn_on() -> None:
    state = after(start(), draw((8, 8)), draw((24, 16), object_id=2))
    over = draw((8, 8), object_id=2).model_copy(update={"hidden_ids": (1,)})
    kept = after(state, over)
    np.testing.assert_array_equal(kept.layer.of(1), state.layer.of(1))
    np.testing.assert_array_equal(kept.object_mask(1), state.object_mask(1))
    drawn = after(state, draw((16, 8)).model_copy(update={"hidden_ids": (1,)}))
    assert drawn.area_px(1) > state.area_px(1)


def test_parts_become_objects_and_the_largest_keeps_its_id() -> None:
    state = after(imported(), SplitObject(object_id=1))
    assert state.object_ids == (1, 2, 3)
    assert state.area_px(1) == 63
    assert state.area_px(3) == 4
    with pytest.raises(JournalError, match="one piece"):
        after(state, SplitObject(object_id=1))


def test_holes_are_filled_and_specks_dropped_without_touching_others() -> None:
    state = after(imported(), FillHoles(object_id=1), DropSpecks(object_id=1))
    expected = blocks()
    expected[5, 5] = 1
    expected[2:4, 20:22] = 0
    np.testing.assert_array_equal(state.label_map(), expected)


def test_a_filled_hole_stays_when_an_older_stroke_goes() -> None:
    state = after(imported(), draw((28, 20), key="pen"), FillHoles(object_id=1), DeleteStroke(key="pen"))
    expected = blocks()
    expected[5, 5] = 1
    np.testing.assert_array_equal(state.label_map(), expected)


def test_a_deleted_object_takes_its_strokes_and_masks_with_it() -> None:
    state = after(
        start(),
        draw((8, 8)),
        draw((24, 8), object_id=2),
        Brush(points=((3, 20),), object_id=2),
        DeleteObjects(object_ids=(2,)),
    )
    assert state.object_ids == (1,)
    assert set(np.unique(state.label_map())) == {0, 1}
    assert [stroke.object_id for stroke in state.strokes] == [1]
    assert not after(state, DeleteObjects(object_ids=(1,))).has_mask


def test_a_stroke_can_be_given_to_another_object() -> None:
    state = after(start(), draw((8, 8), key="a"), ChangeStroke(key="a", object_id=2))
    assert state.label_map()[8, 8] == 2
    assert state.area_px(1) == 0
    moved = after(state, ChangeStroke(key="a", points=((24, 16),)))
    assert moved.label_map()[8, 8] == 0
    assert moved.label_map()[16, 24] == 2


def test_objects_are_copied_to_another_image_as_new_ones_at_its_size() -> None:
    source = after(imported(), ChangeObjects(object_ids=(2,), name="dog", colour="#123456"))
    copy = source.copy_objects([2])
    other = initial_state("next.jpg", (48, 64), "exclusive")
    pasted = after(after(other, AddObject(object_id=1)), copy)
    assert pasted.object_ids == (1, 2)
    assert (pasted.object(2).name, pasted.object(2).class_name, pasted.object(2).colour) == ("dog", "dog", "#123456")
    np.testing.assert_array_equal(pasted.object_mask(2)[::2, ::2], blocks() == 2)
    with pytest.raises(JournalError, match="no object 9"):
        source.copy_objects([9])


def test_an_import_leaves_other_objects_and_locked_ones_as_they_are() -> None:
    before = after(
        start(), draw((24, 8), object_id=5), draw((28, 20), object_id=2), ChangeObjects(object_ids=(2,), locked=True)
    )
    state = after(before, ImportMasks.from_label_map(blocks(), "old.png"))
    np.testing.assert_array_equal(state.object_mask(2), before.object_mask(2))
    np.testing.assert_array_equal(state.object_mask(5), before.object_mask(5) & (blocks() != 1))
    np.testing.assert_array_equal(state.object_mask(1), blocks() == 1)


def test_overlapping_objects_keep_their_own_masks() -> None:
    state = after(start("overlapping"), draw((12, 12)), draw((14, 12), object_id=2))
    both = state.object_mask(1) & state.object_mask(2)
    assert both.sum() > 40
    np.testing.assert_array_equal(state.label_map() == 2, state.object_mask(2))
    exclusive = after(state, Configure(overlap="exclusive"))
    np.testing.assert_array_equal(exclusive.label_map(), state.label_map())
    assert not (exclusive.object_mask(1) & exclusive.object_mask(2)).any()


def test_unlocking_changes_no_pixel() -> None:
    locked = after(start(), draw((12, 12)), ChangeObjects(object_ids=(1,), locked=True), draw((14, 12), object_id=2))
    unlocked = after(locked, ChangeObjects(object_ids=(1,), locked=False))
    np.testing.assert_array_equal(unlocked.label_map(), locked.label_map())


class Blobs(DiscAnswerer):
    """Answers each stroke with a disc where it is, and with the bottom right corner too."""

    def __call__(
        self, strokes: Sequence[Stroke], previous: ObjectLogits | None, object_ids: Sequence[int]
    ) -> FloatArray:
        logits = super().__call__(strokes, previous, object_ids)
        logits[[one == strokes[-1].object_id for one in object_ids], 18:, 26:] = 3
        return logits


def test_masks_have_one_size_whatever_the_network_answers_in() -> None:
    for network in (DiscAnswerer(4.0, (12, 16)), DiscAnswerer(16.0, (48, 64))):
        state = after(start(), draw((10.0, 12.0)), predictor=network)
        assert state.layer.size_hw == SIZE_HW
        assert state.label_map()[12, 10] == 1


def test_after_masks_are_kept_a_stroke_changes_nothing_far_away() -> None:
    first = after(start(), draw((6, 6)), draw((9, 6)), predictor=Blobs())
    assert first.label_map()[22, 30] == 1
    kept = after(start(), draw((6, 6)), Keep())
    state = after(kept, draw((13, 6)), predictor=Blobs())
    assert state.label_map()[22, 30] == 0
    assert state.label_map()[6, 18] == 1


def test_an_object_that_begins_with_a_box_stays_in_it_until_a_stroke_reaches_out() -> None:
    box = Draw(strokes=(DrawnStroke(points=((4, 4), (14, 14)), tool="box"),))
    state = after(start(), draw((26, 20), object_id=2), box, predictor=Blobs(radius=24))
    mask = state.object_mask(1)
    assert mask[9, 9]
    assert not mask[15:].any()
    assert not mask[:, 15:].any()
    assert after(state, draw((18, 8)), predictor=Blobs(radius=24)).object_mask(1)[8, 18]


def test_a_new_object_comes_as_a_whole_and_moves_no_kept_mask_it_does_not_meet() -> None:
    class Meddling(Blobs):
        """Also takes the top right corner for every object but the one drawn last, as a bad network would."""

        def __call__(
            self, strokes: Sequence[Stroke], previous: ObjectLogits | None, object_ids: Sequence[int]
        ) -> FloatArray:
            logits = super().__call__(strokes, previous, object_ids)
            for row, object_id in enumerate(object_ids):
                if object_id != strokes[-1].object_id:
                    logits[row, :6, 26:] = 3
            return logits

    before = after(start(), draw((6, 6)), Keep())
    state = after(before, draw((9, 6), object_id=2), predictor=Meddling())
    assert state.label_map()[6, 9] == 2
    assert state.label_map()[22, 30] == 2
    assert state.label_map()[2, 30] == 0
    again = after(state, draw((9, 8), object_id=2), predictor=Meddling())
    assert again.label_map()[22, 30] == 2
    assert again.label_map()[2, 30] == 0


def test_the_first_stroke_of_an_object_brings_all_of_it() -> None:
    before = after(start(), draw((6, 6), object_id=2), Keep())
    state = after(before, draw((20, 6)), predictor=Blobs())
    assert state.label_map()[22, 30] == 1
    assert state.label_map()[6, 20] == 1


@pytest.mark.parametrize(
    ("command", "message"),
    [
        (AddObject(object_id=1), "exists already; add it as 3"),
        (ChangeObjects(object_ids=(9,), name="x"), "no object 9"),
        (DeleteObjects(object_ids=(9,)), "no object 9"),
        (MergeObjects(object_ids=(1, 9), into_id=2), "no object 9"),
        (FillHoles(object_id=9), "no object 9"),
        (DeleteStroke(key="none"), "undo that"),
        (Draw(strokes=(DrawnStroke(points=((1, 1),), tool="box"),)), "two corners"),
        (Draw(strokes=(DrawnStroke(points=((1, 1), (2, 2)), tool="lasso"),)), "three points"),
        (Draw(strokes=(DrawnStroke(points=((1, 1),), object_id=0, sign="negative"),)), "says nothing"),
        (Draw(strokes=(DrawnStroke(points=((1, 1),), key="a"), DrawnStroke(points=((1, 1),), key="a"))), "of its own"),
    ],
)
def test_commands_that_do_not_fit_are_refused_with_a_reason(command: Edit, message: str) -> None:
    with pytest.raises(JournalError, match=message):
        after(imported(), command)


def test_masks_of_another_size_are_refused() -> None:
    with pytest.raises(MaskError, match="8 x 4 pixels, the image 32 x 24"):
        after(start(), ImportMasks.from_label_map(np.ones((4, 8), dtype=np.int32), "small.png"))


def test_an_answer_that_is_none_is_refused() -> None:
    class Nonsense(DiscAnswerer):
        def __call__(
            self, strokes: Sequence[Stroke], previous: ObjectLogits | None, object_ids: Sequence[int]
        ) -> FloatArray:
            del strokes, previous
            return np.full((len(object_ids), 4, 4), np.nan, dtype=np.float32)

    with pytest.raises(MaskError, match="not finite"):
        apply(start(), draw((8, 8)), Nonsense())


def test_an_image_holds_as_many_objects_as_its_label_file() -> None:
    state = after(start(), AddObject(object_id=254))
    assert state.next_object_id == 1
    full = after(state, *(AddObject(object_id=number) for number in range(1, 254)))
    with pytest.raises(JournalError, match="254 objects"):
        _ = full.next_object_id


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ('{"kind": "explode"}', "kind"),
        ('{"kind": "draw", "strokes": []}', "strokes"),
        ('{"kind": "draw", "strokes": [{"points": [[1, null]]}]}', "points"),
        ('{"kind": "draw", "strokes": [{"points": [[1, 1e400]]}]}', "points"),
        ('{"kind": "add_object", "object_id": 255}', "object_id"),
        ('{"kind": "keep", "really": true}', "really"),
        ("not json", "kind"),
    ],
)
def test_requests_that_are_no_commands_are_refused_and_named(text: str, message: str) -> None:
    with pytest.raises(JournalError, match=message):
        command_from_json(text)


def test_points_are_kept_to_a_hundredth_of_a_pixel() -> None:
    assert DrawnStroke(points=((1.23456, 2),)).points == ((1.23, 2.0),)


def test_every_command_has_a_name_for_undo() -> None:
    state = after(imported(), ChangeObjects(object_ids=(1,), name="cat"), draw((8, 8), key="a"), draw((9, 9), key="b"))
    names: list[tuple[Edit | ShowObjects, str]] = [
        (draw((8, 8)), "stroke 3 of cat"),
        (draw((8, 8), object_id=0), "stroke 1 of the background"),
        (draw((8, 8), object_id=7), "stroke 1 of object 7"),
        (Draw(strokes=(draw((1, 1)).strokes[0], draw((2, 2)).strokes[0])), "2 strokes"),
        (Draw(strokes=(DrawnStroke(points=((1, 1), (5, 5)), tool="box"),)), "box of cat"),
        (DeleteStroke(key="b"), "delete stroke 2 of cat"),
        (ChangeStroke(key="a", sign="negative"), "change the sign of stroke 1 of cat"),
        (ChangeStroke(key="a", object_id=2), "give stroke 1 of cat to object 2"),
        (ChangeStroke(key="a", points=((3, 3),)), "move stroke 1 of cat"),
        (Brush(points=((1, 1),), object_id=1), "brush on cat"),
        (Erase(points=((1, 1),), object_id=0), "eraser on the background"),
        (FillHoles(object_id=1), "fill holes of cat"),
        (SplitObject(object_id=1), "split cat"),
        (MergeObjects(object_ids=(2,), into_id=1), "merge into cat"),
        (DeleteObjects(object_ids=(1, 2)), "delete 2 objects"),
        (ChangeObjects(object_ids=(1, 2), locked=True), "lock 2 objects"),
        (DeleteObjects(object_ids=(1,)), "delete cat"),
        (AddObject(object_id=5), "add object 5"),
        (ChangeObjects(object_ids=(1,), name="dog"), "rename cat to dog"),
        (ChangeObjects(object_ids=(1,), locked=True), "lock cat"),
        (ShowObjects(object_ids=(1,), visible=False), "hide cat"),
        (ChangeObjects(object_ids=(1,), colour="#ffffff"), "colour of cat"),
        (ChangeObjects(object_ids=(1,), class_name="animal"), "class of cat"),
        (ImportMasks.from_label_map(blocks(), "old.png"), "import of 2 objects from old.png"),
        (state.copy_objects([1]), "paste of 1 object from photo.jpg"),
        (Keep(), "keeping the masks"),
        (Configure(overlap="overlapping"), "letting objects overlap"),
        (Configure(overlap="exclusive"), "keeping objects apart"),
    ]
    assert [label_of(command, state) for command, _ in names] == [name for _, name in names]


def test_undo_redo_and_the_record_of_models_are_commands_too() -> None:
    commands: list[Command] = [Undo(), Redo(), ModelUsed(model_id="compact 1")]
    for command in commands:
        assert command_from_json(command.model_dump_json()) == command


def test_an_object_of_more_pieces_than_an_image_holds_objects_is_not_split() -> None:
    labels = np.zeros((60, 80), dtype=np.int32)
    labels[::3, ::4] = 1
    state = after(initial_state("photo.jpg", (60, 80), "exclusive"), ImportMasks.from_label_map(labels, "old.png"))
    with pytest.raises(JournalError, match=r"is in 400 pieces.*drop its specks first"):
        after(state, SplitObject(object_id=1))
    labels[:, 4:] = 0
    state = after(initial_state("photo.jpg", (60, 80), "exclusive"), ImportMasks.from_label_map(labels, "old.png"))
    assert len(after(state, SplitObject(object_id=1)).objects) == 20


@pytest.mark.parametrize("kind", ["import_masks", "paste_objects"])
@pytest.mark.parametrize("size_hw", [(40_000, 40_000), (10**9, 10**9), (10**30, 2), (0, 0), (-5, 7)])
def test_masks_of_a_size_that_no_image_has_are_refused_before_they_are_unpacked(
    kind: str, size_hw: tuple[int, int]
) -> None:
    bomb = base64.b64encode(zlib.compress(bytes(2_000_000) + b"\xff", 9)).decode()
    mask = {"box_xyxy": [0, 0, size_hw[1], size_hw[0]], "data": bomb}
    fields = {"kind": kind, "source": "bomb", "size_hw": size_hw, "masks": [{"object_id": 1, "mask": mask}]}
    tracemalloc.start()
    with pytest.raises((JournalError, MaskError)) as refusal:
        after(start(), command_from_json(json.dumps(fields)))  # type: ignore[arg-type]
    peak = tracemalloc.get_traced_memory()[1]
    tracemalloc.stop()
    assert "\n" not in str(refusal.value)
    assert peak < 2_000_000


def test_objects_of_a_larger_image_are_pasted_at_this_size() -> None:
    mask = np.zeros((48, 64), dtype=bool)
    mask[4:20, 40:60] = True
    named = NamedMask(object_id=5, mask=PackedMask.of(mask))
    state = after(start(), PasteObjects(source="large.jpg", size_hw=(48, 64), masks=(named,)))
    np.testing.assert_array_equal(state.object_mask(1), mask[1::2, 1::2])


class Sharpening(DiscAnswerer):
    """Sharper edges take one column of pixels more on the right, and give up the first on the left."""

    def sharpen(self, labels: ByteArray, object_ids: Sequence[int]) -> ByteArray:
        sharp = labels.copy()
        for object_id in object_ids:
            moved = np.roll(labels == object_id, 1, axis=1)
            sharp[(sharp == object_id) & ~moved] = 0
            sharp[moved & (sharp == 0)] = object_id
        return sharp


def test_masks_that_are_kept_get_sharp_edges_where_strokes_were_drawn() -> None:
    network = Sharpening(radius=4)
    drawn = after(start(), draw((8, 8)), predictor=network)
    kept = after(drawn, Keep(), predictor=network)
    np.testing.assert_array_equal(kept.object_mask(1), np.roll(drawn.object_mask(1), 1, axis=1))
    again = after(kept, draw((24, 16), object_id=2), Keep(), predictor=network)
    np.testing.assert_array_equal(again.object_mask(1), kept.object_mask(1))
    np.testing.assert_array_equal(after(kept, Keep(), predictor=network).object_mask(1), kept.object_mask(1))


def test_sharp_edges_leave_painted_pixels_and_each_overlapping_object_alone() -> None:
    network = Sharpening(radius=4)
    brush = Brush(object_id=1, points=((4.5, 8.5), (4.5, 8.5)), width_px=1)
    painted = after(start(), draw((8, 8)), brush, predictor=network)
    kept = after(painted, Keep(), predictor=network)
    assert painted.object_mask(1)[8, 4]
    assert kept.object_mask(1)[8, 4]
    assert not kept.object_mask(1)[7, 4]
    both = after(start(), Configure(overlap="overlapping"), draw((8, 8)), draw((10, 8), object_id=2), predictor=network)
    apart = after(both, Keep(), predictor=network)
    for object_id in (1, 2):
        np.testing.assert_array_equal(apart.object_mask(object_id), np.roll(both.object_mask(object_id), 1, axis=1))
