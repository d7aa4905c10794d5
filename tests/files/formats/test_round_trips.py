"""What is written in a format is read again as it was: every mask to the pixel, classes, strokes, sizes."""

from __future__ import annotations

import json
from collections.abc import Sequence
from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from annotations import export_of, hard_image, image_of, random_masks, some_strokes
from s2m.errors import ConfigError, DataError, S2MError
from s2m.files.formats.annotation import ImageAnnotation
from s2m.files.formats.recognition import opened_source, recognised, source_of
from s2m.files.formats.table import FORMATS, READERS
from s2m.types import BoolArray

KINDS = list(FORMATS)


@pytest.fixture
def photo(tmp_path: Path) -> Path:
    path = tmp_path / "photos" / "hard.png"
    path.parent.mkdir()
    Image.fromarray(np.full((48, 64, 3), 90, dtype=np.uint8)).save(path)
    return path


def read_back(folder: Path, size_hw: tuple[int, int], kind: str | None = None) -> ImageAnnotation:
    source = source_of(folder, kind)
    (name,) = source.names()
    image = source.read(name, size_hw)
    assert source.problems == []
    return image


def pixels_lost(written: Sequence[BoolArray], image: ImageAnnotation) -> int:
    got = {one.object_id: one.mask.whole(image.size_hw) for one in image.objects}
    return sum(
        int((mask != got.get(number, np.zeros_like(mask))).sum()) for number, mask in enumerate(written, start=1)
    )


@pytest.mark.parametrize("kind", KINDS)
def test_the_hard_picture_comes_back(kind: str, tmp_path: Path, photo: Path) -> None:
    written = hard_image(path=photo)
    report = export_of(tmp_path / "out", kind, [written])
    image = read_back(tmp_path / "out", (48, 64))
    masks = [one.mask.whole((48, 64)) for one in written.objects]
    if kind == "yolo":
        # Ids are not in the file; the smaller objects come last.
        areas = [one.mask.area_px for one in image.objects]
        assert sorted(areas) == sorted(
            one.mask.area_px + sum(loss.pixels for loss in report.losses["yolo"] if loss.object_id == one.object_id)
            for one in written.objects
        )
    else:
        if kind == "cvat":
            assert [one.class_name for one in image.objects] == [one.class_name for one in written.objects]
        assert pixels_lost(masks, image) == 0
        assert report.losses[kind] == []
    classes = sorted(one.class_name for one in image.objects)
    wanted = sorted(one.class_name for one in written.objects)
    assert classes == ([name.replace(":", "").replace("  ", " ") for name in wanted] if kind == "voc" else wanted)


@pytest.mark.parametrize("kind", [kind for kind in KINDS if FORMATS[kind].overlaps and kind not in ("yolo", "cutouts")])
def test_fifty_random_masks_come_back(kind: str, tmp_path: Path) -> None:
    masks = random_masks(50)
    export_of(tmp_path / "out", kind, [image_of("a.png", *masks)])
    image = read_back(tmp_path / "out", (41, 57))
    if kind == "cvat":
        image = ImageAnnotation(image.name, image.size_hw, tuple(sorted(image.objects, key=lambda one: one.object_id)))
    assert pixels_lost(masks, image) == 0


@pytest.mark.parametrize("kind", [kind for kind in KINDS if not FORMATS[kind].overlaps])
def test_label_maps_count_what_overlaps(kind: str, tmp_path: Path) -> None:
    masks = random_masks(50)
    report = export_of(tmp_path / "out", kind, [image_of("a.png", *masks)])
    image = read_back(tmp_path / "out", (41, 57))
    assert pixels_lost(masks, image) == sum(loss.pixels for loss in report.losses[kind]) > 0


