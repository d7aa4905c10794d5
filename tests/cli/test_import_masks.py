from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
from click.testing import CliRunner, Result
from PIL import Image

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
    arguments = ["import-masks", str(photos), str(root / masks), "-o", str(root / "output"), *further]
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
