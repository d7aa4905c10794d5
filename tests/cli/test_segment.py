from __future__ import annotations

import json
import os
from pathlib import Path

import numpy as np
import pytest
from click.testing import CliRunner, Result
from PIL import Image

from s2m.cli import main
from s2m.engine.segmenter import Segmenter
from s2m.files.images import read_image
from s2m.files.label_files import read_label_map, write_label_map
from s2m.files.stroke_files import write_strokes
from s2m.networks.loading import load_model
from s2m.types import BACKGROUND_ID, ByteArray, LabelMap, Stroke

SIZE_HW = (96, 128)
RED_STROKE = Stroke(np.array([[26.0, 48.0], [38.0, 48.0]]), 1)
BLUE_STROKE = Stroke(np.array([[90.0, 48.0], [102.0, 48.0]]), 2)


@pytest.fixture
def strokes_file(tmp_path: Path) -> Path:
    path = tmp_path / "discs.json"
    write_strokes(path, [RED_STROKE, BLUE_STROKE], SIZE_HW)
    return path


def segment(model: Path, *arguments: str | Path) -> Result:
    options = ["--model", str(model), "--threads", "1"]
    return CliRunner().invoke(main, ["segment", *(str(argument) for argument in arguments), *options])


def error_of(result: Result, exit_code: int) -> str:
    """The one line that an error gives."""
    assert result.exit_code == exit_code, result.output
    assert isinstance(result.exception, SystemExit)
    assert result.stderr.startswith("Error: ")
    return result.stderr


def test_the_label_map_on_disk_is_that_of_the_segmenter(
    tiny_model_folder: Path, two_discs_file: Path, strokes_file: Path, tmp_path: Path
) -> None:
    result = segment(tiny_model_folder, two_discs_file, "--strokes", strokes_file, "-o", tmp_path / "out")

    assert result.exit_code == 0, result.output
    assert [path.name for path in (tmp_path / "out").iterdir()] == ["discs.png"]
    segmenter = Segmenter(load_model(tiny_model_folder, 1))
    wanted = segmenter.predict(segmenter.encode(read_image(two_discs_file)), [RED_STROKE, BLUE_STROKE]).label_map()
    assert (read_label_map(tmp_path / "out" / "discs.png") == wanted).all()
    assert set(np.unique(wanted)) == {0, 1, 2}


def test_overlay_and_soft_masks_are_written_on_request(
    tiny_model_folder: Path, two_discs_file: Path, strokes_file: Path, tmp_path: Path
) -> None:
    options = ("--strokes", strokes_file, "-o", tmp_path / "out", "--overlay", "--soft-masks")
    result = segment(tiny_model_folder, two_discs_file, *options)

    assert result.exit_code == 0, result.output
    names = {"discs.png", "discs-overlay.jpg", "discs-object-1.png", "discs-object-2.png"}
    assert {path.name for path in (tmp_path / "out").iterdir()} == names
    assert read_image(tmp_path / "out" / "discs-overlay.jpg").shape == (*SIZE_HW, 3)
    soft = np.asarray(Image.open(tmp_path / "out" / "discs-object-2.png"))
    assert soft[48, 96] > 200
    assert soft[48, 32] < 50


def test_a_scribble_picture_does_what_strokes_do(
    tiny_model_folder: Path, two_discs_file: Path, two_discs_labels: LabelMap, tmp_path: Path
) -> None:
    scribbles = np.zeros(SIZE_HW, np.int32)
    scribbles[46:50, 26:38], scribbles[46:50, 90:102] = 1, 2
    write_label_map(tmp_path / "scribbles.png", scribbles)

    result = segment(tiny_model_folder, two_discs_file, "--strokes", tmp_path / "scribbles.png", "-o", tmp_path / "out")

    assert result.exit_code == 0, result.output
    got = read_label_map(tmp_path / "out" / "discs.png")
    assert (got == two_discs_labels).mean() > 0.9


