from __future__ import annotations

import json
from pathlib import Path

import numpy as np
import onnx
import pytest
from click.testing import CliRunner, Result
from onnx import numpy_helper
from PIL import Image

import s2m
from s2m.cli import main
from s2m.cli.replay import ObjectChange, object_changes
from s2m.engine.models import OnnxModel
from s2m.engine.segmenter import Segmenter
from s2m.errors import MaskError
from s2m.files.images import read_image
from s2m.files.label_files import read_label_map, write_label_map
from s2m.session import (
    ChangeObjects,
    Draw,
    DrawnStroke,
    MarkImage,
    ObjectClass,
    Project,
    ProjectSettings,
    SegmenterOnImage,
    read_journal,
)
from s2m.session.history import last_model
from s2m.types import ByteArray, LabelMap

NAMES = ("one.png", "two.png")


@pytest.fixture
def project_folder(tmp_path: Path, tiny_model: OnnxModel, two_discs: ByteArray) -> Path:
    """A project of two images with two objects each; the second image was never saved."""
    photos = tmp_path / "photos"
    photos.mkdir()
    for name in (*NAMES, "untouched.png"):
        Image.fromarray(two_discs).save(photos / name)
    project = Project.open(photos, tmp_path / "output")
    segmenter = Segmenter(tiny_model)
    embedding = segmenter.encode(two_discs)
    for name in NAMES:
        session = project.open_image(
            name, (96, 128), SegmenterOnImage(segmenter, lambda: embedding), tiny_model.card.model_id
        )
        session.do(Draw(strokes=(DrawnStroke(points=((28, 48), (36, 48)), object_id=1),)))
        session.do(ChangeObjects(object_ids=(1,), name="left one", class_name="red disc"))
        session.do(Draw(strokes=(DrawnStroke(points=((92, 48), (100, 48)), object_id=2),)))
        if name == "one.png":
            session.do(MarkImage(status="done"))
            project.save(session)
        session.close()
    return project.output


@pytest.fixture
def greedy_model_folder(tmp_path: Path, tiny_model_folder: Path) -> Path:
    """The tiny model with a wider reach: blue belongs to red and everything else too."""
    folder = tmp_path / "greedy"
    folder.mkdir()
    for name in ("encoder.onnx", "model.json"):
        (folder / name).write_bytes((tiny_model_folder / name).read_bytes())
    card = json.loads((folder / "model.json").read_text())
    (folder / "model.json").write_text(json.dumps({**card, "version": "2"}))
    decoder = onnx.load(str(tiny_model_folder / "decoder.onnx"))
    for constant in decoder.graph.initializer:
        if constant.name == "reach":
            constant.CopyFrom(numpy_helper.from_array(np.array(1.0, np.float32), "reach"))
    onnx.save(decoder, str(folder / "decoder.onnx"))
    return folder


def run(*arguments: object) -> Result:
    return CliRunner().invoke(main, [str(argument) for argument in arguments], catch_exceptions=False)


def test_export_writes_the_label_maps_that_a_kill_left_behind(project_folder: Path, tiny_model_folder: Path) -> None:
    (project_folder / "journals" / "one.png.masks.npz").unlink()
    (project_folder / "journals" / "one.png.saved.json").unlink()
    before = (project_folder / "one.png").read_bytes()
    write_label_map(project_folder / "one.png", np.zeros((96, 128), dtype=np.int32))
    result = run("export", project_folder, "--format", "voc", "--model", tiny_model_folder)
    assert result.exit_code == 0, result.output
    assert (project_folder / "one.png").read_bytes() == before
    assert not Project.reopen(project_folder).is_behind("one.png")


def test_replay_under_the_same_model_changes_nothing(project_folder: Path, tiny_model_folder: Path) -> None:
    before = (project_folder / "one.png").read_bytes()
    result = run("replay", project_folder, "--model", tiny_model_folder)
    assert result.exit_code == 0, result.output
    report = json.loads((project_folder / "replay" / "report.json").read_text())
    one = next(image for image in report["images"] if image["name"] == "one.png")
    assert [change["iou"] for change in one["changes"]] == [1.0, 1.0]
    assert (project_folder / "one.png").read_bytes() == before


