from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

from s2m.data.lvis import read_lvis
from s2m.errors import DataError


def test_polygons_and_run_lengths_over_50_by_50_become_labels(lvis_root: Path) -> None:
    images = read_lvis(lvis_root)
    assert [image.name for image in images] == ["000000000001", "000000000002"]
    image_rgb, label = images[0].load()
    assert images[0].kind == "partial"
    assert image_rgb.shape == (216, 288, 3)
    assert set(np.unique(label)) == {0, 1, 2}
    assert label[120, 210] == 1
    assert label[108, 80] == 2
    assert label[25, 25] == 0
    assert (label == 1).sum() == pytest.approx(14400, rel=0.02)


def test_what_is_missing_is_named(tmp_path: Path) -> None:
    with pytest.raises(DataError, match=r"lacks lvis_v1_train\.json, train2017/"):
        read_lvis(tmp_path)
