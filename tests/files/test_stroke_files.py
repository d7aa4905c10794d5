from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from s2m.errors import StrokeError
from s2m.files.stroke_files import read_strokes, strokes_json, strokes_of_json, write_strokes
from s2m.types import Stroke

SIZE_HW = (48, 64)


def content(**changes: Any) -> dict[str, Any]:
    entry = {"object": 1, "sign": "positive", "width": 6.0, "points": [[4.5, 5.0], [8.0, 6.5]]}
    file: dict[str, Any] = {
        "format": "s2m-strokes",
        "version": 1,
        "image": {"width": 64, "height": 48},
        "strokes": [entry],
    }
    for key, value in changes.items():
        (file if key in file else entry)[key] = value
    return file


def test_a_file_reads_as_its_strokes(tmp_path: Path) -> None:
    path = tmp_path / "a.json"
    path.write_text(json.dumps(content()))

    (stroke,) = read_strokes(path, SIZE_HW)

    assert stroke.points_xy.tolist() == [[4.5, 5.0], [8.0, 6.5]]
    assert (stroke.object_id, stroke.sign, stroke.width_px) == (1, "positive", 6.0)


def test_what_is_written_reads_the_same(tmp_path: Path) -> None:
    strokes = (
        Stroke(np.array([[1.25, 2.0], [3.0, 4.0]]), 3, "negative", 2.5),
        Stroke(np.array([[63.5, 47.5]]), 0),
    )

    write_strokes(tmp_path / "a.json", strokes, SIZE_HW)
    read = read_strokes(tmp_path / "a.json", SIZE_HW)

    assert [(s.object_id, s.sign, s.width_px) for s in read] == [(3, "negative", 2.5), (0, "positive", 6.0)]
    assert [s.points_xy.tolist() for s in read] == [s.points_xy.tolist() for s in strokes]


@given(
    st.lists(
        st.lists(st.tuples(st.floats(0, 64), st.floats(0, 48)), min_size=1, max_size=5),
        min_size=1,
        max_size=4,
    )
)
def test_points_survive_to_a_thousandth_of_a_pixel(lines: list[list[tuple[float, float]]]) -> None:
    strokes = [Stroke(np.array(line)) for line in lines]

    read = strokes_of_json(strokes_json(strokes, SIZE_HW), SIZE_HW, "a.json")

    for before, after in zip(strokes, read, strict=True):
        np.testing.assert_allclose(after.points_xy, before.points_xy, atol=0.0006)


@pytest.mark.parametrize(
    ("changes", "message"),
    [
        ({"version": 2}, "version 2, this program reads version 1"),
        ({"format": "labelme"}, 'wanted "s2m-strokes"'),
        ({"strokes": []}, "holds no strokes"),
        ({"points": []}, r"strokes\.0\.points"),
        ({"points": [[1.0, float("nan")]]}, "finite number"),
        ({"points": [[1.0, float("inf")]]}, "finite number"),
        ({"points": [[1.0]]}, r"strokes\.0\.points\.0"),
        ({"width": 0}, r"strokes\.0\.width"),
        ({"object": -1}, r"strokes\.0\.object"),
        ({"sign": "maybe"}, "'positive' or 'negative'"),
        ({"image": {"width": 640, "height": 480}}, "image of 640 x 480 pixels, this one has 64 x 48"),
        ({"points": [[500.0, 5.0], [600.0, 6.0]]}, r"stroke 1 lies outside the image of 64 x 48 pixels .*\(500, 5\)"),
        ({"points": [[5.0, -30.0]]}, "outside the image"),
        ({"color": "red"}, r"strokes\.0\.color"),
    ],
)
def test_a_wrong_file_is_an_error_that_says_where(changes: dict[str, Any], message: str) -> None:
    data = json.dumps(content(**changes)).encode()

    with pytest.raises(StrokeError, match=message):
        strokes_of_json(data, SIZE_HW, "a.json")


def test_a_stroke_may_overshoot_the_border() -> None:
    data = json.dumps(content(points=[[-20.0, 5.0], [10.0, 5.0], [90.0, 5.0]])).encode()

    assert len(strokes_of_json(data, SIZE_HW, "a.json")) == 1


@pytest.mark.parametrize("data", [b"", b"{", b"[]", b'{"strokes": []}', b"\x89PNG\r\n"])
def test_what_is_no_strokes_file_is_an_error(data: bytes) -> None:
    with pytest.raises(StrokeError, match=r"a\.json is not a strokes file"):
        strokes_of_json(data, SIZE_HW, "a.json")


def test_a_missing_file_and_a_folder_are_errors(tmp_path: Path) -> None:
    with pytest.raises(StrokeError, match="does not exist"):
        read_strokes(tmp_path / "nowhere.json", SIZE_HW)
    with pytest.raises(StrokeError, match="cannot read"):
        read_strokes(tmp_path, SIZE_HW)


@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "utf-16", "utf-32"])
@pytest.mark.parametrize("line_end", ["\n", "\r\n", "\r"])
def test_strokes_are_read_in_every_unicode_encoding(encoding: str, line_end: str) -> None:
    text = json.dumps(content(), indent=1).replace("\n", line_end)

    assert len(strokes_of_json(text.encode(encoding), SIZE_HW, "a.json")) == 1


@pytest.mark.parametrize("object_id", ["255", "300", "-1", "1" * 30])
def test_an_object_that_no_label_file_holds_is_refused(object_id: str) -> None:
    text = json.dumps(content()).replace('"object": 1', f'"object": {object_id}')

    with pytest.raises(StrokeError, match=r"strokes\.0\.object: Input should be"):
        strokes_of_json(text.encode(), SIZE_HW, "a.json")


@pytest.mark.parametrize("number", ["1e400", "1" * 5000, "NaN", '"80,5"', "1e7"])
def test_a_coordinate_that_is_none_is_refused_in_one_line(number: str) -> None:
    text = json.dumps(content()).replace("[4.5,", f"[{number},")

    with pytest.raises(StrokeError) as caught:
        strokes_of_json(text.encode(), SIZE_HW, "a.json")
    assert "\n" not in str(caught.value)
    assert len(str(caught.value)) < 400
