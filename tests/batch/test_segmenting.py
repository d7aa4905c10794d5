from __future__ import annotations

import json
from pathlib import Path

import cv2
import numpy as np
import pytest
from click.testing import CliRunner, Result
from PIL import Image

from conftest import write_tiny_model
from s2m.batch.jobs import Job, Wanted, find_jobs
from s2m.batch.records import read_record
from s2m.batch.run import segment_jobs
from s2m.batch.segmenting import ModelSettings
from s2m.cli import main
from s2m.engine.edges import sharpened
from s2m.engine.models import OnnxModel
from s2m.engine.segmenter import Segmenter
from s2m.errors import StrokeError
from s2m.files.label_files import read_label_map, write_label_map
from s2m.files.stroke_files import write_strokes
from s2m.types import ByteArray, LabelMap, Stroke

RED = Stroke(np.array([[26.0, 48.0], [38.0, 48.0]]), 1)
BLUE = Stroke(np.array([[90.0, 48.0], [102.0, 48.0]]), 2)


@pytest.fixture
def job(two_discs_file: Path, tmp_path: Path) -> Job:
    write_strokes(tmp_path / "discs.json", [RED, BLUE], (96, 128))
    return Job(two_discs_file, tmp_path / "discs.json")


def status(job: Job, model: Path, wanted: Wanted) -> str:
    (outcome,) = segment_jobs([job], ModelSettings(model), wanted).outcomes
    assert outcome.error == ""
    return outcome.status


def test_an_image_is_skipped_while_image_strokes_model_and_wishes_are_the_same(
    job: Job, tiny_model_folder: Path, two_discs: ByteArray, tmp_path: Path
) -> None:
    wanted = Wanted(tmp_path / "out")
    assert status(job, tiny_model_folder, wanted) == "segmented"
    assert status(job, tiny_model_folder, wanted) == "skipped"

    assert job.strokes is not None
    write_strokes(job.strokes, [RED], (96, 128))
    assert status(job, tiny_model_folder, wanted) == "segmented"
    Image.fromarray(two_discs[:, ::-1]).save(job.image)
    assert status(job, tiny_model_folder, wanted) == "segmented"
    other_model = write_tiny_model(tmp_path / "other")
    (other_model / "notes.txt").write_text("changed")
    assert status(job, other_model, wanted) == "segmented"
    assert status(job, other_model, Wanted(wanted.folder, overlay=True, soft_masks=True)) == "segmented"
    assert status(job, other_model, Wanted(wanted.folder, overlay=True, soft_masks=True)) == "skipped"
    (wanted.folder / "discs-object-1.png").unlink()
    assert status(job, other_model, Wanted(wanted.folder, soft_masks=True)) == "segmented"
    (wanted.folder / "discs.png").write_bytes((wanted.folder / "discs.png").read_bytes()[:40])
    assert read_record(wanted.folder / "discs.png") is None
    assert status(job, other_model, wanted) == "segmented"


def test_boxes_give_an_object_a_line(
    job: Job, tiny_model_folder: Path, two_discs_labels: LabelMap, tmp_path: Path
) -> None:
    boxes = tmp_path / "discs.txt"
    boxes.write_text("0 0.25 0.5 0.34 0.46\n\n7 0.75 0.5 0.34 0.46 0.91\n")
    boxed = Job(job.image, None, boxes)

    assert status(boxed, tiny_model_folder, Wanted(tmp_path / "out")) == "segmented"
    assert (read_label_map(tmp_path / "out" / "discs.png") == two_discs_labels).mean() > 0.9

    for line, words in (
        ("0 0.5 0.5 0.1", "wanted"),
        ("0 0.5 0.5 0.1 x", "wanted"),
        ("0 50 50 10 10", "no shares"),
        ("0 0.5 0.5 nan 0.1", "no shares"),
        ("0 1.5 0.5 0.1 0.1", "outside"),
        ("0 0.5 0.5 0.1 0.1 0.3 0.3", "7 words"),
    ):
        boxes.write_text(f"0 0.5 0.5 0.5 0.5\n{line}\n")
        (outcome,) = segment_jobs([boxed], ModelSettings(tiny_model_folder), Wanted(tmp_path / "bad")).outcomes
        assert outcome.code == "strokes"
        assert f"{boxes}, line 2" in outcome.error
        assert words in outcome.error
    boxes.write_text("\n")
    (outcome,) = segment_jobs([boxed], ModelSettings(tiny_model_folder), Wanted(tmp_path / "bad")).outcomes
    assert "no boxes" in outcome.error
    assert not (tmp_path / "bad").exists()


