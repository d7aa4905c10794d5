from __future__ import annotations

import io
from pathlib import Path
from typing import Any

import cv2
import numpy as np
import pytest
import tifffile
from numpy.typing import NDArray
from PIL import Image

from picture_files import numbers_of
from s2m.errors import ImageError
from s2m.files.images import read_image_bytes


@pytest.fixture(autouse=True)
def no_extras(monkeypatch: pytest.MonkeyPatch) -> None:
    """What is read without extras; tests/files/test_large_pictures.py and test_heif.py are about those."""
    monkeypatch.setattr("s2m.files.heif.is_installed", lambda: False)
    monkeypatch.setattr("s2m.files.large_pictures.is_installed", lambda: False)


HEIGHT, WIDTH = 37, 53
RAMP = np.add.outer(np.arange(HEIGHT), np.arange(WIDTH)) / (HEIGHT + WIDTH - 2)
"""Shares from 0 at the top left to 1 at the bottom right, (37, 53)."""
COLOURS = np.stack([RAMP, RAMP[::-1], RAMP[:, ::-1]], axis=-1)


def tiff(values: NDArray[Any], **settings: Any) -> bytes:
    buffer = io.BytesIO()
    tifffile.imwrite(buffer, values, **settings)
    return buffer.getvalue()


def scaled(shares: NDArray[Any], dtype: str, bits: int | None = None) -> NDArray[Any]:
    kind = np.dtype(dtype)
    if kind.kind == "f":
        return shares.astype(kind)
    return np.asarray(np.round(shares * (2 ** (bits or (8 * kind.itemsize - (kind.kind == "i"))) - 1)), dtype=kind)


def assert_looks_like(data: bytes, shares: NDArray[Any]) -> None:
    seen = read_image_bytes(data, "a.tif").astype(int)
    wanted = shares if shares.ndim == 3 else np.repeat(shares[:, :, None], 3, axis=2)
    assert seen.shape == wanted.shape
    assert np.abs(seen - 255 * wanted).max() <= 1


@pytest.mark.parametrize("byte_order", ["<", ">"])
@pytest.mark.parametrize("dtype", ["u1", "u2", "u4", "i2", "i4", "f2", "f4", "f8"])
@pytest.mark.parametrize("colours", [RAMP, COLOURS], ids=["grey", "rgb"])
def test_every_sample_format_is_seen_as_it_is_meant(colours: NDArray[Any], dtype: str, byte_order: str) -> None:
    photometric = "rgb" if colours.ndim == 3 else "minisblack"

    assert_looks_like(tiff(scaled(colours, dtype), photometric=photometric, byteorder=byte_order), colours)


def test_signed_bytes_are_dark_as_whole_numbers_of_few_bits_are() -> None:
    assert_looks_like(tiff(scaled(RAMP, "i1")), RAMP * 127 / 255)


@pytest.mark.parametrize("compression", [None, "zlib", "lzma"])
@pytest.mark.parametrize("tile", [None, (16, 32)])
@pytest.mark.parametrize("planar", ["contig", "separate"])
@pytest.mark.parametrize("dtype", ["u1", "u2", "f4"])
def test_planes_tiles_and_compressions(dtype: str, planar: str, tile: Any, compression: str | None) -> None:
    values = scaled(COLOURS, dtype)
    if planar == "separate":
        values = np.ascontiguousarray(values.transpose(2, 0, 1))

    assert_looks_like(tiff(values, photometric="rgb", planarconfig=planar, tile=tile, compression=compression), COLOURS)


@pytest.mark.parametrize(
    ("dtype", "compression", "predictor"),
    [
        *((dtype, compression, 1) for dtype in ("u2", "f4") for compression in (1, 5, 8, 32773)),
        *((dtype, compression, 2) for dtype in ("u2", "f4") for compression in (5, 8)),
        *(("f4", compression, 3) for compression in (5, 8)),
    ],
)
@pytest.mark.parametrize("colours", [RAMP, COLOURS], ids=["grey", "rgb"])
def test_predictors(colours: NDArray[Any], dtype: str, compression: int, predictor: int) -> None:
    values = scaled(colours, dtype)
    settings = [cv2.IMWRITE_TIFF_COMPRESSION, compression, cv2.IMWRITE_TIFF_PREDICTOR, predictor]
    done, data = cv2.imencode(".tif", values[..., ::-1].copy() if values.ndim == 3 else values, settings)
    assert done

    assert_looks_like(data.tobytes(), colours)


@pytest.mark.parametrize(
    ("dtype", "bits"), [("u1", None), ("u2", None), ("u2", 12), ("u4", None), ("u4", 12), ("f4", None)]
)
def test_small_values_may_be_white(dtype: str, bits: int | None) -> None:
    values = scaled(1 - RAMP, dtype, bits)

    assert_looks_like(tiff(values, photometric="miniswhite"), RAMP)


@pytest.mark.parametrize("bits", [9, 10, 12, 14])
def test_few_bits_of_16_are_stretched_for_colours_as_for_greys(bits: int) -> None:
    for colours, photometric in ((RAMP, "minisblack"), (COLOURS, "rgb")):
        assert_looks_like(tiff(scaled(colours, "u2", bits), photometric=photometric), colours)