def test_foreground_and_background_scribbles_give_one_object(
    tiny_model_folder: Path, two_discs_file: Path, two_discs_labels: LabelMap, tmp_path: Path
) -> None:
    scribbles = np.zeros(SIZE_HW, np.int32)
    scribbles[46:50, 26:38], scribbles[46:50, 90:102] = 1, 2
    write_label_map(tmp_path / "scribbles.png", scribbles)
    options = ("--scribbles", "foreground-background", "-o", tmp_path / "out")

    result = segment(tiny_model_folder, two_discs_file, "--strokes", tmp_path / "scribbles.png", *options)

    assert result.exit_code == 0, result.output
    got = read_label_map(tmp_path / "out" / "discs.png")
    assert set(np.unique(got)) == {0, 1}
    assert ((got == 1) == (two_discs_labels == 1)).mean() > 0.9


def test_a_mask_is_where_the_strokes_start_from(
    tiny_model_folder: Path, two_discs_file: Path, two_discs_labels: LabelMap, tmp_path: Path
) -> None:
    write_label_map(tmp_path / "mask.png", two_discs_labels)
    write_strokes(tmp_path / "a.json", [Stroke(np.array([[5.0, 5.0]]), BACKGROUND_ID)], SIZE_HW)
    options = ("--strokes", tmp_path / "a.json", "--mask", tmp_path / "mask.png", "-o", tmp_path / "out")

    result = segment(tiny_model_folder, two_discs_file, *options)

    assert result.exit_code == 0, result.output
    assert set(np.unique(read_label_map(tmp_path / "out" / "discs.png"))) >= {1, 2}


def test_a_folder_is_segmented_and_images_without_strokes_are_left_out(
    tiny_model_folder: Path, two_discs: ByteArray, strokes_file: Path, tmp_path: Path
) -> None:
    images, strokes = tmp_path / "images", tmp_path / "strokes"
    images.mkdir()
    strokes.mkdir()
    for name in ("a.png", "b.jpg", "c.png"):
        Image.fromarray(two_discs).save(images / name)
    for name in ("a.json", "b.json"):
        (strokes / name).write_bytes(strokes_file.read_bytes())

    result = segment(tiny_model_folder, images, "--strokes", strokes, "-o", tmp_path / "out")

    assert result.exit_code == 0, result.output
    assert {path.name for path in (tmp_path / "out").iterdir()} == {"a.png", "b.png"}
    assert "2 of 2 images segmented" in result.stdout


def test_one_bad_image_does_not_stop_the_others_and_is_named_at_the_end(
    tiny_model_folder: Path, two_discs: ByteArray, strokes_file: Path, tmp_path: Path
) -> None:
    images, strokes = tmp_path / "images", tmp_path / "strokes"
    images.mkdir()
    strokes.mkdir()
    (images / "a.jpg").write_text("not an image")
    for name in ("b.png", "c.png"):
        Image.fromarray(two_discs).save(images / name)
    (strokes / "a.json").write_bytes(strokes_file.read_bytes())
    (strokes / "b.json").write_bytes(strokes_file.read_bytes())
    (strokes / "c.json").write_text("{}")

    result = segment(tiny_model_folder, images, "--strokes", strokes, "-o", tmp_path / "out")

    assert result.exit_code == 12
    assert [path.name for path in (tmp_path / "out").iterdir()] == ["b.png"]
    assert "1 of 3 images segmented" in result.stdout
    assert "2 of 3 images failed" in result.stderr
    assert "a.jpg: " in result.stderr
    assert "c.png: " in result.stderr


def test_two_images_that_would_share_an_output_are_refused_beforehand(
    tiny_model_folder: Path, two_discs: ByteArray, strokes_file: Path, tmp_path: Path
) -> None:
    images = tmp_path / "images"
    images.mkdir()
    for name in ("discs.png", "discs.jpg"):
        Image.fromarray(two_discs).save(images / name)

    result = segment(tiny_model_folder, images, "--strokes", strokes_file.parent, "-o", tmp_path / "out")

    assert "would be written to one file" in error_of(result, 7)
    assert not (tmp_path / "out").exists()


