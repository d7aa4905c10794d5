from __future__ import annotations

import json
import subprocess
import sys
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


MEMORY_PROBE = """
import sys
from pathlib import Path
from s2m.data.lvis import read_lvis
from s2m.data.coco import compressed, ijson


def peak():
    lines = Path("/proc/self/status").read_text().splitlines()
    return next(int(line.split()[1]) * 1024 for line in lines if line.startswith("VmHWM"))


before = peak()
images = read_lvis(Path(sys.argv[1]))
print(len(images), peak() - before)
"""


def write_large_lvis(root: Path, images: int, annotations: int) -> int:
    """An LVIS folder with outlines as long as those of LVIS; gives the size of its JSON in bytes."""
    (root / "train2017").mkdir(parents=True)
    turns = np.linspace(0, 2 * np.pi, 150, endpoint=False)
    rng = np.random.default_rng(0)
    with (root / "lvis_v1_train.json").open("w") as file:
        listed = [
            {"id": number, "height": 480, "width": 640, "coco_url": f"http://example/train2017/{number:012d}.jpg"}
            for number in range(images)
        ]
        file.write('{"info": {}, "categories": [], "images": ' + json.dumps(listed) + ', "annotations": [')
        for number in range(annotations):
            radii = 120 + 50 * np.sin(3 * turns + rng.uniform(0, 6)) + rng.uniform(-1, 1, len(turns))
            outline = np.stack([320 + radii * np.cos(turns), 240 + radii * np.sin(turns)], axis=1).round(2)
            annotation = {
                "id": number,
                "image_id": number % images,
                "area": 40_000.0,
                "bbox": [120.0, 40.0, 400.0, 400.0],
                "segmentation": [outline.ravel().tolist()],
            }
            file.write((", " if number else "") + json.dumps(annotation))
        file.write("]}")
    return (root / "lvis_v1_train.json").stat().st_size


@pytest.mark.skipif(sys.platform != "linux", reason="asks Linux for the peak memory of a process")
def test_a_large_annotation_file_is_read_in_less_memory_than_its_own_size(tmp_path: Path) -> None:
    """Loaded as a whole it would need several times its size."""
    size = write_large_lvis(tmp_path / "lvis", images=600, annotations=9000)
    assert size > 15e6
    done = subprocess.run(
        [sys.executable, "-c", MEMORY_PROBE, str(tmp_path / "lvis")], capture_output=True, text=True, check=True
    )
    found, used = map(int, done.stdout.split())
    assert found == 600
    assert used < size
