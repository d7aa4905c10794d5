from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from disc_network import DiscAnswerer
from PIL import Image

from annotations import coco_file, hard_image, image_of
from s2m.errors import DataError, JournalError, MaskError
from s2m.files.formats.recognition import source_of
from s2m.files.label_files import read_label_map, write_label_map
from s2m.session import AnnotationState, DrawnStroke, ImportMasks, Project
from s2m.session.apply import apply
from s2m.session.imports import base_name, command_of, import_masks, matching
from s2m.session.state import initial_state


class NoNetwork(DiscAnswerer):
    def __call__(self, *_: Any) -> Any:
        raise AssertionError


def imported(command: ImportMasks) -> AnnotationState:
    return apply(initial_state("a.jpg", command.size_hw, "exclusive"), command, NoNetwork())


def test_a_coco_file_gives_the_masks_of_an_image_the_smaller_over_the_larger(tmp_path: Path) -> None:
    small, large = np.zeros((8, 9), dtype=bool), np.zeros((8, 9), dtype=bool)
    small[2:4, 2:4] = True
    large[1:7, 1:7] = True
    image = image_of("photo.jpg", small, large, class_names=["class 1", "class 2"])
    source = source_of(coco_file(tmp_path / "coco.json", [image]))
    assert list(source.names()) == ["photo.jpg"]
    command = command_of(source, "photo.jpg", (8, 9), "masks")
    assert [(named.object_id, named.class_name) for named in command.masks] == [(2, "class 2"), (1, "class 1")]
    np.testing.assert_array_equal(command.masks[0].mask.unpack((8, 9)), large)


@pytest.mark.parametrize("content", ["no json", "[]", '{"images": []}', '{"images": 1, "annotations": []}'])
def test_what_is_no_coco_file_is_refused(tmp_path: Path, content: str) -> None:
    (tmp_path / "coco.json").write_text(content)
    with pytest.raises(DataError, match=r"coco\.json"):
        source_of(tmp_path / "coco.json", "coco")


@pytest.mark.parametrize(
    "segmentation", [[[1, 2, 3]], {"counts": [5]}, {"counts": "zz"}, {"size": [2, 2]}, [["x", "y"]], [], None]
)
def test_a_mask_that_cannot_be_decoded_is_named(tmp_path: Path, segmentation: object) -> None:
    content = {
        "images": [{"id": 1, "file_name": "photo.jpg"}],
        "categories": [{"id": 1, "name": "cat"}],
        "annotations": [{"id": 5, "image_id": 1, "category_id": 1, "segmentation": segmentation}],
    }
    (tmp_path / "coco.json").write_text(json.dumps(content))
    source = source_of(tmp_path / "coco.json")
    with pytest.raises(DataError, match="annotation 5"):
        command_of(source, "photo.jpg", (8, 9), "masks")


def test_a_folder_of_label_maps_gives_masks_by_name(tmp_path: Path) -> None:
    labels = np.zeros((6, 7), dtype=np.int32)
    labels[1:3, 1:3] = 4
    write_label_map(tmp_path / "photo.png", labels)
    source = source_of(tmp_path)
    assert [named.object_id for named in command_of(source, "photo", (6, 7), "masks").masks] == [4]
    with pytest.raises((DataError, MaskError), match="60"):
        command_of(source, "photo", (60, 70), "masks")


def test_strokes_of_a_file_are_those_before_masks_are_kept(tmp_path: Path) -> None:
    source = source_of(coco_file(tmp_path / "coco.json", [hard_image("a.jpg")]))
    command = command_of(source, "a.jpg", (48, 64), "masks")
    state = imported(command)
    assert [(stroke.object_id, stroke.sign) for stroke in state.past_strokes] == [
        (stroke.object_id, stroke.sign) for stroke in command.strokes
    ]
    assert len(state.past_strokes) == 3
    assert state.strokes == ()


def test_strokes_of_objects_that_do_not_come_stay_away_and_keys_are_their_own() -> None:
    stroke = DrawnStroke(points=((1, 1),), object_id=3)
    assert imported(ImportMasks(source="x", size_hw=(4, 4), masks=(), strokes=(stroke,))).past_strokes == ()
    with pytest.raises(JournalError, match="key"):
        imported(ImportMasks(source="x", size_hw=(4, 4), masks=(), strokes=(stroke, stroke)))


@pytest.mark.parametrize(
    ("names", "images", "found"),
    [
        (["a.jpg"], ["a.jpg", "b.jpg"], {"a.jpg": "a.jpg"}),
        (["cam0/a.jpg"], ["a.jpg"], {"a.jpg": "cam0/a.jpg"}),
        (["C:\\x\\a.jpg"], ["a.jpg"], {"a.jpg": "C:\\x\\a.jpg"}),
        (["http://host/x/a%20b.jpg?size=1"], ["a b.jpg"], {"a b.jpg": "http://host/x/a%20b.jpg?size=1"}),
        (["A.JPG"], ["a.jpg"], {"a.jpg": "A.JPG"}),
        (["a.png"], ["a.jpg"], {"a.jpg": "a.png"}),
        (["photo.v2"], ["photo.v2.jpg"], {"photo.v2.jpg": "photo.v2"}),
        (["a.jpg", "a.png"], ["a.jpg", "a.png"], {"a.jpg": "a.jpg", "a.png": "a.png"}),
        (["a"], ["a.jpg", "a.png"], {}),
        (["cam0/a.jpg", "cam1/a.jpg"], ["a.jpg"], {}),
        (["a.tif", "a.png"], ["a.jpg"], {}),
    ],
)
def test_images_are_found_by_name_where_that_is_clear(
    names: list[str], images: list[str], found: dict[str, str]
) -> None:
    assert dict(matching(names, images).found) == found


def test_two_images_of_one_name_are_an_error_and_not_a_guess() -> None:
    (failure,) = matching(["cam0/a.jpg", "cam1/a.jpg"], ["a.jpg", "b.jpg"]).failures
    assert "cam0/a.jpg, cam1/a.jpg" in failure
    assert base_name("a\\b/c.png") == "c.png"


def test_an_import_that_was_killed_anywhere_is_finished_by_the_next_run(tmp_path: Path) -> None:
    labels = np.zeros((24, 32), dtype=np.int32)
    labels[4:20, 4:20] = 1
    (tmp_path / "photos").mkdir()
    Image.new("RGB", (32, 24)).save(tmp_path / "photos" / "a.png")
    (tmp_path / "masks").mkdir()
    write_label_map(tmp_path / "masks" / "a.png", labels)
    whole = Project.open(tmp_path / "photos", tmp_path / "whole")
    import_masks(whole, tmp_path / "masks")
    journal = whole.journal_path("a.png").read_bytes()
    for length in range(0, len(journal) + 1, 7):
        output = tmp_path / f"out-{length}"
        killed = output / "journals" / "a.png.jsonl"
        killed.parent.mkdir(parents=True)
        killed.write_bytes(journal[:length])
        project = Project.open(tmp_path / "photos", output)
        report = import_masks(project, tmp_path / "masks")
        assert report.failures == ()
        np.testing.assert_array_equal(read_label_map(output / "a.png"), labels)
        assert not Project.open(tmp_path / "photos", output).is_behind("a.png")