def test_an_output_never_replaces_an_input(tiny_model_folder: Path, two_discs_file: Path, strokes_file: Path) -> None:
    before = two_discs_file.read_bytes()

    result = segment(tiny_model_folder, two_discs_file, "--strokes", strokes_file, "-o", two_discs_file.parent)

    assert "would replace an input" in error_of(result, 7)
    assert two_discs_file.read_bytes() == before


def test_bad_images_are_one_line(tiny_model_folder: Path, strokes_file: Path, tmp_path: Path) -> None:
    (tmp_path / "empty.jpg").touch()
    (tmp_path / "text.jpg").write_text("hello")
    noise = np.random.default_rng(1).integers(0, 255, (64, 64, 3), dtype=np.uint8)
    Image.fromarray(noise).save(tmp_path / "cut.jpg")
    (tmp_path / "cut.jpg").write_bytes((tmp_path / "cut.jpg").read_bytes()[:2000])

    for name, message in (
        ("nowhere.jpg", "does not exist"),
        ("empty.jpg", "is empty"),
        ("text.jpg", "not an image"),
        ("cut.jpg", "truncated"),
    ):
        result = segment(tiny_model_folder, tmp_path / name, "--strokes", strokes_file, "-o", tmp_path / "out")
        assert message in error_of(result, 3)
        assert result.stderr.count("\n") == 1
    assert not (tmp_path / "out").exists()


def test_bad_strokes_masks_and_models_are_one_line(
    tiny_model_folder: Path, two_discs_file: Path, strokes_file: Path, tmp_path: Path
) -> None:
    file = json.loads(strokes_file.read_text())
    (tmp_path / "version.json").write_text(json.dumps({**file, "version": 99}))
    (tmp_path / "none.json").write_text(json.dumps({**file, "strokes": []}))
    write_label_map(tmp_path / "small.png", np.ones((5, 5), np.int32))
    output = ("-o", tmp_path / "out")

    unknown = segment(tiny_model_folder, two_discs_file, "--strokes", tmp_path / "version.json", *output)
    assert "version 99" in error_of(unknown, 4)
    empty = segment(tiny_model_folder, two_discs_file, "--strokes", tmp_path / "none.json", *output)
    assert "holds no strokes" in error_of(empty, 4)
    mask = ("--mask", tmp_path / "small.png")
    small = segment(tiny_model_folder, two_discs_file, "--strokes", strokes_file, *mask, *output)
    assert "has 5 x 5 pixels, its image 128 x 96" in error_of(small, 5)
    nowhere = segment(tmp_path / "nowhere", two_discs_file, "--strokes", strokes_file, *output)
    assert "model.json does not exist" in error_of(nowhere, 6)
    assert not (tmp_path / "out").exists()


def test_folders_and_files_must_match(
    tiny_model_folder: Path, two_discs_file: Path, strokes_file: Path, tmp_path: Path
) -> None:
    other = tmp_path / "other"
    other.mkdir()

    file_for_folder = segment(tiny_model_folder, tmp_path, "--strokes", strokes_file)
    assert "--strokes must be one too" in error_of(file_for_folder, 4)
    none_match = segment(tiny_model_folder, tmp_path, "--strokes", other)
    assert "wanted NAME.json or NAME.png" in error_of(none_match, 4)
    folder_for_file = segment(tiny_model_folder, two_discs_file, "--strokes", other)
    assert folder_for_file.exit_code == 4


def test_an_output_folder_that_cannot_be_written_to_is_one_line_and_leaves_nothing(
    tiny_model_folder: Path,
    two_discs_file: Path,
    strokes_file: Path,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    (tmp_path / "file").touch()
    result = segment(tiny_model_folder, two_discs_file, "--strokes", strokes_file, "-o", tmp_path / "file")
    assert "choose another folder with -o" in error_of(result, 7)

    def full(_: int) -> None:
        raise OSError(28, os.strerror(28))

    monkeypatch.setattr("s2m.files.atomic.os.fsync", full)
    result = segment(tiny_model_folder, two_discs_file, "--strokes", strokes_file, "-o", tmp_path / "out")
    assert "disk is full" in error_of(result, 7)
    assert list((tmp_path / "out").iterdir()) == []
