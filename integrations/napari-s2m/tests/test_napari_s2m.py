from __future__ import annotations

import os
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest
from napari.components import ViewerModel
from napari.layers import Image
from numpy.typing import NDArray

os.environ.setdefault("QT_QPA_PLATFORM", "offscreen")

from napari.utils.notifications import notification_manager
from napari_s2m.scribbling import BACKGROUND_LABEL, Scribbling
from napari_s2m.widget import WAIT_MS, ScribbleWidget
from npe2 import PluginManifest
from qtpy.QtTest import QTest
from qtpy.QtWidgets import QApplication

from s2m import Segmenter
from s2m.errors import ImageError

YX = np.mgrid[:96, :128]
DISCS = [(YX[0] - 48) ** 2 + (YX[1] - x) ** 2 < 400 for x in (32, 96)]


def photograph() -> NDArray[np.uint8]:
    picture = np.full((96, 128, 3), (40, 160, 40), dtype=np.uint8)
    picture[DISCS[0]], picture[DISCS[1]] = (200, 30, 30), (30, 30, 200)
    return picture


def iou(mask: NDArray[np.bool_], other: NDArray[np.bool_]) -> float:
    return float((mask & other).sum() / (mask | other).sum())


def answer(scribbling: Scribbling) -> None:
    """What the panel does, without its threads."""
    question = scribbling.question(scribbling.plane())
    assert question is not None
    label_map = scribbling.answer(question)
    assert not isinstance(label_map, str), label_map
    scribbling.show(question, label_map)


def wait_for(condition: Callable[[], object]) -> None:
    for _ in range(300):
        if condition():
            return
        QTest.qWait(50)
    raise AssertionError("waited in vain")


@pytest.fixture(scope="session")
def segmenter() -> Segmenter:
    return Segmenter()


@pytest.fixture(scope="session")
def application() -> QApplication:
    return QApplication.instance() or QApplication([])


@pytest.fixture
def notes() -> Callable[[], list[str]]:
    """What napari has told since the test began."""
    start = len(notification_manager.records)
    return lambda: [record.message for record in list(notification_manager.records)[start:]]


def test_scribbles_become_masks_of_the_same_scale_and_place(segmenter: Segmenter) -> None:
    viewer = ViewerModel()
    turn = np.array([[0, 1, 5], [1, 0, 6], [0, 0, 1]])
    image = viewer.add_image(photograph(), name="discs", scale=(0.5, 0.25), translate=(3, 4), affine=turn)
    scribbling = Scribbling(viewer, image, segmenter)
    assert viewer.layers.selection.active is scribbling.scribbles
    scribbling.scribbles.data[46:50, 24:40] = 1
    scribbling.scribbles.data[46:50, 90:102] = 7
    scribbling.scribbles.data[10:13, 20:110] = BACKGROUND_LABEL

    answer(scribbling)

    assert [layer.name for layer in viewer.layers] == ["discs", "discs masks", "discs scribbles"]
    for layer in (scribbling.masks, scribbling.scribbles):
        assert np.array_equal(layer.data_to_world((7, 9)), image.data_to_world((7, 9)))
    assert set(np.unique(scribbling.masks.data)) == {0, 1, 7}
    assert iou(scribbling.masks.data == 1, DISCS[0]) > 0.8
    assert iou(scribbling.masks.data == 7, DISCS[1]) > 0.8
    assert scribbling.question(scribbling.plane()) is None
    scribbling.scribbles.data[:] = 0
    answer(scribbling)
    assert not scribbling.masks.data.any()


@pytest.mark.parametrize("order", [(0, 1, 2), (0, 2, 1)])
def test_only_the_present_plane_of_a_stack_is_answered(segmenter: Segmenter, order: tuple[int, ...]) -> None:
    viewer = ViewerModel()
    grey = photograph()[:, :, 0].astype(np.uint16) * 200
    image = viewer.add_image(np.stack([grey * 0, grey, grey]), name="stack", scale=(2.5, 1, 1))
    viewer.dims.order = order
    scribbling = Scribbling(viewer, image, segmenter)
    scribbling.scribbles.data[:, 46:50, 24:40] = 1
    viewer.dims.set_point(0, 2.5)

    answer(scribbling)

    assert iou(scribbling.masks.data[1] == 1, DISCS[0]) > 0.8
    assert not scribbling.masks.data[[0, 2]].any()


@pytest.mark.parametrize("kind", ["grey floats with NaN", "RGBA floats", "16-bit RGB", "a stack of RGB"])
def test_every_kind_of_image_is_seen_as_it_is_shown(segmenter: Segmenter, kind: str) -> None:
    viewer = ViewerModel()
    colours = photograph()
    if kind == "grey floats with NaN":
        values = colours[:, :, 0] * 1e-3
        values[:5] = np.nan
        image = viewer.add_image(values, contrast_limits=(0, 0.2))
    elif kind == "RGBA floats":
        image = viewer.add_image(np.dstack([colours / 255, np.ones((96, 128))]), rgb=True)
    elif kind == "16-bit RGB":
        image = viewer.add_image(colours.astype(np.uint16) * 257, rgb=True)
    else:
        image = viewer.add_image(np.stack([colours, colours]), rgb=True)
    scribbling = Scribbling(viewer, image, segmenter)
    scribbling.scribbles.data[..., 46:50, 24:40] = 1

    answer(scribbling)

    plane = scribbling.masks.data.reshape(-1, 96, 128).max(axis=0)
    assert iou(plane == 1, DISCS[0]) > 0.8


