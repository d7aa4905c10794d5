from __future__ import annotations

import json
from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from annotations import export_of, hard_image, hard_masks, image_of, random_masks
from s2m.errors import ConfigError, DataError, OutputError
from s2m.files.exports import ExportSettings, check_annotations, write_export
from s2m.files.formats.annotation import ImageAnnotation
from s2m.files.formats.splits import assigned_splits
from s2m.files.formats.table import FORMATS
from s2m.types import BoolArray


@pytest.fixture
def photo(tmp_path: Path) -> Path:
    path = tmp_path / "photos" / "hard.png"
    path.parent.mkdir()
    Image.fromarray(np.full((48, 64, 3), 90, dtype=np.uint8)).save(path)
    return path


def names_in(folder: Path) -> list[str]:
    return sorted(str(path.relative_to(folder)) for path in folder.rglob("*") if path.is_file())


def test_several_formats_get_a_folder_each_and_one_manifest(tmp_path: Path, photo: Path) -> None:
    image = hard_image(path=photo)
    settings = ExportSettings(tuple(FORMATS))
    write_export(tmp_path / "out", ["hard.png"], [image], ["ring"], settings, {"model": "tiny 1", "project": "p"})
    assert {path.name for path in (tmp_path / "out").iterdir()} == {*FORMATS, "manifest.json"}
    manifest = json.loads((tmp_path / "out" / "manifest.json").read_text())
    assert (manifest["model"], manifest["images"], manifest["objects"]) == ("tiny 1", 1, 6)
    assert manifest["classes"] == {"ring": 2, "no": 1, "object": 1, "1": 1, 'a: "b" é': 1}
    assert {name: losses["pixels"] > 0 for name, losses in manifest["losses"].items()} == {
        # The parts of an object are joined in YOLO.
        name: name == "yolo"
        for name in FORMATS
    }
    assert [path.name for path in tmp_path.iterdir() if path.name.startswith(".")] == []


def test_one_format_goes_straight_into_the_folder_and_replaces_an_earlier_export(tmp_path: Path) -> None:
    export_of(tmp_path / "out", "geojson", [image_of("a.png", *hard_masks())])
    assert names_in(tmp_path / "out") == ["a.geojson", "manifest.json"]
    export_of(tmp_path / "out", "coco", [image_of("b.png", *hard_masks())])
    assert names_in(tmp_path / "out") == ["annotations.json", "manifest.json"]


def test_a_folder_of_something_else_is_left_alone(tmp_path: Path) -> None:
    (tmp_path / "out").mkdir()
    (tmp_path / "out" / "thesis.txt").write_text("years of work")
    with pytest.raises(OutputError, match="no export"):
        export_of(tmp_path / "out", "coco", [hard_image()])
    with pytest.raises(OutputError, match="is a file"):
        export_of(tmp_path / "out" / "thesis.txt", "coco", [hard_image()])
    assert names_in(tmp_path) == ["out/thesis.txt"]


def test_an_export_that_fails_leaves_nothing_and_the_earlier_one(tmp_path: Path) -> None:
    export_of(tmp_path / "out", "cutouts", [])
    before = names_in(tmp_path)
    with pytest.raises(DataError, match="cut-outs need the pixels"):
        export_of(tmp_path / "out", "cutouts", [hard_image()])
    assert names_in(tmp_path) == before


def test_a_name_that_would_leave_the_folder_is_refused(tmp_path: Path) -> None:
    for stem in ("../a", "..", "", "a/b", "a\0b"):
        image = ImageAnnotation("a.png", (48, 64), hard_image().objects, stem)
        with pytest.raises(DataError, match="no file can be named"):
            export_of(tmp_path / "out", "geojson", [image])
    assert names_in(tmp_path) == []


def test_only_objects_of_some_classes(tmp_path: Path) -> None:
    settings = ExportSettings(("coco",), classes=("ring", "gone"))
    report = write_export(tmp_path / "out", ["hard.png"], [hard_image()], ["no", "ring"], settings, {})
    content = json.loads((tmp_path / "out" / "annotations.json").read_text())
    assert [entry["attributes"]["object_id"] for entry in content["annotations"]] == [1, 4]
    assert [category["name"] for category in content["categories"]] == ["ring"]
    assert "no object has the class gone" in report.findings


def test_the_check_finds_what_looks_like_a_mistake() -> None:
    empty, speck = np.zeros((40, 40), dtype=bool), np.zeros((40, 40), dtype=bool)
    speck[2:20, 2:20] = True
    speck[30, 30] = True
    images = [image_of("a.png", empty, speck), ImageAnnotation("b.png", (40, 40), (), "b")]
    assert check_annotations(images, ["cat"], ExportSettings()) == [
        "a.png: object 1 has no pixels",
        "a.png: object 2 has 1 specks of less than 16 pixels",
        "b.png has no objects",
        "no object has the class cat",
    ]


