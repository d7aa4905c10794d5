"""Reading a picture takes no more memory than is counted before it is decoded."""

from __future__ import annotations

import io
import struct
import tracemalloc
import zlib
from collections.abc import Callable
from pathlib import Path
from typing import Any

import cv2
import numpy as np
import pytest
import tifffile

from s2m.files import images
from s2m.files.images import read_image_and_numbers

SIZE_HW = (600, 800)
PIXELS = SIZE_HW[0] * SIZE_HW[1]
BESIDE = 600_000
"""Bytes of what does not grow with the picture."""

STRIPS = {"rowsperstrip": 16}
RGB = {"photometric": "rgb", **STRIPS}
TURNED = {"extratags": [(274, 3, 1, 6, True)]}


def tiff(channels: int, dtype: str, **settings: Any) -> bytes:
    shape = (channels, *SIZE_HW) if settings.get("planarconfig") == "separate" else (*SIZE_HW, channels)
    values = (np.arange(PIXELS * channels) % 1000).reshape(shape).astype(dtype)
    buffer = io.BytesIO()
    tifffile.imwrite(buffer, values[..., 0] if channels == 1 else values, **settings)
    return buffer.getvalue()


def png(channels: int, orientation: int = 1) -> bytes:
    values = np.arange(PIXELS * channels).reshape(*SIZE_HW, channels).astype(np.uint16)
    done, data = cv2.imencode(".png", values)
    assert done
    exif = b"eXIf" + b"II*\0\x08\0\0\0" + struct.pack("<HHHIII", 1, 0x0112, 3, 1, orientation, 0)
    chunk = struct.pack(">I", len(exif) - 4) + exif + struct.pack(">I", zlib.crc32(exif))
    return bytes(data[:33]) + chunk + bytes(data[33:])


@pytest.mark.parametrize(
    "make",
    [
        pytest.param(lambda: tiff(3, "u2", **RGB), id="rgb"),
        pytest.param(lambda: tiff(3, "u2", **RGB, **TURNED), id="turned"),
        pytest.param(lambda: tiff(3, "u2", **RGB, compression="zlib", predictor=True), id="compressed"),
        pytest.param(lambda: tiff(3, "u2", photometric="rgb", tile=(64, 64)), id="tiles"),
        pytest.param(lambda: tiff(3, "u2", **RGB, planarconfig="separate"), id="planes"),
        pytest.param(lambda: tiff(4, "u2", **RGB, extrasamples=["unassalpha"]), id="alpha"),
        pytest.param(lambda: tiff(6, "u2", **RGB, extrasamples=["unspecified"] * 3), id="further channels"),
        pytest.param(lambda: tiff(3, "f4", **RGB), id="floats"),
        pytest.param(lambda: tiff(3, "f8", **RGB), id="floats of 64 bits"),
        pytest.param(lambda: tiff(4, "f2", **RGB, extrasamples=["assocalpha"]), id="floats of 16 bits"),
        pytest.param(lambda: tiff(3, "i4", **RGB), id="whole numbers of 32 bits"),
        pytest.param(lambda: tiff(1, "f4", photometric="minisblack", **STRIPS), id="grey floats"),
        pytest.param(lambda: tiff(1, "u2", photometric="minisblack", **STRIPS), id="greys"),
        pytest.param(lambda: tiff(1, "u2", photometric="miniswhite", **STRIPS), id="small ones are white"),
        pytest.param(lambda: png(3), id="png"),
        pytest.param(lambda: png(3, orientation=6), id="turned png"),
        pytest.param(lambda: png(4), id="png with alpha"),
        pytest.param(lambda: png(4, orientation=6), id="turned png with alpha"),
        pytest.param(lambda: png(1), id="grey png"),
        pytest.param(lambda: png(1, orientation=6), id="turned grey png"),
    ],
)
def test_reading_takes_no_more_than_was_counted(
    make: Callable[[], bytes], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    path = tmp_path / "a"
    path.write_bytes(make())
    counted: list[int] = []
    monkeypatch.setattr(images, "check_memory", lambda nbytes, _name: counted.append(nbytes))
    monkeypatch.setattr("s2m.files.contrast_limits._VALUES_AT_ONCE", 1 << 12)
    read_image_and_numbers(path)

    tracemalloc.start()
    read_image_and_numbers(path)
    peak = tracemalloc.get_traced_memory()[1]
    tracemalloc.stop()

    assert peak <= max(counted) + BESIDE
