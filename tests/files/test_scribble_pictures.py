from __future__ import annotations

from pathlib import Path

import cv2
import numpy as np
import pytest
from PIL import Image

from s2m.engine.geometry import frame_of_image
from s2m.engine.prompts import draw_strokes
from s2m.errors import StrokeError
from s2m.files.label_files import voc_palette, write_label_map
from s2m.files.scribble_pictures import read_scribble_picture
from s2m.types import BACKGROUND_ID, LabelMap

SIZE_HW = (120, 160)

GREEN, RED, BLUE, WHITE = (0, 255, 0), (255, 0, 0), (0, 0, 255), (255, 255, 255)


def scribbles(*ids: int) -> LabelMap:
    """One slanted line for each id, 5 pixels thick, from left to right."""
    canvas = np.zeros(SIZE_HW, dtype=np.uint8)
    for place, object_id in enumerate(ids):
        cv2.line(canvas, (20 + 35 * place, 20), (40 + 35 * place, 100), object_id, 5)
    return canvas.astype(np.int32)


def coloured(path: Path, canvas: tuple[int, ...], *colours: tuple[int, ...]) -> Path:
    table = np.array([canvas, *colours], dtype=np.uint8)
    Image.fromarray(table[scribbles(*range(1, len(colours) + 1))]).save(path)
    return path


def test_each_index_of_a_palette_picture_is_an_object(tmp_path: Path) -> None:
    write_label_map(tmp_path / "a.png", scribbles(1, 5, 2))

    strokes = read_scribble_picture(tmp_path / "a.png", SIZE_HW)

    assert [(stroke.object_id, stroke.sign) for stroke in strokes] == [
        (1, "positive"),
        (2, "positive"),
        (5, "positive"),
    ]
    assert strokes[0].points_xy[[0, -1]].tolist() == [
        pytest.approx([21, 21], abs=3),
        pytest.approx([40, 100], abs=3),
    ]
    assert strokes[0].width_px == pytest.approx(6, abs=1.5)


def test_index_two_is_background_where_foreground_and_background_are_drawn(tmp_path: Path) -> None:
    write_label_map(tmp_path / "a.png", scribbles(1, 2, 2))

    strokes = read_scribble_picture(tmp_path / "a.png", SIZE_HW, "foreground-background")

    assert sorted((stroke.object_id, stroke.sign) for stroke in strokes) == [
        (BACKGROUND_ID, "negative"),
        (BACKGROUND_ID, "negative"),
        (1, "positive"),
    ]


def test_the_drawn_prompt_covers_the_scribbles_of_both_signs(tmp_path: Path) -> None:
    ids = scribbles(1, 2)
    write_label_map(tmp_path / "a.png", ids)
    strokes = read_scribble_picture(tmp_path / "a.png", SIZE_HW, "foreground-background")
    frame = frame_of_image(SIZE_HW, 160, 4)

    maps = draw_strokes(strokes, [1], frame, stride=1, diameter_px=7)[0]

    for channel, index in ((0, 1), (1, 2)):
        assert maps[channel][ids == index].mean() > 0.9
        assert maps[channel][ids == 3 - index].max() == 0


@pytest.mark.parametrize(
    ("foreground", "background", "canvas"),
    [(GREEN, RED, WHITE), (RED, BLUE, WHITE), (WHITE, (0, 0, 0), (128, 128, 128)), (GREEN, BLUE, (0, 0, 0))],
)
def test_two_pure_colours_are_foreground_and_background(
    tmp_path: Path, foreground: tuple[int, ...], background: tuple[int, ...], canvas: tuple[int, ...]
) -> None:
    path = coloured(tmp_path / "a.png", canvas, background, foreground)

    strokes = read_scribble_picture(path, SIZE_HW)

    assert [stroke.object_id for stroke in strokes] == [BACKGROUND_ID, 1]
    assert strokes[1].points_xy[0, 0] > strokes[0].points_xy[0, 0]


def test_colours_of_the_palette_are_objects_by_their_index(tmp_path: Path) -> None:
    palette = [tuple(colour) for colour in voc_palette().tolist()]
    path = coloured(tmp_path / "a.png", (0, 0, 0), palette[7], palette[2])

    assert [stroke.object_id for stroke in read_scribble_picture(path, SIZE_HW)] == [2, 7]


