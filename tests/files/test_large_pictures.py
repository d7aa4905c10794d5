from __future__ import annotations

import io
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import pyvips
import tifffile
from numpy.typing import NDArray

from picture_files import numbers_of
from s2m.errors import ImageError
from s2m.files.images import image_size, read_image, read_image_bytes


def tiff(values: NDArray[Any], **settings: Any) -> bytes:
    buffer = io.BytesIO()
    tifffile.imwrite(buffer, values, **settings)
    return buffer.getvalue()


@pytest.mark.parametrize(("channels", "dtype"), [(5, "uint8"), (4, "uint16"), (5, "float32"), (7, "uint16")])
def test_of_many_channels_the_first_three_are_red_green_and_blue(channels: int, dtype: str, tmp_path: Path) -> None:
    values = (np.arange(20 * 30 * channels) % 250).reshape(20, 30, channels).astype(dtype)
    data = tiff(values, photometric="minisblack", planarconfig="contig")

    if dtype == "uint8":
        np.testing.assert_array_equal(read_image_bytes(data, "a.tif"), values[:, :, :3])
    else:
        numbers = numbers_of(data, tmp_path / "a.tif")
        assert numbers is not None
        np.testing.assert_array_equal(numbers, values[:, :, :3])


def test_of_two_greys_the_first_is_shown() -> None:
    values = np.stack([np.arange(600).reshape(20, 30) % 251, np.zeros((20, 30))], axis=-1).astype(np.uint8)

    image = read_image_bytes(tiff(values, photometric="minisblack", planarconfig="contig"), "a.tif")

    np.testing.assert_array_equal(image, np.repeat(values[:, :, :1], 3, axis=2))


@pytest.mark.parametrize("place", ["pages", "sub-pictures"])
def test_a_pyramid_over_the_limits_is_read_reduced(place: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    half = pyvips.Image.black(300, 400, bands=3).linear(0, [10, 200, 60])
    picture = half.cast("uchar").join(pyvips.Image.black(300, 400, bands=3), "horizontal")
    path = tmp_path / "a.tif"
    picture.tiffsave(str(path), tile=True, tile_width=64, tile_height=64, pyramid=True, subifd=place != "pages")
    assert image_size(path) == (400, 600)
    monkeypatch.setattr("s2m.files.opening.MAX_MEGAPIXELS", 0.1)
    monkeypatch.setattr("s2m.files.large_pictures.MAX_MEGAPIXELS", 0.1)

    assert image_size(path) == (200, 300)
    image = read_image(path)
    assert image.shape == (200, 300, 3)
    assert image[100, 70].tolist() == [10, 200, 60]
    assert image[100, 220].tolist() == [0, 0, 0]
    monkeypatch.setattr("s2m.files.large_pictures.MAX_MEGAPIXELS", 0.0001)
    with pytest.raises(ImageError, match="more than the limit"):
        read_image(path)


def test_without_the_extra_a_line_says_what_to_install(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("s2m.files.large_pictures.is_installed", lambda: False)
    data = tiff(np.zeros((20, 30, 5), np.uint8), photometric="minisblack", planarconfig="contig")

    with pytest.raises(ImageError, match=r"5 channels.*pip install 's2m\[large\]'"):
        read_image_bytes(data, "a.tif")


@pytest.mark.parametrize("settings", [{}, {"compression": "zlib"}, {"tile": (16, 16)}, {"rowsperstrip": 3}])
def test_a_truncated_file_is_refused_as_before(settings: Any) -> None:
    noise = np.random.default_rng(3).integers(0, 255, (20, 30, 5), dtype=np.uint8)
    data = tiff(noise, photometric="minisblack", planarconfig="contig", **settings)
    assert read_image_bytes(data, "a.tif").shape == (20, 30, 3)

    for share in (0.3, 0.6, 0.95):
        with pytest.raises(ImageError, match=r"a\.tif"):
            read_image_bytes(data[: int(len(data) * share)], "a.tif")


def test_memory_counts_all_copies_that_reading_takes(monkeypatch: pytest.MonkeyPatch) -> None:
    values = np.zeros((200, 300, 5), dtype=np.uint16)
    data = tiff(values, photometric="minisblack", planarconfig="contig")
    needed = len(data) + 200 * 300 * (5 * 2 + 3 * 2 * 2 + 3)
    for module in ("opening", "large_pictures"):
        monkeypatch.setattr(f"s2m.files.{module}.MAX_PICTURE_BYTES", needed)
    assert read_image_bytes(data, "a.tif").shape == (200, 300, 3)
    for module in ("opening", "large_pictures"):
        monkeypatch.setattr(f"s2m.files.{module}.MAX_PICTURE_BYTES", needed - 1)
    with pytest.raises(ImageError, match="a TIFF with 5 channels"):
        read_image_bytes(data, "a.tif")