@pytest.mark.parametrize("bits", [1, 2, 4, 6, 10, 12, 14])
@pytest.mark.parametrize("channels", [1, 3])
def test_packed_bits_are_read(bits: int, channels: int) -> None:
    values = np.round((COLOURS if channels == 3 else RAMP[:, :, None]) * (2**bits - 1)).astype(np.uint32)
    shares = values / (2**bits - 1) if bits >= 8 or (channels == 1 and bits in (1, 2, 4)) else values / 255
    spread = (values.reshape(HEIGHT, -1, 1) >> np.arange(bits - 1, -1, -1)) & 1
    rows = np.packbits(spread.reshape(HEIGHT, -1).astype(np.uint8), axis=1).tobytes()
    tags = {256: WIDTH, 257: HEIGHT, 259: 1, 262: 2 if channels == 3 else 1, 277: channels, 278: HEIGHT}
    buffer = io.BytesIO()
    picture = Image.new("L", (len(rows) // HEIGHT, HEIGHT))
    picture.frombytes(rows)
    picture.save(buffer, "TIFF")
    data = with_tags(buffer.getvalue(), {**tags, 258: bits})

    assert_looks_like(data, shares[:, :, 0] if channels == 1 else shares)


def with_tags(data: bytes, values: dict[int, int]) -> bytes:
    """An uncompressed little-endian TIFF of one strip with other values of some tags."""
    changed = bytearray(data)
    page = tifffile.TiffFile(io.BytesIO(data)).pages[0]
    offset, count = page.dataoffsets[0], page.databytecounts[0]
    strip = bytes(changed[offset : offset + count])
    tags = {**values, 273: 8 + 2 + 12 * (len(values) + 2) + 4, 279: count}
    entries = b"".join(
        tag.to_bytes(2, "little") + b"\4\0\1\0\0\0" + value.to_bytes(4, "little") for tag, value in sorted(tags.items())
    )
    return b"II*\0\x08\0\0\0" + len(tags).to_bytes(2, "little") + entries + bytes(4) + strip


@pytest.mark.parametrize("orientation", range(1, 9))
@pytest.mark.parametrize("dtype", ["u1", "u2", "f4"])
@pytest.mark.parametrize("colours", [RAMP, COLOURS], ids=["grey", "rgb"])
def test_orientation_is_applied_once(colours: NDArray[Any], dtype: str, orientation: int, tmp_path: Path) -> None:
    upright = scaled(colours, dtype)
    stored = upright
    if orientation in (2, 3, 6, 7):
        stored = stored[:, ::-1]
    if orientation in (3, 4, 7, 8):
        stored = stored[::-1]
    if orientation >= 5:
        stored = stored.swapaxes(0, 1)
    photometric = "rgb" if colours.ndim == 3 else "minisblack"
    data = tiff(np.ascontiguousarray(stored), photometric=photometric, extratags=[(274, 3, 1, orientation, True)])

    assert_looks_like(data, colours)
    numbers = numbers_of(data, tmp_path / "a.tif")
    if dtype != "u1":
        assert numbers is not None
        np.testing.assert_array_equal(numbers, upright)


def test_further_channels_beside_red_green_and_blue_are_left_out() -> None:
    values = np.concatenate([COLOURS, RAMP[:, :, None], RAMP[:, :, None]], axis=2)
    for dtype in ("u1", "u2", "f4"):
        data = tiff(scaled(values, dtype), photometric="rgb", extrasamples=["unspecified", "unspecified"])
        assert_looks_like(data, COLOURS)


@pytest.mark.parametrize("dtype", ["u1", "u2", "f4"])
def test_alpha_is_laid_over_white(dtype: str) -> None:
    opaque = np.ones((HEIGHT, WIDTH, 1))
    opaque[:5] = 0
    wanted = np.where(opaque > 0, COLOURS, 1.0)
    values = scaled(np.concatenate([COLOURS, opaque], axis=2), dtype)
    multiplied = scaled(np.concatenate([COLOURS * opaque, opaque], axis=2), dtype)

    assert_looks_like(tiff(values, photometric="rgb", extrasamples=["unassalpha"]), wanted)
    assert_looks_like(tiff(multiplied, photometric="rgb", extrasamples=["assocalpha"]), wanted)


@pytest.mark.parametrize(
    ("values", "settings", "words"),
    [
        (np.zeros((9, 9, 5), np.uint16), {"photometric": "minisblack", "planarconfig": "contig"}, "5 channels"),
        (np.zeros((9, 9, 2), np.uint8), {"photometric": "minisblack", "planarconfig": "contig"}, "2 channels"),
        (np.zeros((9, 9), np.complex64), {}, "complex numbers of 64 bits, which is not supported; save it with"),
    ],
)
def test_what_is_not_supported_is_named_with_what_is(values: NDArray[Any], settings: Any, words: str) -> None:
    with pytest.raises(ImageError, match=words):
        read_image_bytes(tiff(values, **settings), "a.tif")


@pytest.mark.parametrize("compression", [None, "zlib"])
@pytest.mark.parametrize("dtype", ["u1", "u2", "f4"])
def test_a_truncated_tiff_is_an_error(dtype: str, compression: str | None) -> None:
    noise = np.random.default_rng(1).random((HEIGHT, WIDTH, 3))
    data = tiff(scaled(noise, dtype), photometric="rgb", compression=compression)
    for share in (0.3, 0.6, 0.95):
        with pytest.raises(ImageError):
            read_image_bytes(data[: int(len(data) * share)], "a.tif")


def test_flipped_bytes_are_an_error_or_a_picture_and_never_another_exception() -> None:
    generator = np.random.default_rng(3)
    for settings in ({}, {"compression": "zlib"}, {"tile": (16, 16)}):
        good = tiff(scaled(COLOURS, "u2"), photometric="rgb", **settings)
        for _ in range(60):
            bad = bytearray(good)
            for place in generator.integers(4, 400, 3):
                bad[place] = generator.integers(0, 256)
            try:
                assert read_image_bytes(bytes(bad), "a").ndim == 3
            except ImageError as error:
                assert "\n" not in str(error)  # noqa: PT017
