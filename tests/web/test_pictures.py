"""Pictures are decoded once, and the newest are kept up to a limit."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import numpy as np
import pytest

from page_driver import write_picture
from s2m.files.images import read_file
from s2m.web import pictures
from s2m.web.pictures import PictureStore


@pytest.fixture
def paths(tmp_path: Path) -> list[Path]:
    """Two images of 30,000 bytes."""
    return [write_picture(tmp_path / name, np.zeros((100, 100, 3), np.uint8)) for name in ("a.png", "b.png")]


@pytest.fixture
def read(monkeypatch: pytest.MonkeyPatch) -> list[str]:
    """The names of the files that were read."""
    names: list[str] = []

    def note(path: Path) -> bytes:
        names.append(path.name)
        return read_file(path)

    monkeypatch.setattr(pictures, "read_file", note)
    return names


def test_an_image_is_decoded_once_however_many_ask_for_it(paths: list[Path], read: list[str]) -> None:
    store = PictureStore()

    with ThreadPoolExecutor(8) as pool:
        tiles = list(pool.map(lambda _: store.tile(paths[0], 0, 0, 0), range(8)))

    assert read == ["a.png"]
    assert len({id(tile) for tile in tiles}) == 1
    assert store.tile_nbytes == len(tiles[0].data)


@pytest.mark.parametrize(("limit_bytes", "kept"), [(60_000, 2), (59_999, 1), (1, 1)])
def test_the_newest_pictures_are_kept_up_to_the_limit_and_at_least_one(
    paths: list[Path], read: list[str], limit_bytes: int, kept: int
) -> None:
    store = PictureStore(limit_bytes)

    for path in (*paths, paths[1]):
        store.pyramid(path)

    assert read == ["a.png", "b.png"]
    assert store.picture_nbytes == kept * 30_000


def test_the_thumbnail_of_a_file_that_changed_is_made_anew(paths: list[Path]) -> None:
    store = PictureStore()
    before = store.thumbnail(paths[0])
    assert store.thumbnail(paths[0]) is before

    write_picture(paths[0], np.full((100, 100, 3), 255, np.uint8))

    assert store.thumbnail(paths[0]).data != before.data
