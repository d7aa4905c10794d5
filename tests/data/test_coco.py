from __future__ import annotations

import json
import tracemalloc
from pathlib import Path

import numpy as np
import pytest

from s2m.data.coco import read_instances
from s2m.data.labelled_images import IGNORE, MAX_OBJECTS
from s2m.errors import DataError


def test_smaller_objects_lie_over_larger_ones_and_crowds_are_ignored(coco_file: Path) -> None:
    (only,) = read_instances(coco_file, coco_file.parent)
    image, label = only.load()
    assert (only.name, only.kind, image.shape[:2]) == ("street", "instance", label.shape)
    assert label[15, 15] == 1
    assert label[25, 25] == 2
    assert label[65, 50] == IGNORE
    assert label[5, 5] == 0
    assert (label > 0).sum() == pytest.approx(2000 + 12 * 96, abs=60)


def test_annotations_up_to_the_least_area_are_left_out(coco_file: Path) -> None:
    (only,) = read_instances(coco_file, coco_file.parent, area_over=100.0)
    assert set(np.unique(only.read_label())) == {0, 1, IGNORE}


def test_images_without_objects_are_left_out(coco_file: Path) -> None:
    assert read_instances(coco_file, coco_file.parent, area_over=1e6) == ()


def test_compressed_run_lengths_are_read(coco_file: Path) -> None:
    from pycocotools import mask as coco_mask

    content = json.loads(coco_file.read_text())
    wanted = np.zeros((72, 96), dtype=np.uint8)
    wanted[3:9, 4:20] = 1
    counts = coco_mask.encode(np.asfortranarray(wanted))["counts"].decode()
    content["annotations"] = [{"id": 1, "image_id": 7, "segmentation": {"size": [72, 96], "counts": counts}}]
    coco_file.write_text(json.dumps(content))
    (only,) = read_instances(coco_file, coco_file.parent, area_over=95.0)
    np.testing.assert_array_equal(only.read_label(), wanted)


@pytest.mark.parametrize("name", ["STREET.JPG", "Street.jpg"])
def test_images_are_found_whatever_the_case_of_their_letters(coco_file: Path, name: str) -> None:
    (photograph,) = (path for path in coco_file.parent.rglob("*") if path.stem == "street" and path != coco_file)
    moved = photograph.rename(photograph.with_name(name))
    (only,) = read_instances(coco_file, coco_file.parent)
    assert only.image_path == moved
    assert only.load()[0].shape[:2] == only.read_label().shape


def test_more_objects_than_a_label_holds_lose_the_smallest(coco_file: Path) -> None:
    content = json.loads(coco_file.read_text())
    content["annotations"] = [
        {"id": i, "image_id": 7, "area": 1.0 + i, "segmentation": [[0, 0, 96, 0, 96, 72, 0, 72]]} for i in range(300)
    ]
    coco_file.write_text(json.dumps(content))
    (only,) = read_instances(coco_file, coco_file.parent)
    assert only.read_label().max() == MAX_OBJECTS


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("", "damaged after 0 images"),
        ('{"images": [{"id": 1, "file_name": "a.jpg", "height": 2', "damaged"),
        ('{"licences": []}', "holds no images"),
        ('{"images": [{"height": 2}]}', "lacks 'id'"),
    ],
    ids=["empty", "cut", "foreign", "no-id"],
)
def test_files_of_another_form_are_data_errors(coco_file: Path, text: str, words: str) -> None:
    coco_file.write_text(text)
    with pytest.raises(DataError, match=words):
        read_instances(coco_file, coco_file.parent)


def test_a_malformed_mask_names_its_annotation(coco_file: Path) -> None:
    content = json.loads(coco_file.read_text())
    content["annotations"][0]["segmentation"] = {"size": [5, 5], "counts": [25]}
    coco_file.write_text(json.dumps(content))
    with pytest.raises(DataError, match=r"annotation 1 of street\.jpg is malformed"):
        read_instances(coco_file, coco_file.parent)


@pytest.mark.parametrize(
    ("counts", "words"), [("52203", "its runs cover"), ("PPPPPPPPPP", "its runs cover"), (7, "its runs cover")]
)
def test_compressed_run_lengths_of_another_size_are_malformed(coco_file: Path, counts: object, words: str) -> None:
    content = json.loads(coco_file.read_text())
    content["annotations"][0]["segmentation"] = {"size": [72, 96], "counts": counts}
    coco_file.write_text(json.dumps(content))
    with pytest.raises(DataError, match=rf"annotation 1 of street\.jpg is malformed \({words}"):
        read_instances(coco_file, coco_file.parent)


def test_every_malformed_entry_is_reported_and_the_others_are_read(coco_file: Path) -> None:
    content = json.loads(coco_file.read_text())
    content["images"].append({"id": 8, "height": 3})
    content["annotations"] += [
        {"id": 4, "image_id": 7, "segmentation": []},
        {"id": 5, "image_id": 99, "segmentation": [[0, 0, 9, 0, 9, 9]]},
        {"id": 6},
        7,
    ]
    coco_file.write_text(json.dumps(content))
    problems: list[str] = []
    (only,) = read_instances(coco_file, coco_file.parent, report=problems.append)
    assert set(np.unique(only.read_label())) == {0, 1, 2, IGNORE}
    wanted = ("entry 1 of images lacks", "annotation 4 of street.jpg", "image 99", "entry 5 of ann", "entry 6 of ann")
    assert len(problems) == len(wanted)
    assert all(words in problem for words, problem in zip(wanted, problems, strict=True)), problems


def test_reading_needs_less_memory_than_the_file_is_long(coco_file: Path) -> None:
    """The polygons of an image are kept as run lengths; the JSON itself is never held as a whole."""
    angles = np.linspace(0, 2 * np.pi, 400, endpoint=False)
    polygon = np.stack([48 + 30 * np.cos(angles), 36 + 30 * np.sin(angles)], axis=1).ravel().tolist()
    content = json.loads(coco_file.read_text())
    content["annotations"] = [{"id": i, "image_id": 7, "area": 2800.0, "segmentation": [polygon]} for i in range(200)]
    coco_file.write_text(json.dumps(content))
    read_instances(coco_file, coco_file.parent)
    tracemalloc.start()
    read_instances(coco_file, coco_file.parent)
    peak = tracemalloc.get_traced_memory()[1]
    tracemalloc.stop()
    assert peak < coco_file.stat().st_size


@pytest.mark.parametrize("encoding", ["utf-8-sig", "utf-16", "utf-16-le", "utf-32"])
def test_instance_files_are_read_in_every_unicode_encoding(coco_file: Path, encoding: str) -> None:
    coco_file.write_bytes(coco_file.read_text().encode(encoding))
    (only,) = read_instances(coco_file, coco_file.parent)
    assert only.name == "street"


@pytest.mark.parametrize("content", [b"[" * 100_000, b'{"images": ' + b'{"a":' * 100_000, b"\xff\xfea", b"\xe9"])
def test_adversarial_json_is_one_line(coco_file: Path, content: bytes) -> None:
    coco_file.write_bytes(content)
    with pytest.raises(DataError) as caught:
        read_instances(coco_file, coco_file.parent)
    assert "\n" not in str(caught.value)
