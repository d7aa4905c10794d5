"""Only what changed is traced again, and it comes out as if everything were."""

from __future__ import annotations

import numpy as np
import pytest
from disc_network import SIZE_HW, DiscAnswerer

from s2m.session.apply import apply
from s2m.session.commands import Brush, ChangeObjects, Draw, DrawnStroke, Erase, ImportMasks, Keep
from s2m.session.masks import Overlap
from s2m.session.state import AnnotationState, initial_state
from s2m.web import shown_masks
from s2m.web.shown_masks import MaskOutlines


def draw(x: float, y: float, object_id: int) -> Draw:
    return Draw(strokes=(DrawnStroke(points=((x, y),), object_id=object_id),))


@pytest.fixture
def traced(monkeypatch: pytest.MonkeyPatch) -> list[int]:
    """The objects that are traced, as they are."""
    found: list[int] = []
    trace = shown_masks._traced

    def noted(object_id: int, source: object, state: AnnotationState) -> object:
        found.append(object_id)
        return trace(object_id, source, state)  # type: ignore[arg-type]

    monkeypatch.setattr(shown_masks, "_traced", noted)
    return found


def test_objects_that_did_not_change_are_not_traced_again(traced: list[int]) -> None:
    outlines, network = MaskOutlines(), DiscAnswerer(3.0)
    state = initial_state("photo.jpg", SIZE_HW, "exclusive")
    for command in (draw(4, 4, 1), draw(28, 4, 2), draw(4, 20, 3)):
        state = apply(state, command, network)
    outlines.of(state)
    traced.clear()
    state = apply(state, draw(6, 20, 3), network)
    outlines.of(state)
    assert traced == [3]
    outlines.of(state)
    assert traced == [3]


@pytest.mark.parametrize("overlap", ["exclusive", "overlapping"])
def test_outlines_that_follow_the_changes_are_those_of_the_state(overlap: Overlap) -> None:
    given = np.zeros(SIZE_HW, dtype=np.int32)
    given[2:9, 18:30] = 5
    outlines, network = MaskOutlines(), DiscAnswerer(5.0)
    state = initial_state("photo.jpg", SIZE_HW, overlap)
    commands = (
        draw(8, 8, 1),
        draw(14, 8, 2),
        draw(12, 10, 1),
        ImportMasks.from_label_map(given, "given.png"),
        draw(20, 12, 2),
        Keep(),
        Brush(points=((4, 20), (28, 20)), object_id=7, width_px=3),
        draw(16, 18, 3),
        Erase(points=((0, 8), (31, 8)), object_id=0, width_px=2),
        ChangeObjects(object_ids=(3,), locked=True),
        draw(18, 20, 1),
        Draw(strokes=(DrawnStroke(points=((8, 8), (16, 18)), object_id=0),)),
    )
    for command in commands:
        state = apply(state, command, network)
        shown = outlines.of(state)
        assert shown == MaskOutlines().of(state)
        assert [mask.object_id for mask in shown] == list(state.object_ids)
        for mask in shown:
            assert bool(mask.rings) == (mask.area_share > 0)
            assert mask.area_share == pytest.approx(state.area_px(mask.object_id) / (SIZE_HW[0] * SIZE_HW[1]), abs=0.01)
