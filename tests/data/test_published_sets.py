from __future__ import annotations

import json
import shutil
import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from data_miniatures import write_pair
from s2m.data.published_sets import (
    missing_sets,
    present_mixture,
    published_mixture,
    read_lvis,
    read_static_set,
    static_sets_in,
)
from s2m.errors import DataError

pytestmark = pytest.mark.slow


def test_the_published_mixture_repeats_static_sets_twice_and_fine_ones_ten_times(
    lvis_root: Path, static_root: Path
) -> None:
    repeats = {data_set.name: data_set.repeats for data_set in published_mixture(lvis_root, static_root)}
    assert repeats == {
        "fss": 2,
        "DUTS-TR": 2,
        "DUTS-TE": 2,
        "ecssd": 2,
        "BIG_small": 10,
        "HRSOD_small": 10,
        "lvis": 1,
    }


def test_missing_sets_are_an_error_that_lists_what_is_expected_where(lvis_root: Path, static_root: Path) -> None:
    shutil.rmtree(static_root / "fss")
    shutil.rmtree(lvis_root / "train2017")
    with pytest.raises(DataError, match="--allow-missing") as caught:
        published_mixture(lvis_root, static_root)
    assert f"{static_root}/fss/CLASS/N.jpg beside N.png" in str(caught.value)
    assert f"{lvis_root}/train2017/" in str(caught.value)


def test_the_present_sets_are_used_and_the_missing_ones_named(lvis_root: Path, static_root: Path) -> None:
    shutil.rmtree(static_root / "BIG_small")
    assert "BIG_small" not in [data_set.name for data_set in present_mixture(lvis_root, static_root)]
    assert missing_sets(lvis_root, static_root) == (f"{static_root}/BIG_small/X.jpg beside X.png",)


def test_a_mixture_of_nothing_is_an_error(tmp_path: Path) -> None:
    with pytest.raises(DataError, match="sets are missing"):
        present_mixture(tmp_path, tmp_path)


def test_every_static_set_is_found_and_read(static_root: Path) -> None:
    assert static_sets_in(static_root) == ("fss", "DUTS-TR", "DUTS-TE", "ecssd", "BIG_small", "HRSOD_small")
    for name in static_sets_in(static_root):
        images = read_static_set(static_root, name)
        assert len(images) == 2
        image_rgb, label = images[0].load()
        assert images[0].kind == "salient"
        assert image_rgb.shape[:2] == label.shape
        assert set(np.unique(label)) == {0, 1}


def test_fss_names_carry_their_class(static_root: Path) -> None:
    assert [image.name for image in read_static_set(static_root, "fss")] == ["toaster_1", "toaster_2"]


def test_an_image_without_a_label_is_an_error(static_root: Path) -> None:
    (static_root / "ecssd" / "ecssd_1.png").unlink()
    with pytest.raises(DataError, match=r"ecssd_1\.jpg has no label ecssd_1\.png"):
        read_static_set(static_root, "ecssd")


def test_a_label_without_an_image_is_an_error(static_root: Path) -> None:
    (static_root / "fss" / "toaster" / "2.jpg").unlink()
    with pytest.raises(DataError, match=r"toaster/2\.png has no image 2\.jpg"):
        read_static_set(static_root, "fss")


def test_every_unpaired_file_is_reported_and_the_pairs_are_read(static_root: Path) -> None:
    (static_root / "ecssd" / "ecssd_1.png").unlink()
    write_pair(static_root / "ecssd", "more", 3)
    (static_root / "ecssd" / "more.jpg").unlink()
    problems: list[str] = []
    assert [image.name for image in read_static_set(static_root, "ecssd", problems.append)] == ["ecssd_2"]
    assert ["ecssd_1.jpg has no label" in problems[0], "more.png has no image" in problems[1]] == [True, True]


def test_an_absent_set_says_what_is_wanted(static_root: Path) -> None:
    with pytest.raises(DataError, match=r"fss/CLASS/N\.jpg beside N\.png"):
        read_static_set(static_root.parent, "fss")


def test_palette_masks_count_by_index_not_by_colour(static_root: Path) -> None:
    label = np.zeros((72, 96), dtype=np.uint8)
    label[10:20, 10:20] = 1
    picture = Image.fromarray(label)
    picture.putpalette([0, 0, 0, 128, 0, 0])
    picture.save(static_root / "ecssd" / "ecssd_1.png")
    np.testing.assert_array_equal(read_static_set(static_root, "ecssd")[0].read_label(), label)


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
from s2m.data.published_sets import read_lvis
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