def test_masks_alone_are_refined(job: Job, tiny_model_folder: Path, two_discs_labels: LabelMap, tmp_path: Path) -> None:
    write_label_map(tmp_path / "masks.png", two_discs_labels)
    masked = Job(job.image, None, None, tmp_path / "masks.png")

    assert status(masked, tiny_model_folder, Wanted(tmp_path / "out")) == "segmented"
    assert (read_label_map(tmp_path / "out" / "discs.png") == two_discs_labels).mean() > 0.95
    write_label_map(tmp_path / "masks.png", np.zeros_like(two_discs_labels))
    assert status(masked, tiny_model_folder, Wanted(tmp_path / "out")) == "segmented"
    assert not read_label_map(tmp_path / "out" / "discs.png").any()


def test_jobs_are_found_by_name_in_each_folder(job: Job, two_discs: ByteArray, tmp_path: Path) -> None:
    folders = {name: tmp_path / name for name in ("images", "strokes", "boxes", "masks")}
    for folder in folders.values():
        folder.mkdir()
    for name in ("a.jpg", "b.png", "c.png", "d.png"):
        Image.fromarray(two_discs).save(folders["images"] / name)
    for place in ("strokes/A.json", "strokes/a.png", "boxes/b.png.txt", "masks/a.png", "masks/c.png", "strokes/no.txt"):
        (tmp_path / place).touch()

    found = find_jobs(folders["images"], folders["strokes"], folders["boxes"], folders["masks"])

    names = [[None if path is None else path.name for path in (one.strokes, one.boxes, one.mask)] for one in found]
    assert names == [["A.json", None, "a.png"], [None, "b.png.txt", None]]
    assert [one.image.name for one in find_jobs(folders["images"], None, None, folders["masks"])] == ["a.jpg", "c.png"]
    with pytest.raises(StrokeError, match="--boxes must be one too"):
        find_jobs(folders["images"], None, job.image)


def segment(*arguments: object) -> Result:
    return CliRunner().invoke(main, ["segment", *map(str, arguments)])


def test_the_report_says_what_became_of_each_image(
    job: Job, tiny_model_folder: Path, two_discs: ByteArray, tmp_path: Path
) -> None:
    images, strokes = tmp_path / "images", tmp_path / "strokes"
    images.mkdir()
    assert job.strokes is not None
    for name in ("a", "b"):
        Image.fromarray(two_discs).save(images / f"{name}.png")
        strokes.mkdir(exist_ok=True)
        (strokes / f"{name}.json").write_bytes(job.strokes.read_bytes())
    options = ("--strokes", strokes, "-o", tmp_path / "out", "--model", tiny_model_folder, "--jobs", 1)
    report_options = ("--report", tmp_path / "report.json")
    assert segment(images, *options, *report_options).exit_code == 0
    (strokes / "b.json").write_text("{}")

    result = segment(images, *options, *report_options)

    assert result.exit_code == 12
    assert "0 of 2 images segmented" in result.stdout
    assert "1 were there already, 1 failed" in result.stdout
    report = json.loads((tmp_path / "report.json").read_text())
    assert report["format"] == "s2m-segment-report"
    assert (report["engine"], report["jobs"], report["model"]) == ("local", 1, "tiny 1")
    assert report["counts"] == {"failed": 1, "skipped": 1}
    first, second = report["images"]
    assert first == {"image": "a.png", "status": "skipped", "files": ["a.png"], "objects": [1, 2]}
    assert (second["image"], second["status"], second["error"]) == ("b.png", "failed", "strokes")
    assert "b.json" in second["message"]
    again = segment(images, *options, *report_options, "--again")
    assert "1 of 2 images segmented" in again.stdout


def test_a_command_without_anything_to_start_from_is_refused(job: Job) -> None:
    nothing = segment(job.image)
    assert nothing.exit_code == 2
    assert "--strokes, --boxes or --mask" in nothing.stderr
    assert segment(job.image, "--strokes", job.strokes, "--jobs", 2).exit_code == 2


def test_edges_on_a_large_photograph_are_sharp(
    tiny_model_folder: Path, tiny_model: OnnxModel, two_discs: ByteArray, tmp_path: Path
) -> None:
    large = np.asarray(cv2.resize(two_discs, (1600, 1200), interpolation=cv2.INTER_CUBIC), dtype=np.uint8)
    Image.fromarray(large).save(tmp_path / "large.png")
    stroke = Stroke(np.array([[350.0, 600.0], [450.0, 600.0]]), 1)
    write_strokes(tmp_path / "large.json", [stroke], (1200, 1600))
    job = Job(tmp_path / "large.png", tmp_path / "large.json")
    wanted = Wanted(tmp_path / "out")
    assert status(job, tiny_model_folder, wanted) == "segmented"
    segmenter = Segmenter(tiny_model)
    labels = segmenter.predict(segmenter.encode(large), [stroke]).label_map()
    written = read_label_map(tmp_path / "out" / "large.png")
    np.testing.assert_array_equal(written, sharpened(large, labels, (1,)))
    assert (written != labels).any()
