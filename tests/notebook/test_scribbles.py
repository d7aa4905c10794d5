"""What the page and Python see of the widget; ``make test-notebook`` drives it in a real JupyterLab."""

from __future__ import annotations

import io
import json
import subprocess
import sys
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import traitlets
from PIL import Image

from s2m.engine.models import OnnxModel
from s2m.engine.segmenter import Segmenter
from s2m.errors import ImageError, JournalError, OutputError
from s2m.files.label_files import read_label_map
from s2m.files.overlays import object_colour
from s2m.notebook import Scribbles
from s2m.types import ByteArray, LabelMap

ON_RED: dict[str, Any] = {"points": [[25, 48], [40, 48]], "object_id": 1, "sign": "positive"}
ON_BLUE: dict[str, Any] = {"points": [[90, 48], [102, 48]], "object_id": 2, "sign": "positive"}
OFF_RED: dict[str, Any] = {"points": [[25, 48], [40, 48]], "object_id": 1, "sign": "negative"}


@pytest.fixture
def segmenter(tiny_model: OnnxModel) -> Segmenter:
    return Segmenter(tiny_model)


@pytest.fixture
def scribbles(two_discs: ByteArray, segmenter: Segmenter) -> Scribbles:
    return Scribbles(two_discs, segmenter)


def overlay_of(scribbles: Scribbles) -> ByteArray:
    return np.asarray(Image.open(io.BytesIO(scribbles.overlay)).convert("RGBA"))


def close(mask: LabelMap, truth: LabelMap) -> bool:
    """Equal, but for edges: the tiny model sees cells of 4 x 4 pixels."""
    return float((mask == truth).mean()) > 0.95


def test_strokes_of_the_page_become_a_label_map_and_an_overlay(
    scribbles: Scribbles, two_discs_labels: LabelMap, tmp_path: Path
) -> None:
    assert Image.open(io.BytesIO(scribbles.image)).size == (128, 96)
    assert scribbles.size_wh == [128, 96]
    assert not overlay_of(scribbles).any()

    # What a page sends.
    scribbles.set_state({"strokes": [ON_RED, ON_BLUE]})

    assert close(scribbles.label_map, two_discs_labels)
    assert scribbles.answered == 2
    assert (overlay_of(scribbles)[:, :, 3] > 0).tolist() == (scribbles.label_map > 0).tolist()
    for object_id, x in ((1, 32), (2, 96)):
        assert tuple(overlay_of(scribbles)[48, x, :3]) == object_colour(object_id)
        assert scribbles.colours[object_id] == "#{:02x}{:02x}{:02x}".format(*object_colour(object_id))
    scribbles.save(tmp_path / "mask.png")
    assert np.array_equal(read_label_map(tmp_path / "mask.png"), scribbles.label_map)
    with pytest.raises(OutputError, match=r"\.png"):
        scribbles.save(tmp_path / "mask.jpg")


def test_shorter_and_other_strokes_undo_and_draw(scribbles: Scribbles) -> None:
    scribbles.strokes = [ON_RED, ON_BLUE]
    both = scribbles.label_map
    scribbles.strokes = [ON_RED, ON_BLUE, OFF_RED]
    assert 0 < (scribbles.label_map == 1).sum() < (both == 1).sum()
    scribbles.strokes = [ON_RED, ON_BLUE]
    assert np.array_equal(scribbles.label_map, both)
    scribbles.strokes = [ON_BLUE]
    assert set(np.unique(scribbles.label_map)) == {0, 2}
    scribbles.strokes = []
    assert not scribbles.label_map.any()
    assert not overlay_of(scribbles).any()


def test_strokes_can_be_given_from_the_start_and_an_image_as_a_file(
    two_discs_file: Path, segmenter: Segmenter, two_discs_labels: LabelMap
) -> None:
    short = {"points": np.array([[25.004, 48], [40, 48]])}

    scribbles = Scribbles(two_discs_file, segmenter, strokes=[short, ON_BLUE])

    assert scribbles.strokes == [ON_RED, ON_BLUE]
    assert close(scribbles.label_map, two_discs_labels)
    assert json.loads(json.dumps(scribbles.get_state("strokes")["strokes"])) == [ON_RED, ON_BLUE]


def test_a_large_image_is_shown_smaller_and_answered_whole(segmenter: Segmenter) -> None:
    scribbles = Scribbles(np.zeros((30, 2400, 3), dtype=np.uint8), segmenter)

    assert Image.open(io.BytesIO(scribbles.image)).size == (1200, 15)
    assert overlay_of(scribbles).shape == (15, 1200, 4)
    assert scribbles.size_wh == [2400, 30]
    assert scribbles.label_map.shape == (30, 2400)


@pytest.mark.parametrize(
    ("stroke", "said"),
    [
        ("a line", "stroke 2 has to be a dict of points, object_id, sign, got 'a line'"),
        ({"object_id": 1}, "stroke 2 has to be a dict"),
        ({"points": [[1, 2]], "colour": "red"}, "stroke 2 has to be a dict"),
        ({"points": [1, 2]}, r"shape \(P, 2\)"),
        ({"points": [[1, float("nan")]]}, "stroke 2.*finite"),
        ({"points": [[1, 2]], "object_id": 300}, "stroke 2.*254"),
        ({"points": [[1, 2]], "sign": "maybe"}, "stroke 2.*sign"),
    ],
)
def test_malformed_strokes_are_refused_and_change_nothing(scribbles: Scribbles, stroke: Any, said: str) -> None:
    scribbles.strokes = [ON_RED]
    before = scribbles.label_map

    with pytest.raises(JournalError, match=said):
        scribbles.strokes = [ON_RED, stroke]

    assert scribbles.strokes == [ON_RED]
    assert np.array_equal(scribbles.label_map, before)


def test_a_stroke_that_cannot_be_answered_is_taken_back_and_said(
    scribbles: Scribbles, monkeypatch: pytest.MonkeyPatch
) -> None:
    scribbles.strokes = [ON_RED]

    def refuse(_: object) -> None:
        raise JournalError("object 2 is locked; unlock it")

    with monkeypatch.context() as patched:
        patched.setattr(scribbles._session, "do", refuse)
        with pytest.raises(JournalError, match="locked"):
            scribbles.strokes = [ON_RED, ON_BLUE]

    assert scribbles.strokes == [ON_RED]
    assert scribbles.message == "object 2 is locked; unlock it"
    scribbles.strokes = [ON_RED, ON_BLUE]
    assert scribbles.message == ""
    assert scribbles.answered == 2


@pytest.mark.parametrize("image", [np.zeros((8, 8), np.uint8), np.zeros((8, 8, 3)), np.zeros((0, 8, 3), np.uint8)])
def test_what_is_no_rgb_image_is_refused(image: ByteArray, segmenter: Segmenter) -> None:
    with pytest.raises(ImageError, match="array \\(H, W, 3\\) of uint8"):
        Scribbles(image, segmenter)


def test_the_page_cannot_change_what_python_owns(scribbles: Scribbles) -> None:
    with pytest.raises(traitlets.TraitError, match="read-only"):
        scribbles.overlay = b""


def test_anywidget_is_only_needed_by_the_notebook_and_named_where_it_is_missing() -> None:
    code = """
import sys
import s2m, s2m.session, s2m.cli
assert "anywidget" not in sys.modules
sys.modules["anywidget"] = None
import s2m.notebook
"""
    ended = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=False)

    assert ended.stderr.splitlines()[-1] == (
        'ModuleNotFoundError: drawing in notebooks needs anywidget; install it with: pip install "s2m[notebook]"'
    )
