from __future__ import annotations

import sys
from pathlib import Path

import pytest
from click.testing import CliRunner

from s2m.cli import main
from s2m.files.demo import DEMO_FOLDER, DEMO_IMAGE, DEMO_STROKES
from s2m.files.images import read_image
from s2m.files.label_files import read_label_map
from s2m.files.stroke_files import read_strokes


def test_the_demo_writes_masks_and_an_overlay_and_says_what_to_type_next(
    tiny_model_folder: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    monkeypatch.setattr(sys, "argv", [str(tmp_path / "environment" / "bin" / "s2m")])

    result = CliRunner().invoke(main, ["demo", "--model", str(tiny_model_folder)])

    assert result.exit_code == 0, result.output
    assert {path.name for path in (tmp_path / "output").iterdir()} == {"astronaut.png", "astronaut-overlay.jpg"}
    assert set(read_label_map(tmp_path / "output" / "astronaut.png").ravel().tolist()) == {0, 1, 2}
    assert result.output.splitlines()[-1].strip() == "environment/bin/s2m annotate your-photo.jpg"


def test_the_shipped_strokes_fit_the_shipped_photograph() -> None:
    strokes = read_strokes(DEMO_STROKES, (512, 512))

    assert {stroke.object_id for stroke in strokes} == {0, 1, 2}
    assert read_image(DEMO_IMAGE).shape == (512, 512, 3)
    assert DEMO_IMAGE.stat().st_size < 200_000


def test_the_photograph_says_where_it_is_from() -> None:
    assert "public domain" in " ".join((DEMO_FOLDER / "LICENSES.md").read_text().split())