def test_other_colours_are_objects_in_the_order_they_appear(tmp_path: Path) -> None:
    path = coloured(tmp_path / "a.png", WHITE, (250, 120, 0), (10, 90, 200), (90, 0, 90))

    strokes = read_scribble_picture(path, SIZE_HW)

    assert [stroke.object_id for stroke in strokes] == [1, 2, 3]
    starts = [stroke.points_xy[:, 0].min() for stroke in strokes]
    assert starts == sorted(starts)


def test_transparent_is_nothing_and_soft_edges_count_to_their_colour(tmp_path: Path) -> None:
    alpha = np.zeros(SIZE_HW, dtype=np.uint8)
    cv2.line(alpha, (20, 20), (60, 100), 255, 5, cv2.LINE_AA)
    cv2.line(alpha, (90, 20), (140, 100), 255, 5, cv2.LINE_AA)
    clear = np.where(np.arange(160)[None, :, None] < 80, (250, 120, 0), (10, 90, 200))
    clear = np.concatenate([np.broadcast_to(clear, (*SIZE_HW, 3)), alpha[:, :, None]], axis=2)
    Image.fromarray(clear.astype(np.uint8)).save(tmp_path / "clear.png")
    opaque = np.full((*SIZE_HW, 3), 255, dtype=np.uint8)
    cv2.line(opaque, (20, 20), (60, 100), (250, 120, 0), 5, cv2.LINE_AA)
    cv2.line(opaque, (90, 20), (140, 100), (10, 90, 200), 5, cv2.LINE_AA)
    Image.fromarray(opaque).save(tmp_path / "opaque.png")

    for name in ("clear.png", "opaque.png"):
        assert [stroke.object_id for stroke in read_scribble_picture(tmp_path / name, SIZE_HW)] == [1, 2]


def test_a_black_and_white_picture_is_one_object(tmp_path: Path) -> None:
    Image.fromarray((scribbles(1) * 255).astype(np.uint8)).save(tmp_path / "grey.png")
    Image.fromarray(scribbles(1) > 0).save(tmp_path / "bits.png")

    for name in ("grey.png", "bits.png"):
        assert [stroke.object_id for stroke in read_scribble_picture(tmp_path / name, SIZE_HW)] == [1]


def test_scribbles_on_a_large_picture_keep_their_place(tmp_path: Path) -> None:
    canvas = np.zeros((1500, 3000), dtype=np.uint8)
    cv2.line(canvas, (300, 300), (2700, 1200), 1, 30)
    write_label_map(tmp_path / "a.png", canvas.astype(np.int32))

    (stroke,) = read_scribble_picture(tmp_path / "a.png", (1500, 3000))

    ends = stroke.points_xy[np.argsort(stroke.points_xy[:, 0])][[0, -1]]
    np.testing.assert_allclose(ends, [[300, 300], [2700, 1200]], atol=20)
    assert stroke.width_px == pytest.approx(30, abs=6)


def test_wrong_pictures_are_errors_that_say_what_is_wanted(tmp_path: Path) -> None:
    write_label_map(tmp_path / "empty.png", scribbles())
    write_label_map(tmp_path / "three.png", scribbles(1, 2, 3))
    noise = np.random.default_rng(1).integers(0, 255, (*SIZE_HW, 3), dtype=np.uint8)
    Image.fromarray(noise).save(tmp_path / "photo.png")
    (tmp_path / "cut.png").write_bytes((tmp_path / "photo.png").read_bytes()[:900])

    with pytest.raises(StrokeError, match="holds no scribbles"):
        read_scribble_picture(tmp_path / "empty.png", SIZE_HW)
    with pytest.raises(StrokeError, match="has 160 x 120 pixels, its image 20 x 10"):
        read_scribble_picture(tmp_path / "three.png", (10, 20))
    with pytest.raises(StrokeError, match="index 3; wanted 1"):
        read_scribble_picture(tmp_path / "three.png", SIZE_HW, "foreground-background")
    with pytest.raises(StrokeError, match="too many colours"):
        read_scribble_picture(tmp_path / "photo.png", SIZE_HW)
    with pytest.raises(StrokeError, match="damaged or truncated"):
        read_scribble_picture(tmp_path / "cut.png", SIZE_HW)
    with pytest.raises(StrokeError, match="does not exist"):
        read_scribble_picture(tmp_path / "nowhere.png", SIZE_HW)
    orange = coloured(tmp_path / "orange.png", WHITE, (250, 120, 0))
    with pytest.raises(StrokeError, match="wanted a foreground and a background colour"):
        read_scribble_picture(orange, SIZE_HW, "foreground-background")