def test_splits_by_share_are_drawn_by_a_seed_and_hardly_change_when_an_image_comes() -> None:
    names = [f"{number}.png" for number in range(50)]
    first = assigned_splits(names, {"train": "0.8", "val": "0.2"}, 0)
    assert sorted(first.values()) == ["train"] * 40 + ["val"] * 10
    assert first == assigned_splits(names[::-1], {"train": "8", "val": "2"}, 0)
    assert first != assigned_splits(names, {"train": "0.8", "val": "0.2"}, 1)
    grown = assigned_splits([*names, "new.png"], {"train": "0.8", "val": "0.2"}, 0)
    assert sum(grown[name] != first[name] for name in names) <= 1


def test_splits_by_list_leave_out_what_is_in_none(tmp_path: Path) -> None:
    (tmp_path / "train.txt").write_text("\ufeffa.png\r\n\nb\n")
    (tmp_path / "val.txt").write_text("c.png\n")
    lists = {"train": str(tmp_path / "train.txt"), "val": str(tmp_path / "val.txt")}
    assert assigned_splits(["a.png", "b.png", "c.png", "d.png"], lists, 0) == {
        "a.png": "train",
        "b.png": "train",
        "c.png": "val",
    }
    images = [image_of(f"{name}.png", *hard_masks()) for name in "abcd"]
    report = export_of(tmp_path / "out", "voc", images, **lists)
    assert "1 images stand in no list of a split; they are left out" in report.findings
    assert (tmp_path / "out" / "ImageSets" / "Segmentation" / "train.txt").read_text() == "a\nb\n"


@pytest.mark.parametrize(
    ("splits", "error", "message"),
    [
        ({"../x": "0.5"}, ConfigError, "cannot be called"),
        ({"train": "0.5", "val": "nowhere.txt"}, ConfigError, "got both"),
        ({"train": "0", "val": "1"}, ConfigError, "above 0"),
        ({"train": "nan"}, ConfigError, "above 0"),
        ({"train": "nowhere.txt"}, DataError, "cannot read nowhere.txt"),
    ],
)
def test_splits_that_are_none_are_refused(splits: dict[str, str], error: type[Exception], message: str) -> None:
    with pytest.raises(error, match=message):
        assigned_splits(["a.png"], splits, 0)


def test_a_list_that_names_strangers_or_an_image_twice_is_refused(tmp_path: Path) -> None:
    (tmp_path / "one.txt").write_text("a.png\nz.png\n")
    with pytest.raises(DataError, match=r'names "z.png"'):
        assigned_splits(["a.png"], {"train": str(tmp_path / "one.txt")}, 0)
    (tmp_path / "one.txt").write_text("a.png\na.png\n")
    with pytest.raises(DataError, match="two lists"):
        assigned_splits(["a.png"], {"train": str(tmp_path / "one.txt")}, 0)


@pytest.mark.parametrize("formats", [(), ("coco", "coco"), ("cocoa",)])
def test_formats_that_are_none_are_refused(formats: tuple[str, ...]) -> None:
    with pytest.raises(ConfigError):
        ExportSettings(formats)


@pytest.mark.parametrize("masks", [hard_masks(), random_masks(50)])
def test_bridges_of_yolo_are_counted_to_the_pixel(tmp_path: Path, masks: list[BoolArray]) -> None:
    import cv2

    report = export_of(tmp_path / "out", "yolo", [image_of("a.png", *masks)])
    rows = (tmp_path / "out" / "labels" / "train" / "a.txt").read_text().splitlines()
    height, width = masks[0].shape
    differing: dict[int, int] = {}
    for number, (row, mask) in enumerate(zip(rows, masks, strict=True), start=1):
        points = np.array(row.split()[1:], dtype=float).reshape(-1, 2) * (width, height)
        assert len(points) >= 3
        # Ultralytics cuts coordinates to integers, supervision rounds them.
        for whole in (points.astype(np.int32), np.round(points).astype(np.int32)):
            drawn = np.zeros(mask.shape, dtype=np.uint8)
            cv2.fillPoly(drawn, [whole], 1)
            differing[number] = int(((drawn > 0) != mask).sum())
            assert not (mask & (drawn == 0)).any()
    assert {loss.object_id: loss.pixels for loss in report.losses["yolo"]} == {
        number: pixels for number, pixels in differing.items() if pixels
    }


def test_class_names_of_yolo_are_quoted(tmp_path: Path) -> None:
    yaml = pytest.importorskip("yaml")
    export_of(tmp_path / "out", "yolo", [hard_image()], ["no"])
    content = yaml.safe_load((tmp_path / "out" / "data.yaml").read_text())
    assert content["names"] == {0: "no", 1: "ring", 2: "object", 3: "1", 4: 'a: "b" é'}
    assert content["train"] == "images/train"
