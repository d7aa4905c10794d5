from __future__ import annotations

import hashlib
import io
import json
from pathlib import Path

import numpy as np
import pytest
from PIL import Image
from webdataset.tariterators import group_by_keys, tar_file_expander

from data_miniatures import shard_miniature
from s2m.data.labelled_images import LabelledFolder
from s2m.data.layouts import find_sets
from s2m.data.shard_writing import shard_set
from s2m.data.shards import open_shards
from s2m.errors import OutputError


def nothing() -> None:
    """Nobody watches the progress."""


def test_every_layout_reads_back_the_same(
    lvis_root: Path, static_root: Path, coco_file: Path, pairs_root: Path, tmp_path: Path
) -> None:
    for root in (lvis_root, static_root, coco_file, pairs_root):
        for found in find_sets(root):
            packed = open_shards(shard_miniature(found.images, tmp_path / "new" / found.name))
            assert [(image.name, image.kind) for image in packed] == [
                (image.name, image.kind) for image in found.images
            ]
            for before, after in zip(found.images, packed, strict=True):
                np.testing.assert_array_equal(before.load()[0], after.load()[0])
                np.testing.assert_array_equal(before.load()[1], after.load()[1])


def test_photographs_are_packed_byte_for_byte_and_cut_outs_keep_their_alpha(tmp_path: Path) -> None:
    (tmp_path / "emoji").mkdir()
    (tmp_path / "index.csv").write_text(f"split,set,name,kind\n{tmp_path.name},emoji,a,alpha\n")
    Image.new("RGBA", (4, 2), (250, 20, 20, 255)).save(tmp_path / "emoji" / "a.webp", lossless=True)
    (plain,) = LabelledFolder(tmp_path / "emoji")
    (packed,) = open_shards(shard_miniature([plain], tmp_path / "new"))
    assert packed.kind == "alpha"
    assert packed.photograph.read_bytes() == (tmp_path / "emoji" / "a.webp").read_bytes()
    assert packed.load()[1].all()


def test_shards_are_numbered_closed_at_their_size_and_the_same_each_time(static_root: Path, tmp_path: Path) -> None:
    images = [image for found in find_sets(static_root) for image in found.images]
    largest = max(len(image.photograph.read_bytes()) for image in images)
    first = shard_set(images, tmp_path / "first", 3 * largest, nothing)
    again = shard_set(images, tmp_path / "again", 3 * largest, nothing)
    assert [shard.name for shard in first.shards] == [f"shard-{number:06d}.tar" for number in range(len(first.shards))]
    assert 1 < len(first.shards) < len(images)
    assert first == again
    for shard in first.shards:
        content = (tmp_path / "first" / shard.name).read_bytes()
        assert (len(content), hashlib.sha256(content).hexdigest()) == (shard.size, shard.sha256)


def test_the_shards_are_ordinary_ones_of_webdataset(pairs_root: Path, tmp_path: Path) -> None:
    (found, _) = find_sets(pairs_root)
    folder = shard_miniature(found.images, tmp_path / "new")
    for shard, image in zip(sorted(folder.glob("*.tar")), found.images, strict=True):
        with shard.open("rb") as file:
            (sample,) = group_by_keys(tar_file_expander([{"url": shard.name, "stream": file}]))
        assert json.loads(sample["json"]) == {"name": image.name, "kind": image.kind}
        assert sample["webp"] == image.photograph.read_bytes()
        with Image.open(io.BytesIO(sample["label.png"])) as label:
            np.testing.assert_array_equal(np.asarray(label), image.load()[1])


def test_a_folder_with_files_is_never_written_into(static_root: Path, tmp_path: Path) -> None:
    (tmp_path / "new").mkdir()
    (tmp_path / "new" / "mine.txt").write_text("keep")
    with pytest.raises(OutputError, match="already holds files"):
        shard_set(find_sets(static_root)[0].images, tmp_path / "new", 1, nothing)
