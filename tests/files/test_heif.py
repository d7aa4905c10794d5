from __future__ import annotations

import io
from pathlib import Path

import numpy as np
import pillow_heif
import pytest
from PIL import Image

from s2m.errors import ImageError
from s2m.files.images import find_images, image_size, left_out, read_image, read_image_bytes


def heic(colours: tuple[tuple[int, int, int], tuple[int, int, int]], orientation: int = 1) -> bytes:
    """A picture of 64 x 96 pixels whose upper half has the first colour."""
    pixels = np.empty((64, 96, 3), dtype=np.uint8)
    pixels[:32], pixels[32:] = colours
    exif = Image.Exif()
    exif[0x0112] = orientation
    pillow_heif.register_heif_opener()
    buffer = io.BytesIO()
    Image.fromarray(pixels).save(buffer, "HEIF", exif=exif.tobytes(), quality=95)
    return buffer.getvalue()


def test_photographs_of_telephones_are_read_and_turned_upright_once(tmp_path: Path) -> None:
    path = tmp_path / "a.HEIC"
    path.write_bytes(heic(((200, 30, 30), (30, 30, 200)), orientation=6))

    assert [found.name for found in find_images(tmp_path)] == ["a.HEIC"]
    assert left_out(tmp_path) == []
    assert image_size(path) == (96, 64)
    image = read_image(path)
    assert image.shape == (96, 64, 3)
    # Orientation 6: the upper half of what is stored is on the right.
    assert np.abs(image[:, 40:].astype(int) - (200, 30, 30)).max() < 12
    assert np.abs(image[:, :24].astype(int) - (30, 30, 200)).max() < 12


def test_a_cut_file_is_refused() -> None:
    data = heic(((200, 30, 30), (30, 30, 200)))
    for length in (20, len(data) // 2, len(data) - 30):
        with pytest.raises(ImageError, match=r"a\.heic"):
            read_image_bytes(data[:length], "a.heic")


def test_without_the_extra_a_line_says_what_to_install(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("s2m.files.heif.is_installed", lambda: False)
    (tmp_path / "a.jpg").touch()
    (tmp_path / "b.heic").write_bytes(b"\0\0\0\x18ftypheic\0\0\0\0")

    assert left_out(tmp_path) == ["1 file .heic left out: install what reads it with: pip install 's2m[heic]'"]
    with pytest.raises(ImageError, match=r"it is HEIC.*pip install 's2m\[heic\]'"):
        read_image(tmp_path / "b.heic")
