from __future__ import annotations

import json
from pathlib import Path

import numpy as np
import pytest
from click.testing import CliRunner, Result
from PIL import Image, ImageFilter

from annotations import coco_file, hard_image
from s2m import export
from s2m.cli import main
from s2m.files.label_files import read_label_map, write_label_map
from s2m.session import Project, read_journal


@pytest.fixture
def photos(tmp_path: Path) -> Path:
    folder = tmp_path / "photos"
    folder.mkdir()
    for name in ("a.jpg", "b.jpg"):
        Image.new("RGB", (12, 10)).save(folder / name)
    labels = np.zeros((10, 12), dtype=np.int32)
    labels[2:5, 3:8] = 1
    labels[7:9, 1:3] = 6
    write_label_map(tmp_path / "masks" / "a.png", labels)
    return folder


def run(photos: Path, *further: str, masks: str = "masks") -> Result:
    root = photos.parent
    arguments = ["import", str(photos), str(root / masks), "-o", str(root / "output"), *further]
    return CliRunner().invoke(main, arguments, catch_exceptions=False)


def test_masks_of_a_folder_become_the_starting_masks(photos: Path) -> None:
    result = run(photos)
    assert result.exit_code == 0, result.output
    assert "1 of 2 images imported" in result.output
    output = photos.parent / "output"
    np.testing.assert_array_equal(read_label_map(output / "a.png"), read_label_map(photos.parent / "masks" / "a.png"))
    assert not (output / "b.png").exists()
    state = Project.reopen(output).kept_state("a.jpg")
    assert state is not None
    assert state.object_ids == (1, 6)
    assert state.start.exact


def test_annotated_images_are_left_alone_unless_asked_for(photos: Path) -> None:
    run(photos)
    journal = photos.parent / "output" / "journals" / "a.jpg.jsonl"
    assert "1 annotated already" in run(photos).output
    assert len(read_journal(journal).lines) == 1
    assert run(photos, "--again").exit_code == 0
    assert len(read_journal(journal).lines) == 2


def test_a_mask_of_another_size_is_named_and_nothing_is_written_for_it(photos: Path) -> None:
    write_label_map(photos.parent / "masks" / "b.png", np.ones((3, 3), dtype=np.int32))
    result = run(photos)
    assert result.exit_code == 12
    assert "b.png has 3 x 3 pixels" in result.output
    assert (photos.parent / "output" / "a.png").exists()
    assert not (photos.parent / "output" / "b.png").exists()


def test_masks_without_images_are_an_error(photos: Path) -> None:
    (photos.parent / "none").mkdir()
    result = run(photos, masks="none")
    assert result.exit_code == 9
    assert "names must agree" in result.output


def test_a_project_is_named_by_its_folder_and_finished_masks_are_done(photos: Path) -> None:
    output = photos.parent / "output"
    Project.open(photos, output)
    result = CliRunner().invoke(main, ["import", str(output), str(photos.parent / "masks"), "--finished"])
    assert result.exit_code == 0, result.output
    assert {entry.name: entry.status for entry in Project.reopen(output).images} == {
        "a.jpg": "done",
        "b.jpg": "untouched",
    }


def test_bad_entries_are_named_and_the_rest_comes_in(photos: Path) -> None:
    square = [[2, 2, 6, 2, 6, 6, 2, 6]]
    annotations = [
        {"id": 7, "image_id": 1, "category_id": 1, "segmentation": square, "iscrowd": 0},
        {"id": 8, "image_id": 99, "category_id": 1, "segmentation": square},
        {"id": 9, "image_id": 1, "category_id": 1, "segmentation": [[1, 2, 3]]},
        {"id": 10, "image_id": 2, "category_id": 1, "segmentation": square, "iscrowd": 1},
    ]
    images = [{"id": 1, "file_name": "x/a.jpg", "width": 12, "height": 10}, {"id": 2, "file_name": "b.jpg"}]
    content = {"images": images, "annotations": annotations, "categories": [{"id": 1, "name": "cat"}]}
    (photos.parent / "coco.json").write_text(json.dumps(content))
    result = run(photos, masks="coco.json")
    assert result.exit_code == 0, result.output
    assert "2 of 2 images imported" in result.output
    assert "2 entries" in result.output
    assert "annotation 8 is left out: its image 99 is not in the file" in result.output
    assert "annotation 9 of x/a.jpg is left out" in result.output
    assert "1 of 2 images imported" in run(photos, "--again", "--without-crowds", masks="coco.json").output


