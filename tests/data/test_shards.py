from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

from data_miniatures import shard_miniature
from s2m.data.layouts import find_sets, open_set
from s2m.data.shards import open_shards
from s2m.errors import DataError


@pytest.fixture
def shards(pairs_root: Path, tmp_path: Path) -> Path:
    """The pairs of the set "shapes" in shards of one image each."""
    return shard_miniature(open_set(pairs_root / "train" / "shapes"), tmp_path / "sharded" / "train" / "shapes")


def test_shards_are_a_layout_like_any_other(shards: Path, pairs_root: Path) -> None:
    root = shards.parents[1]
    assert [found.name for found in find_sets(root)] == ["train/shapes"]
    assert [found.name for found in find_sets(root / "train")] == ["shapes"]
    assert [found.name for found in find_sets(shards)] == ["shapes"]
    for packed, plain in zip(open_set(shards), open_set(pairs_root / "train" / "shapes"), strict=True):
        assert (packed.name, packed.kind) == (plain.name, plain.kind)
        for one, other in zip(packed.load(), plain.load(), strict=True):
            np.testing.assert_array_equal(one, other)


def test_images_can_be_read_in_any_order(shards: Path) -> None:
    forwards = [image.load()[1] for image in open_shards(shards)]
    backwards = [image.load()[1] for image in reversed(open_shards(shards))]
    for one, other in zip(forwards, reversed(backwards), strict=True):
        np.testing.assert_array_equal(one, other)


def test_a_shard_that_is_missing_or_too_short_is_named(shards: Path) -> None:
    first, second = open_shards(shards)
    (shards / "shard-000000.tar").unlink()
    with pytest.raises(DataError, match=r"shard-000000\.tar is missing"):
        first.load()
    (shards / "shard-000001.tar").write_bytes((shards / "shard-000001.tar").read_bytes()[:600])
    with pytest.raises(DataError, match=r"shard-000001\.tar ends before"):
        second.load()


@pytest.mark.parametrize(
    ("content", "words"),
    [
        ("no json", "is no index of shards of version 1"),
        ('{"format": "s2m-shards", "version": 2, "shards": []}', "version: Input should be 1"),
        ('{"format": "s2m-shards", "version": 1, "shards": []}', "lists no image"),
    ],
)
def test_an_index_of_another_form_is_refused(content: str, words: str, tmp_path: Path) -> None:
    (tmp_path / "shards.json").write_text(content)
    with pytest.raises(DataError, match=words):
        open_shards(tmp_path)


def test_an_index_never_points_out_of_its_folder(shards: Path) -> None:
    index = shards / "shards.json"
    index.write_text(index.read_text().replace("shard-000000.tar", "../shard-000000.tar"))
    with pytest.raises(DataError, match="is no index of shards"):
        open_shards(shards)


def test_a_folder_without_an_index_says_how_to_make_one(tmp_path: Path) -> None:
    with pytest.raises(DataError, match="s2m data shard"):
        open_shards(tmp_path)