def test_what_cannot_be_answered_is_said(segmenter: Segmenter) -> None:
    viewer = ViewerModel()
    pyramid = Image([photograph(), photograph()[::2, ::2]], multiscale=True, rgb=True)
    with pytest.raises(ImageError, match="pyramid"):
        Scribbling(viewer, pyramid, segmenter)
    flat = Scribbling(viewer, viewer.add_image(photograph()), segmenter)
    stack = Scribbling(viewer, viewer.add_image(np.zeros((3, 96, 128))), segmenter)
    viewer.dims.order = (1, 0, 2)
    with pytest.raises(ImageError, match="from its edge"):
        flat.plane()
    viewer.dims.ndisplay = 3
    with pytest.raises(ImageError, match="volume"):
        stack.plane()
    viewer.dims.ndisplay = 2
    stack.scribbles.data = np.zeros((3, 90, 90), dtype=np.uint8)
    with pytest.raises(ImageError, match=r"\(3, 90, 90\).*wanted \(3, 96, 128\)"):
        stack.question(stack.plane())
    viewer.layers.remove(flat.masks)
    with pytest.raises(ImageError, match="removed"):
        flat.question((None, None))


@pytest.mark.usefixtures("application")
def test_the_panel_answers_once_after_many_paint_events_and_follows_undo(
    segmenter: Segmenter, notes: Callable[[], list[str]]
) -> None:
    viewer = ViewerModel()
    widget = ScribbleWidget(viewer, segmenter)
    widget.begin()
    assert notes() == ["There is no image to scribble on; open one first."]
    viewer.add_image(photograph(), name="discs")
    widget.begin_button.click()
    widget.begin_button.click()
    (scribbling,) = widget.scribblings
    asked: list[int] = []
    solve = scribbling.answer
    scribbling.answer = lambda question: (asked.append(1), solve(question))[1]  # type: ignore[func-returns-value,method-assign]

    with scribbling.scribbles.block_history():
        for x in range(24, 40, 2):
            scribbling.scribbles.paint((48, x), 1)
    for x in range(24, 40, 2):
        scribbling.scribbles.paint((50, x), 1)
    assert asked == []
    wait_for(scribbling.masks.data.any)
    QTest.qWait(3 * WAIT_MS)

    assert asked == [1]
    assert iou(scribbling.masks.data == 1, DISCS[0]) > 0.8
    for _ in range(9):
        scribbling.scribbles.undo()
    wait_for(lambda: not scribbling.masks.data.any())


@pytest.mark.usefixtures("application")
def test_an_answer_goes_to_the_plane_it_was_asked_for(segmenter: Segmenter) -> None:
    viewer = ViewerModel()
    grey = photograph()[:, :, 0]
    viewer.add_image(np.stack([grey, grey, grey]), name="stack")
    widget = ScribbleWidget(viewer, segmenter)
    widget.begin()
    (scribbling,) = widget.scribblings
    viewer.dims.set_point(0, 1)
    for x in range(24, 40, 2):
        scribbling.scribbles.paint((1, 48, x), 1)
    viewer.dims.set_point(0, 2)

    wait_for(scribbling.masks.data.any)

    assert iou(scribbling.masks.data[1] == 1, DISCS[0]) > 0.8
    assert not scribbling.masks.data[[0, 2]].any()


@pytest.mark.usefixtures("application")
def test_layers_that_go_while_it_answers_and_faults_are_no_crash(
    segmenter: Segmenter, notes: Callable[[], list[str]]
) -> None:
    viewer = ViewerModel()
    widget = ScribbleWidget(viewer, segmenter)
    viewer.add_image(photograph(), name="one")
    viewer.add_image(photograph(), name="two")
    viewer.layers.selection.active = None
    widget.begin()
    assert "select one" in notes()[-1]
    for name in ("one", "two"):
        viewer.layers.selection.active = viewer.layers[name]
        widget.begin()
    first, second = widget.scribblings
    solve = first.answer

    def remove_and_answer(question: object) -> object:
        answers.append(solve(question))  # type: ignore[arg-type]
        return answers[-1]

    answers: list[object] = []
    first.answer = remove_and_answer  # type: ignore[assignment,method-assign]
    first.scribbles.paint((48, 30), 1)
    wait_for(lambda: widget._is_answering)
    viewer.layers.remove("one masks")
    wait_for(lambda: not widget._is_answering)
    assert len(answers) == 1

    first.scribbles.paint((48, 36), 1)
    wait_for(lambda: "was removed" in notes()[-1])

    def broken(_: object) -> None:
        raise RuntimeError("no memory")

    second._embedded = broken  # type: ignore[assignment,method-assign]
    second.scribbles.paint((48, 30), 1)
    wait_for(lambda: "a fault of the program (RuntimeError: no memory)" in notes()[-1])


def test_napari_finds_the_panel() -> None:
    manifest = PluginManifest.from_file(Path(__file__).parents[1] / "src" / "napari_s2m" / "napari.yaml")
    manifest.validate_imports()
    assert [widget.display_name for widget in manifest.contributions.widgets or ()] == ["S2M: scribbles to masks"]


@pytest.mark.display
def test_a_real_window_shows_the_masks() -> None:
    import napari

    viewer = napari.Viewer()
    viewer.add_image(photograph(), name="discs")
    _, widget = viewer.window.add_plugin_dock_widget("napari-s2m", "S2M: scribbles to masks")
    widget.begin()
    (scribbling,) = widget.scribblings
    for label, x in ((1, 28), (2, 92)):
        with scribbling.scribbles.block_history():
            for step in range(10):
                scribbling.scribbles.paint((48, x + step), label)
    wait_for(scribbling.masks.data.any)
    QTest.qWait(500)

    shown = viewer.screenshot(path=os.environ.get("S2M_SCREENSHOT"), canvas_only=False, flash=False)

    assert set(np.unique(scribbling.masks.data)) == {0, 1, 2}
    assert len(np.unique(shown.reshape(-1, 4), axis=0)) > 50
    viewer.close()
