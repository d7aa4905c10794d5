from __future__ import annotations

import json
from pathlib import Path

import numpy as np
import pytest
from disc_network import DiscAnswerer
from PIL import Image

from s2m.engine.models import OnnxModel
from s2m.engine.segmenter import Segmenter
from s2m.errors import BatchError, ConfigError, DataError
from s2m.files.formats.annotation import ORIENTATION
from s2m.files.formats.recognition import source_of
from s2m.files.formats.table import FORMATS
from s2m.files.label_files import read_label_map
from s2m.session import Draw, DrawnStroke, MarkImage, Project
from s2m.session.exports import as_sentences, check_export, export


@pytest.fixture
def project(tmp_path: Path) -> Project:
    """Two images of discs, the first of them done, the second with an object that has no pixel."""
    photos = tmp_path / "photos"
    photos.mkdir()
    for name in ("a.png", "b.png"):
        Image.fromarray(np.full((24, 32, 3), 90, dtype=np.uint8)).save(photos / name)
    project = Project.open(photos, tmp_path / "output")
    for name, sign in (("a.png", "positive"), ("b.png", "negative")):
        session = project.open_image(name, (24, 32), DiscAnswerer(), "discs 1")
        drawn = DrawnStroke.model_validate({"points": ((8, 8),), "object_id": 3, "sign": sign})
        session.do(Draw(strokes=(DrawnStroke(points=((24, 16),)), drawn)))
        if name == "a.png":
            session.do(MarkImage(status="done"))
        project.save(session)
        session.close()
    return Project.reopen(project.output)


def test_a_project_is_exported_as_it_was_saved(project: Project) -> None:
    report = export(project, "masks, coco")
    assert report.folder == project.output / "export"
    assert report.images == 2
    found = json.loads((report.folder / "manifest.json").read_text())
    assert found["model"] == "discs 1"
    names = sorted(path.name for path in (report.folder / "masks").rglob("*.png"))
    assert any(name.startswith("a") for name in names)
    assert as_sentences(report)[0] == f"2 images, {report.objects} objects: {report.folder}"


def test_only_images_that_are_done_are_exported_where_that_is_asked_for(project: Project, tmp_path: Path) -> None:
    report = export(str(project.output), ["voc"], tmp_path / "voc", only_done=True)
    assert report.images == 1
    labels = read_label_map(tmp_path / "voc" / "SegmentationObject" / "a.png")
    assert (labels > 0).sum() == (read_label_map(project.output / "a.png") > 0).sum()


def test_a_check_names_what_looks_like_a_mistake_and_writes_nothing(project: Project) -> None:
    findings = check_export(project)
    assert any("b.png" in finding for finding in findings)
    assert not (project.output / "export").exists()


def test_masks_that_were_never_kept_are_computed(project: Project, tmp_path: Path, tiny_model: OnnxModel) -> None:
    for kept in (project.output / "journals").rglob("*.npz"):
        kept.unlink()
    asked: list[int] = []

    def segmenter() -> Segmenter:
        asked.append(1)
        return Segmenter(tiny_model)

    assert export(project, "coco", tmp_path / "out", segmenter=segmenter).images == 2
    assert asked == [1]


def test_what_cannot_be_exported_is_refused(project: Project, tmp_path: Path) -> None:
    with pytest.raises(ConfigError, match="nonsense"):
        export(project, "nonsense", tmp_path / "out")
    empty = tmp_path / "empty"
    empty.mkdir()
    Image.new("RGB", (32, 24)).save(empty / "a.png")
    with pytest.raises(DataError, match="annotate some first"):
        export(Project.open(empty, tmp_path / "other"), "coco")
    journal = project.journal_path("a.png")
    journal.write_bytes(b'{"s2m_journal": 1, "image": "a.png", "size_hw": [24, 32], "overlap": "exclusive"}\n')
    with pytest.raises(BatchError, match=r"1 images cannot be exported\n  a\.png"):
        export(Project.reopen(project.output), "coco", tmp_path / "out")
    assert not (tmp_path / "out").exists()


def test_a_turned_photograph_is_exported_as_it_is_displayed_and_the_files_say_so(tmp_path: Path) -> None:
    photos = tmp_path / "photos"
    photos.mkdir()
    exif = Image.Exif()
    exif[0x0112] = 6
    Image.fromarray(np.full((24, 32, 3), 90, dtype=np.uint8)).save(photos / "a.jpg", exif=exif)
    project = Project.open(photos, tmp_path / "output")
    session = project.open_image("a.jpg", (32, 24), DiscAnswerer(), "discs 1")
    session.do(Draw(strokes=(DrawnStroke(points=((18, 26),)),)))
    project.save(session)
    session.close()
    wanted = read_label_map(project.output / "a.png") == 1
    assert wanted.shape == (32, 24)

    export(project, list(FORMATS), tmp_path / "out")

    for kind in FORMATS:
        source = source_of(tmp_path / "out" / kind)
        (name,) = source.names()
        (one,) = source.read(name, (32, 24)).objects
        np.testing.assert_array_equal(one.mask.whole((32, 24)), wanted, err_msg=kind)
        files = [path for path in (tmp_path / "out" / kind).rglob("*") if path.is_file()]
        with_words = [path.name for path in files if said_in(path, ORIENTATION)]
        assert len(with_words) == 1, kind
        copies = [path for path in files if path.suffix == ".jpg"]
        assert all(path.read_bytes() == (photos / "a.jpg").read_bytes() for path in copies)


def said_in(path: Path, words: str) -> bool:
    """Whether some words stand in a file, or in an array of it."""
    if path.suffix == ".npz":
        with np.load(path) as arrays:
            return words in str(arrays["about"])
    return words.encode() in path.read_bytes()