def test_replay_under_another_model_reports_the_worst_first_and_replaces_only_on_request(
    project_folder: Path, greedy_model_folder: Path, tmp_path: Path
) -> None:
    before = (project_folder / "one.png").read_bytes()
    journal = (project_folder / "journals" / "one.png.jsonl").read_bytes()
    report_folder = tmp_path / "report"
    result = run("replay", project_folder, "--model", greedy_model_folder, "-o", report_folder)
    assert result.exit_code == 0, result.output
    report = json.loads((report_folder / "report.json").read_text())
    assert report["model"] == "tiny 2"
    worst = [image["changes"][0]["iou"] for image in report["images"]]
    assert worst == sorted(worst)
    one = next(image for image in report["images"] if image["name"] == "one.png")
    assert one["old_model"] == "tiny 1"
    assert one["changes"][0]["iou"] < 0.9
    with Image.open(report_folder / "pictures" / one["picture"]) as picture:
        assert picture.size == (3 * 128, 96)
    assert "pictures/one.png.jpg" in (report_folder / "index.html").read_text()
    assert (project_folder / "one.png").read_bytes() == before
    assert (project_folder / "journals" / "one.png.jsonl").read_bytes() == journal

    assert run("replay", project_folder, "--model", greedy_model_folder, "--replace").exit_code == 0
    assert (project_folder / "one.png").read_bytes() != before
    assert (project_folder / "backups" / "one-1.png").read_bytes() == before
    reading = read_journal(project_folder / "journals" / "one.png.jsonl")
    assert last_model(reading) == "tiny 2"
    kept = Project.reopen(project_folder).kept_state("one.png")
    assert kept is not None
    np.testing.assert_array_equal(kept.label_map(), read_label_map(project_folder / "one.png"))


def test_an_image_that_cannot_be_replayed_is_named_and_the_others_are_done(
    project_folder: Path, tiny_model_folder: Path
) -> None:
    (project_folder.parent / "photos" / "two.png").write_bytes(b"no image any more")
    result = run("replay", project_folder, "--model", tiny_model_folder)
    assert result.exit_code == 12
    assert "two.png" in result.output
    assert len(json.loads((project_folder / "replay" / "report.json").read_text())["images"]) == 1


def test_replay_of_a_folder_that_is_no_project_says_so(tmp_path: Path) -> None:
    result = run("replay", tmp_path)
    assert result.exit_code == 10
    assert "s2m-project.json" in result.output


def test_coco_holds_all_annotated_images_saved_or_not(project_folder: Path, tiny_model_folder: Path) -> None:
    result = run("export", project_folder, "--model", tiny_model_folder)
    assert result.exit_code == 0, result.output
    coco = json.loads((project_folder / "export" / "annotations.json").read_text())
    assert [image["file_name"] for image in coco["images"]] == ["one.png", "two.png"]
    assert len(coco["annotations"]) == 4
    assert [category["name"] for category in coco["categories"]] == ["red disc", "object"]
    attributes = coco["annotations"][0]["attributes"]
    assert (attributes["object_id"], attributes["name"]) == (1, "left one")
    assert attributes["s2m_strokes"][0]["points"] == [[28, 48], [36, 48]]


def test_exported_classes_are_called_as_they_are_called_now(project_folder: Path, tiny_model_folder: Path) -> None:
    settings = ProjectSettings(classes=(ObjectClass(name="ball", former_names=("red disc",)),))
    Project.reopen(project_folder).change_settings(settings)
    assert run("export", project_folder, "--model", tiny_model_folder).exit_code == 0
    content = json.loads((project_folder / "export" / "annotations.json").read_text())
    assert [category["name"] for category in content["categories"]] == ["ball", "object"]
    assert [annotation["category_id"] for annotation in content["annotations"]] == [1, 2, 1, 2]


