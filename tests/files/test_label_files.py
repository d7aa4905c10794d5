from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from hypothesis.extra import numpy as hnp
from PIL import Image

from s2m.errors import MaskError
from s2m.files.label_files import (
    check_mask_size,
    label_map_bytes,
    masks_of_label_map,
    read_label_map,
    voc_palette,
    write_label_map,
    write_soft_masks,
)
from s2m.types import LabelMap


def test_the_palette_is_that_of_pascal_voc() -> None:
    palette = voc_palette().tolist()

    assert palette[:4] == [[0, 0, 0], [128, 0, 0], [0, 128, 0], [128, 128, 0]]
    assert palette[9] == [192, 0, 0]
    assert palette[21] == [128, 64, 128]
    assert palette[255] == [224, 224, 192]
    assert len({tuple(colour) for colour in palette}) == 256


@settings(deadline=None)
@given(
    hnp.arrays(np.int32, hnp.array_shapes(min_dims=2, max_dims=2, max_side=9), elements=st.integers(0, 255)),
)
def test_any_label_map_survives_its_file(tmp_path_factory: pytest.TempPathFactory, label_map: LabelMap) -> None:
    path = tmp_path_factory.mktemp("labels") / "a.png"

    write_label_map(path, label_map)

    assert (read_label_map(path) == label_map).all()
    with Image.open(path) as picture:
        assert picture.mode == "P"
        assert picture.getpalette() == voc_palette().ravel().tolist()


@pytest.mark.parametrize(
    "label_map",
    [np.array([[256]]), np.array([[-1]]), np.zeros(3), np.zeros((0, 4)), np.zeros((2, 2, 2))],
)
def test_a_label_map_that_does_not_fit_is_refused(label_map: LabelMap) -> None:
    with pytest.raises(MaskError):
        label_map_bytes(label_map.astype(np.int32))


def test_grey_and_black_and_white_pictures_are_read_by_value(tmp_path: Path) -> None:
    ids = np.array([[0, 1, 7]], dtype=np.uint8)
    Image.fromarray(ids).save(tmp_path / "grey.png")
    Image.fromarray(ids.astype(np.uint16)).save(tmp_path / "sixteen.png")
    Image.fromarray(ids > 0).save(tmp_path / "bits.png")
    Image.fromarray((ids > 0).astype(np.uint8) * 255).save(tmp_path / "seed.png")

    assert read_label_map(tmp_path / "grey.png").tolist() == [[0, 1, 7]]
    assert read_label_map(tmp_path / "sixteen.png").tolist() == [[0, 1, 7]]
    assert read_label_map(tmp_path / "bits.png").tolist() == [[0, 1, 1]]
    assert read_label_map(tmp_path / "seed.png").tolist() == [[0, 1, 1]]


def test_colour_pictures_are_read_through_the_palette(tmp_path: Path) -> None:
    ids = np.array([[0, 3, 21], [255, 0, 100]])
    Image.fromarray(voc_palette()[ids]).save(tmp_path / "a.png")
    Image.fromarray(np.full((2, 2, 3), 255, np.uint8)).save(tmp_path / "white.png")
    Image.fromarray(np.array([[[0, 0, 0], [1, 2, 3]]], np.uint8)).save(tmp_path / "photo.png")

    assert read_label_map(tmp_path / "a.png").tolist() == ids.tolist()
    assert read_label_map(tmp_path / "white.png").tolist() == [[1, 1], [1, 1]]
    with pytest.raises(MaskError, match=r"colour \(1, 2, 3\) at \(1, 0\), which is not in the palette"):
        read_label_map(tmp_path / "photo.png")


def test_files_that_are_no_masks_are_errors(tmp_path: Path) -> None:
    (tmp_path / "text.png").write_text("hello")
    Image.fromarray(np.array([[0, 300]], np.uint16)).save(tmp_path / "many.png")
    Image.new("CMYK", (2, 2)).save(tmp_path / "a.tif")
    write_label_map(tmp_path / "cut.png", np.arange(2500, dtype=np.int32).reshape(50, 50) % 256)
    (tmp_path / "cut.png").write_bytes((tmp_path / "cut.png").read_bytes()[:-400])

    with pytest.raises(MaskError, match="does not exist"):
        read_label_map(tmp_path / "nowhere.png")
    with pytest.raises(MaskError, match="not an image"):
        read_label_map(tmp_path / "text.png")
    with pytest.raises(MaskError, match="0 to 300; wanted 0 to 254"):
        read_label_map(tmp_path / "many.png")
    with pytest.raises(MaskError, match="mode CMYK"):
        read_label_map(tmp_path / "a.tif")
    with pytest.raises(MaskError, match="damaged or truncated"):
        read_label_map(tmp_path / "cut.png")


def test_a_mask_of_another_size_is_an_error() -> None:
    with pytest.raises(MaskError, match=r"mask.png has 3 x 2 pixels, its image 5 x 4"):
        check_mask_size(np.zeros((2, 3), np.int32), (4, 5), "mask.png")
    check_mask_size(np.zeros((2, 3), np.int32), (2, 3), "mask.png")


def test_the_masks_of_a_label_map_leave_out_background_and_ignored_pixels() -> None:
    masks = masks_of_label_map(np.array([[0, 5, 255, 2]], np.int32))

    assert masks.object_ids == (2, 5)
    assert masks.logits.tolist() == [[[-10, -10, -10, 10]], [[-10, 10, -10, -10]]]


def test_an_empty_label_map_has_no_masks() -> None:
    assert masks_of_label_map(np.zeros((2, 3), np.int32)).logits.shape == (0, 2, 3)


def test_soft_masks_are_grey_pictures_named_after_their_objects(tmp_path: Path) -> None:
    probs = np.array([[[0, 0.5]], [[1, 0.2]]], np.float32)

    paths = write_soft_masks(tmp_path, "photo", (3, 12), probs)

    assert [path.name for path in paths] == ["photo-object-3.png", "photo-object-12.png"]
    assert np.asarray(Image.open(paths[0])).tolist() == [[0, 128]]
    assert np.asarray(Image.open(paths[1])).tolist() == [[255, 51]]
    with pytest.raises(MaskError, match="2 objects need"):
        write_soft_masks(tmp_path, "photo", (1, 2), probs[:1])
