from __future__ import annotations

import io
import json
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from s2m.compat import drawing_tools
from s2m.compat.drawing_tools import DrawingTools, Mark
from s2m.engine.models import OnnxModel
from s2m.engine.segmenter import Segmenter
from s2m.errors import ImageError, JournalError, OutputError, S2MError, StrokeError
from s2m.session.opening import open_image
from s2m.types import ByteArray

IN_RED = Mark(points=[[24, 48], [40, 48]])
AROUND_BLUE = Mark(points=[[74, 26], [118, 70]], tool="box")


@pytest.fixture
def folder(tmp_path: Path, two_discs: ByteArray) -> Path:
    """A folder of photographs, beside a file that is nobody's business."""
    photographs = tmp_path / "photographs"
    (photographs / "more").mkdir(parents=True)
    for name in ("a.png", "b.png", "more/c.png"):
        Image.fromarray(two_discs).save(photographs / name)
    Image.fromarray(two_discs).save(tmp_path / "private.png")
    (photographs / "link.png").symlink_to(tmp_path / "private.png")
    return photographs


@pytest.fixture
def tools(folder: Path, tiny_model: OnnxModel) -> DrawingTools:
    return DrawingTools(folder, Segmenter(tiny_model))


def test_marks_become_the_masks_of_a_session(
    tools: DrawingTools, folder: Path, tiny_model: OnnxModel, two_discs: ByteArray
) -> None:
    assert tools.list_images().splitlines() == ["more/", "a.png", "b.png", "link.png"]
    assert tools.list_images("more") == "more/c.png"
    assert tools.open_image("a.png").splitlines() == ["a.png: 128 x 96 pixels", "undo takes back: nothing"]
    tools.draw("a.png", [IN_RED])
    told = tools.draw("./a.png", [AROUND_BLUE, Mark(points=[[10, 10]], tool="dot", sign="negative")], 2)
    wanted = open_image(two_discs, Segmenter(tiny_model))
    wanted.draw([(24, 48), (40, 48)], 1)
    assert f"object 1: {wanted.state.area_px(1)} pixels in the box 13, 29, 51, 67" in told
    assert "undo takes back: 2 strokes" in told
    assert tools.undo(str(folder / "a.png")).startswith("undone: 2 strokes\n")
    tools.save("a.png", "masks/red.png", 1)
    mask = np.asarray(Image.open(folder / "masks" / "red.png"))
    np.testing.assert_array_equal(mask, wanted.state.object_mask(1) * np.uint8(255))
    tools.save("a.png", "masks/all.png")
    np.testing.assert_array_equal(np.asarray(Image.open(folder / "masks" / "all.png")), wanted.label_map())
    assert "red disc" in tools.name_object("a.png", 1, "red disc")
    assert tools.export("a.png", "out", "coco").startswith("1 images, 1 objects: out")
    assert json.loads((folder / "out" / "annotations.json").read_text())["categories"][0]["name"] == "red disc"
    # What they wrote they may write again.
    tools.save("a.png", "masks/red.png", 1)
    tools.export("a.png", "out", "labelme")


def test_a_look_is_a_jpeg_of_the_image_and_its_masks(tools: DrawingTools) -> None:
    tools.open_image("a.png")
    tools.draw("a.png", [IN_RED])
    data = [tools.look("a.png", masks=masks) for masks in (False, True)]
    plain, drawn = (np.asarray(Image.open(io.BytesIO(one))) for one in data)
    assert np.abs(np.subtract(plain, drawn, dtype=int)).max() > 80
    assert len(tools.look("a.png", (20, 40, 40, 60))) < len(data[0])


@pytest.mark.parametrize(
    ("do", "error", "words"),
    [
        (lambda tools: tools.open_image("../private.png"), ImageError, "outside"),
        (lambda tools: tools.open_image("link.png"), ImageError, "outside"),
        (lambda tools: tools.open_image("a\0.png"), ImageError, "path"),
        (lambda tools: tools.open_image("missing.png"), ImageError, "missing.png"),
        (lambda tools: tools.list_images("/"), ImageError, "outside"),
        (lambda tools: tools.list_images("a.png"), ImageError, "no|not a folder"),
        (lambda tools: tools.draw("b.png", [IN_RED]), ImageError, "open it first"),
        (lambda tools: tools.draw("a.png", [Mark(points=[[200, 4]])]), StrokeError, "128 x 96"),
        (lambda tools: tools.draw("a.png", [Mark(points=[[1, 4]], tool="box")]), JournalError, "two corners"),
        (lambda tools: tools.undo("a.png"), JournalError, "nothing to undo"),
        (lambda tools: tools.name_object("a.png", 3, "cat"), JournalError, "object 3"),
        (lambda tools: tools.save("a.png", "b.png"), OutputError, "another name"),
        (lambda tools: tools.save("a.png", "mask.jpg"), OutputError, ".png"),
        (lambda tools: tools.save("a.png", "../mask.png"), ImageError, "outside"),
        (lambda tools: tools.save("a.png", "mask.png", 7), JournalError, "object 7"),
        (lambda tools: tools.export("a.png", "more"), OutputError, "another name"),
        (lambda tools: tools.export("a.png", "new", "fax"), S2MError, "fax"),
    ],
)
def test_what_cannot_be_done_says_why(
    tools: DrawingTools, folder: Path, do: Callable[[DrawingTools], str], error: type[S2MError], words: str
) -> None:
    tools.open_image("a.png")
    before = sorted(folder.parent.rglob("*"))
    with pytest.raises(error, match=words):
        do(tools)
    assert sorted(folder.parent.rglob("*")) == before


def test_images_are_few_and_closing_makes_place(tools: DrawingTools, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(drawing_tools, "MOST_IMAGES", 1)
    tools.open_image("a.png")
    tools.open_image("a.png")
    with pytest.raises(ImageError, match=r"close one of a\.png"):
        tools.open_image("b.png")
    tools.close_image("a.png")
    tools.open_image("b.png")
    monkeypatch.setattr(drawing_tools, "MOST_BYTES", 128 * 96 * 3 - 1)
    with pytest.raises(ImageError, match="128 x 96"):
        tools.open_image("a.png")


def test_a_folder_that_is_none_is_refused(folder: Path, tiny_model: OnnxModel) -> None:
    with pytest.raises(ImageError, match="not a folder"):
        DrawingTools(folder / "a.png", Segmenter(tiny_model))