def test_exports_of_done_images_need_no_model(project_folder: Path, tmp_path: Path, two_discs_labels: LabelMap) -> None:
    arguments = ("--only-done", "-o", tmp_path / "out", "--model", tmp_path / "nowhere")
    assert run("export", project_folder, "--format", "voc", *arguments).exit_code == 0
    objects = read_label_map(tmp_path / "out" / "SegmentationObject" / "one.png")
    np.testing.assert_array_equal(objects, read_label_map(project_folder / "one.png"))
    assert (objects == two_discs_labels).mean() > 0.95
    assert run("export", project_folder, "--format", "masks", *arguments).exit_code == 0
    assert (read_image(tmp_path / "out" / "one-1-red_disc.png")[:, :, 0] > 0).sum() == (objects == 1).sum()
    assert not (tmp_path / "out" / "two-1-red_disc.png").exists()


def test_a_project_without_annotations_exports_nothing_and_says_so(tmp_path: Path, two_discs_file: Path) -> None:
    Project.open(two_discs_file, tmp_path / "output")
    result = run("export", tmp_path / "output")
    assert result.exit_code == 9
    assert "annotate some first" in result.output


def test_a_broken_journal_stops_the_export(project_folder: Path) -> None:
    (project_folder / "journals" / "two.png.jsonl").write_bytes(b"noise")
    result = run("export", project_folder)
    assert result.exit_code == 12
    assert "two.png" in result.output


def test_objects_that_changed_most_come_first() -> None:
    old = np.array([[1, 1, 1, 1], [2, 2, 0, 255]])
    new = np.array([[1, 1, 1, 0], [3, 0, 0, 0]])
    assert object_changes(old, new) == (
        ObjectChange(2, 0.0, 2, 0),
        ObjectChange(3, 0.0, 0, 1),
        ObjectChange(1, 0.75, 4, 3),
    )


def test_maps_of_different_sizes_are_refused() -> None:
    with pytest.raises(MaskError):
        object_changes(np.zeros((2, 2), dtype=np.int32), np.zeros((3, 2), dtype=np.int32))


def test_formats_splits_and_classes_are_options_of_the_command(project_folder: Path, tiny_model_folder: Path) -> None:
    options = ("--split", "train=1", "--split", "val=1", "--class", "red disc", "--model", tiny_model_folder)
    result = run("export", project_folder, "--format", "yolo,coco", "-o", project_folder / "data", *options)
    assert result.exit_code == 0, result.output
    assert "2 images, 2 objects" in result.output
    manifest = json.loads((project_folder / "data" / "manifest.json").read_text())
    assert {name: split["images"] for name, split in manifest["splits"].items()} == {"train": 1, "val": 1}
    assert manifest["model"] == "tiny 1"
    assert len(list((project_folder / "data" / "yolo" / "images").glob("*/*.png"))) == 2
    assert len(list((project_folder / "data" / "coco" / "annotations").glob("instances_*.json"))) == 2


def test_the_check_comes_first_and_strict_writes_nothing(project_folder: Path, tiny_model_folder: Path) -> None:
    settings = ProjectSettings(classes=(ObjectClass(name="cat"),))
    Project.reopen(project_folder).change_settings(settings)
    model = ("--model", tiny_model_folder)
    assert "no object has the class cat" in run("export", project_folder, "--check", *model).output
    assert run("export", project_folder, "--strict", *model).exit_code == 12
    assert not (project_folder / "export").exists()
    assert "check: no object has the class cat" in run("export", project_folder, *model).output


@pytest.mark.parametrize("split", ["train", "=1", "train=", "train=0"])
def test_a_split_that_is_none_is_refused(project_folder: Path, split: str) -> None:
    assert run("export", project_folder, "--only-done", "--split", split).exit_code in (2, 10)


def test_python_exports_the_same(project_folder: Path, tmp_path: Path) -> None:
    report = s2m.export(project_folder, ["tiff", "npz"], tmp_path / "out", only_done=True)
    assert (report.images, report.objects) == (1, 2)
    with np.load(tmp_path / "out" / "npz" / "one.npz", allow_pickle=False) as arrays:
        np.testing.assert_array_equal(arrays["label_map"], read_label_map(project_folder / "one.png"))
        assert arrays["probs"].shape[0] == 2
        assert 0 <= arrays["probs"].min() <= arrays["probs"].max() <= 1