@pytest.mark.parametrize("kind", [kind for kind in KINDS if FORMATS[kind].strokes])
def test_strokes_travel_along(kind: str, tmp_path: Path, photo: Path) -> None:
    export_of(tmp_path / "out", kind, [hard_image(path=photo)])
    image = read_back(tmp_path / "out", (48, 64))
    background = [stroke for stroke in some_strokes() if stroke.object_id == 0]
    own = [stroke for stroke in some_strokes() if stroke.object_id]
    assert [stroke for one in image.objects for stroke in one.strokes] == own
    if kind not in ("cutouts", "masks", "soft-masks"):
        assert list(image.background_strokes) == background


@pytest.mark.parametrize("kind", KINDS)
def test_masks_of_another_size_are_refused_with_both_sizes(kind: str, tmp_path: Path, photo: Path) -> None:
    export_of(tmp_path / "out", kind, [hard_image(path=photo)])
    source = source_of(tmp_path / "out")
    (name,) = source.names()
    if kind == "yolo":
        return  # Its coordinates are shares of the image.
    problems = []
    try:
        assert source.read(name, (64, 48)).objects == ()
    except S2MError as error:
        problems.append(str(error))
    problems += source.problems
    assert "64 x 48" in problems[0] or "leaves the image" in problems[0]


@pytest.mark.parametrize("kind", KINDS)
def test_every_format_is_recognised_in_a_folder_and_in_an_archive(kind: str, tmp_path: Path, photo: Path) -> None:
    import shutil

    export_of(tmp_path / "out", kind, [hard_image(path=photo)])
    assert READERS[recognised(tmp_path / "out")] is READERS[kind]
    archive = Path(shutil.make_archive(str(tmp_path / "packed"), "zip", tmp_path, "out"))
    with opened_source(archive) as source:
        (name,) = source.names()
        assert len(source.read(name, (48, 64)).objects) == 6


@pytest.mark.parametrize("kind", KINDS)
def test_splits_are_read_as_one(kind: str, tmp_path: Path, photo: Path) -> None:
    images = [
        ImageAnnotation(f"{stem}.png", (48, 64), hard_image().objects, stem, path=photo) for stem in ("a", "b", "c")
    ]
    export_of(tmp_path / "out", kind, images, train="2", val="1")
    source = source_of(tmp_path / "out")
    assert {Path(name).stem for name in source.names()} == {"a", "b", "c"}
    assert all(len(source.read(name, (48, 64)).objects) == 6 for name in source.names())


def test_an_unknown_format_and_an_unknown_file_are_refused(tmp_path: Path) -> None:
    (tmp_path / "a.json").write_text('{"cats": []}')
    with pytest.raises(ConfigError, match="there is no format"):
        source_of(tmp_path, "cocoa")
    with pytest.raises(DataError, match="not a COCO instance file"):
        source_of(tmp_path / "a.json")
    with pytest.raises(DataError, match="does not exist"), opened_source(tmp_path / "nowhere"):
        pass


def test_soft_masks_agree_with_the_masks_and_keep_probabilities(tmp_path: Path) -> None:
    mask = random_masks(2)[1]
    soft = np.where(mask, 1.0, -2.0).astype(np.float32)[::2, ::2]
    image = ImageAnnotation("a.png", (41, 57), image_of("a.png", mask).objects, "a", logits_of=lambda _: soft)
    export_of(tmp_path / "out", "soft-masks", [image])
    with Image.open(next((tmp_path / "out").glob("*.png"))) as picture:
        values = np.asarray(picture)
    np.testing.assert_array_equal(values >= 128, mask)
    assert len(np.unique(values)) > 2


def test_the_array_of_a_file_holds_no_pickle(tmp_path: Path) -> None:
    export_of(tmp_path / "out", "npz", [hard_image()])
    with np.load(tmp_path / "out" / "hard.npz", allow_pickle=False) as arrays:
        assert arrays["names"].tolist()[0] == "object 1"
        assert json.loads(str(arrays["about"]))["image"] == "hard.png"
        assert arrays["label_map"].shape == (48, 64)
