"""Pictures are decoded once, and the newest are kept up to a limit."""

from __future__ import annotations

import threading
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import numpy as np
import pytest

from page_driver import write_picture
from s2m.engine.models import OnnxModel
from s2m.engine.segmenter import Segmenter
from s2m.files.contrast_limits import Numbers
from s2m.files.images import read_image_and_numbers
from s2m.types import ByteArray, Stroke
from s2m.web import pictures
from s2m.web.image_encoder import ImageEncoder
from s2m.web.pictures import PictureStore


@pytest.fixture
def paths(tmp_path: Path) -> list[Path]:
    """Two images of 30,000 bytes."""
    return [write_picture(tmp_path / name, np.zeros((100, 100, 3), np.uint8)) for name in ("a.png", "b.png")]


@pytest.fixture
def read(monkeypatch: pytest.MonkeyPatch) -> list[str]:
    """The names of the files that were read."""
    names: list[str] = []

    def note(path: Path) -> tuple[ByteArray, Numbers | None]:
        names.append(path.name)
        return read_image_and_numbers(path)

    monkeypatch.setattr(pictures, "read_image_and_numbers", note)
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
    paths: list[Path], read: list[str], monkeypatch: pytest.MonkeyPatch, limit_bytes: int, kept: int
) -> None:
    monkeypatch.setattr(pictures, "_DECODING", 3)
    store = PictureStore(limit_bytes)

    for path in (*paths, paths[1]):
        store.pyramid(path)

    assert read == ["a.png", "b.png"]
    assert store.picture_nbytes == kept * 30_000


def test_old_pictures_go_before_a_new_one_is_decoded(paths: list[Path], monkeypatch: pytest.MonkeyPatch) -> None:
    store, kept = PictureStore(30_000 + 90_000 - 1), []

    def note(path: Path) -> tuple[ByteArray, Numbers | None]:
        kept.append(store.picture_nbytes)
        return read_image_and_numbers(path)

    monkeypatch.setattr(pictures, "read_image_and_numbers", note)
    for path in paths:
        store.pyramid(path)

    assert kept == [0, 0]


@pytest.mark.parametrize(("small_bytes", "at_once"), [(90_000, True), (89_999, False)])
def test_large_pictures_are_decoded_one_after_the_other(
    paths: list[Path], monkeypatch: pytest.MonkeyPatch, small_bytes: int, at_once: bool
) -> None:
    monkeypatch.setattr(pictures, "_SMALL_BYTES", small_bytes)
    store, met, meeting = PictureStore(), [], threading.Barrier(2)

    def note(path: Path) -> tuple[ByteArray, Numbers | None]:
        try:
            meeting.wait(30 if at_once else 0.2)
            met.append(True)
        except threading.BrokenBarrierError:
            met.append(False)
        return read_image_and_numbers(path)

    monkeypatch.setattr(pictures, "read_image_and_numbers", note)
    with ThreadPoolExecutor(2) as pool:
        list(pool.map(store.pyramid, paths))

    assert met == [at_once, at_once]


@pytest.mark.parametrize(("limit_bytes", "has_room"), [(60_000, True), (59_999, False)])
def test_the_next_image_is_encoded_ahead_where_the_open_one_can_stay(
    paths: list[Path], tiny_model: OnnxModel, monkeypatch: pytest.MonkeyPatch, limit_bytes: int, has_room: bool
) -> None:
    monkeypatch.setattr("s2m.web.image_encoder.PIXEL_BYTES", limit_bytes)
    encoder = ImageEncoder(Segmenter(tiny_model), PictureStore())
    encoder.encode(paths[0])

    encoder.encode_ahead(paths[1], paths[0])

    assert (encoder.has(paths[0]), encoder.has(paths[1])) == (True, has_room)


def test_an_image_that_is_encoded_answers_while_another_is_decoded(
    paths: list[Path], tiny_model: OnnxModel, monkeypatch: pytest.MonkeyPatch
) -> None:
    encoder = ImageEncoder(Segmenter(tiny_model), PictureStore())
    encoder.encode(paths[0])
    may_go_on = threading.Event()

    def slow(path: Path) -> tuple[ByteArray, Numbers | None]:
        assert may_go_on.wait(60)
        return read_image_and_numbers(path)

    monkeypatch.setattr(pictures, "read_image_and_numbers", slow)
    with ThreadPoolExecutor(1) as pool:
        ahead = pool.submit(encoder.encode, paths[1])
        stroke = Stroke(np.array([[50.0, 50.0]]), 1, "positive")
        assert encoder.predictor(paths[0])((stroke,), None, (1,)).shape[0] == 1
        assert not ahead.done()
        may_go_on.set()
        ahead.result(60)


def test_the_thumbnail_of_a_file_that_changed_is_made_anew(paths: list[Path]) -> None:
    store = PictureStore()
    before = store.thumbnail(paths[0])
    assert store.thumbnail(paths[0]) is before

    write_picture(paths[0], np.full((100, 100, 3), 255, np.uint8))

    assert store.thumbnail(paths[0]).data != before.data