def test_python_imports_what_it_exported_strokes_and_all(photos: Path, tmp_path: Path) -> None:
    image = hard_image("a.jpg")
    Image.new("RGB", (64, 48)).save(photos / "a.jpg")
    coco_file(tmp_path / "all.json", [image])
    project = Project.open(photos, tmp_path / "project")
    report = project.import_masks(tmp_path / "all.json")
    assert (report.imported, report.without_masks, report.problems) == (("a.jpg",), 1, ())
    state = project.kept_state("a.jpg")
    assert state is not None
    assert [one.class_name for one in state.objects if one.object_id == 1] == ["ring"]
    assert [stroke.points for stroke in state.past_strokes] == [
        *(stroke.points for stroke in image.background_strokes),
        *(stroke.points for one in state.objects for stroke in image.objects[one.object_id - 1].strokes),
    ]
    for one in image.objects:
        np.testing.assert_array_equal(state.object_mask(one.object_id), one.mask.whole((48, 64)))
    export(project, "npz", tmp_path / "again")
    with np.load(tmp_path / "again" / "a.npz") as arrays:
        np.testing.assert_array_equal(arrays["label_map"], image.label_map())
        assert json.loads(str(arrays["about"]))["strokes"]


def test_a_format_is_named_where_it_is_not_recognised(photos: Path) -> None:
    assert run(photos, "--format", "yolo").exit_code == 9
    assert run(photos, "--format", "label-maps").exit_code == 0
    assert run(photos, "--format", "cocoa").exit_code == 2


def test_a_smoothed_mask_is_asked_about_and_read_where_its_kind_is_said(photos: Path) -> None:
    mask = np.zeros((10, 12), dtype=np.uint8)
    mask[3:7, 3:9] = 255
    soft = Image.fromarray(mask).filter(ImageFilter.GaussianBlur(1))
    soft.save(photos.parent / "masks" / "a.png")
    refused = run(photos)
    assert refused.exit_code == 12
    assert "use --mask-kind binary" in refused.output
    assert run(photos, "--mask-kind", "binary").exit_code == 0
    assert set(np.unique(read_label_map(photos.parent / "output" / "a.png"))) == {0, 1}


def test_masks_lie_in_folders_too_and_two_that_are_as_good_are_refused(photos: Path) -> None:
    masks = photos.parent / "masks"
    (masks / "inner").mkdir()
    (masks / "a.png").rename(masks / "inner" / "A.PNG")
    (masks / "._a.png").write_bytes(b"\0")
    assert run(photos).exit_code == 0
    (masks / "other").mkdir()
    (masks / "other" / "A.PNG").write_bytes((masks / "inner" / "A.PNG").read_bytes())
    result = run(photos, "--again")
    assert result.exit_code == 12
    assert "its mask may be" in result.output


def test_names_that_cannot_be_kept_are_named_and_the_others_go_on(
    photos: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("s2m.files.heif.is_installed", lambda: False)
    for name in ("caf\udce9.jpg", "é" * 122 + ".jpg", "c.heic"):
        (photos / name).write_bytes((photos / "a.jpg").read_bytes())
    result = run(photos)
    assert result.exit_code == 0
    assert "1 of 2 images imported" in result.output
    assert r'"caf\xe9.jpg" left out: its name is not UTF-8' in result.stderr
    assert "its name has 248 bytes" in result.stderr
    assert "1 file .heic left out" in result.stderr


@pytest.mark.parametrize("length", [197, 220, 236])
def test_long_names_are_imported(photos: Path, length: int) -> None:
    name = "x" * length
    (photos / "a.jpg").rename(photos / f"{name}.jpg")
    (photos.parent / "masks" / "a.png").rename(photos.parent / "masks" / f"{name}.png")
    result = run(photos)
    assert result.exit_code == 0, result.output
    assert (photos.parent / "output" / f"{name}.png").exists()


@pytest.mark.parametrize("name", ["caf\udce9.jpg", "é" * 122 + ".jpg"])
def test_an_image_alone_whose_name_cannot_be_kept_is_one_line(photos: Path, name: str) -> None:
    (photos / "a.jpg").rename(photos / name)
    root = photos.parent
    arguments = ["import", str(photos / name), str(root / "masks"), "-o", str(root / "output")]
    result = CliRunner().invoke(main, arguments, catch_exceptions=False)
    assert result.exit_code == 3
    assert "rename it" in result.output
