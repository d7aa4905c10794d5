from __future__ import annotations

import shutil
from pathlib import Path

from s2m.files.demo import DEMO_IMAGE, demo_stroke


def test_the_shipped_photograph_has_a_stroke_to_trace_wherever_it_lies(tmp_path: Path) -> None:
    shutil.copy(DEMO_IMAGE, tmp_path / "photo.jpg")

    stroke = demo_stroke(tmp_path / "photo.jpg", (512, 512))

    assert stroke is not None
    assert (stroke.object_id, stroke.sign) == (1, "positive")
    assert len(stroke.points_xy) > 5


def test_other_images_have_none(tmp_path: Path, two_discs_file: Path) -> None:
    (tmp_path / "same-length.jpg").write_bytes(bytes(DEMO_IMAGE.stat().st_size))

    assert demo_stroke(two_discs_file, (96, 128)) is None
    assert demo_stroke(tmp_path / "same-length.jpg", (512, 512)) is None
