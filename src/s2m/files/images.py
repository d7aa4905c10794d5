"""An image file of any mode in, an upright RGB image (H, W, 3) uint8 out."""

from __future__ import annotations

import io
import re
import threading
from pathlib import Path

import cv2
import numpy as np
from PIL import Image, ImageOps

from s2m.errors import ImageError
from s2m.files.contrast_limits import Numbers, to_8_bits, usual_limits
from s2m.types import ByteArray

MAX_MEGAPIXELS = 400
"""Larger images are refused before they are decoded: 400 megapixels take 1.2 GB as RGB."""

IMAGE_SUFFIXES = (".jpg", ".jpeg", ".png", ".webp", ".tif", ".tiff", ".bmp", ".gif", ".jp2", ".ppm", ".pgm", ".avif")
"""What counts as an image when a folder is listed; a single file may have any name."""

_EXIF_ORIENTATION = 0x0112

_TURNED = (5, 6, 7, 8)
"""EXIF orientations that swap width and height."""

_opening = threading.Lock()


def read_image(path: Path | str) -> ByteArray:
    """Read a photograph.

    EXIF orientation is applied, transparency is laid over white, 16-bit and float greys are brought to
    8 bits (see ``s2m.files.contrast_limits.usual_limits``).  Of an animation or a stack the first picture is taken.

    Args:
        path: any format that Pillow knows.

    Returns:
        (H, W, 3) uint8, sRGB, H and W at least 1.

    Raises:
        ImageError: missing, unreadable, empty, no image, truncated, or larger than ``MAX_MEGAPIXELS``.
    """
    return read_image_bytes(read_file(Path(path)), str(path))


def read_image_bytes(data: bytes, name: str) -> ByteArray:
    """Read a photograph from the bytes of its file; ``name`` stands in error messages.  See ``read_image``."""
    with open_picture(data, name) as picture:
        try:
            upright = ImageOps.exif_transpose(picture)
            return _to_rgb(upright)
        except Exception as error:  # Pillow's decoders raise errors of every kind on damaged files.
            raise ImageError(f"{name} is damaged or truncated ({_reason(error)}); get a fresh copy of it") from error


def read_numbers_bytes(data: bytes, name: str) -> Numbers | None:
    """The values of an image of more than 8 bits a channel from the bytes of its file; None where 8 bits say all.

    Returns:
        (H, W), or (H, W, 3) RGB, upright; uint16, int32 or float32.  Transparency is laid over white.

    Raises:
        ImageError: as ``read_image``.
    """
    with open_picture(data, name) as picture:
        try:
            if _is_deep_grey(picture):
                return np.asarray(ImageOps.exif_transpose(picture))
            if not _is_deep_colour(picture):
                return None
            orientation = picture.getexif().get(_EXIF_ORIENTATION, 1)
            # Pillow keeps the upper 8 of the 16 bits of colours.
            decoded = cv2.imdecode(np.frombuffer(data, np.uint8), cv2.IMREAD_UNCHANGED)
        except Exception as error:  # As in ``read_image_bytes``.
            raise ImageError(f"{name} is damaged or truncated ({_reason(error)}); get a fresh copy of it") from error
    if decoded is None or decoded.dtype != np.uint16:
        return None
    return turned(_rgb_of_decoded(decoded), orientation)


def turned(values: Numbers, orientation: int) -> Numbers:
    """An array (H, W, ...) made upright according to its EXIF orientation, 1 to 8."""
    if orientation in _TURNED:
        values = values.swapaxes(0, 1)
    if orientation in (2, 3, 6, 7):
        values = values[:, ::-1]
    if orientation in (3, 4, 7, 8):
        values = values[::-1]
    return values


def image_size(path: Path) -> tuple[int, int]:
    """(H, W) of the upright image, from the head of its file, without decoding it; errors as ``read_image``."""
    with open_picture(read_file(path), str(path)) as picture:
        width, height = picture.size
        turned = picture.getexif().get(_EXIF_ORIENTATION) in _TURNED
    return (width, height) if turned else (height, width)


def find_images(folder: Path) -> list[Path]:
    """The images of a folder (not of the folders in it), "photo2" before "photo10".

    Raises:
        ImageError: the folder cannot be read or holds no image.
    """
    try:
        files = [path for path in folder.iterdir() if path.suffix.lower() in IMAGE_SUFFIXES and path.is_file()]
    except OSError as error:
        raise ImageError(f"cannot list {folder}: {error.strerror or error}; name a folder that you may read") from error
    visible = [path for path in files if not path.name.startswith(".")]
    if not visible:
        raise ImageError(f"no image in {folder}; wanted files that end in {', '.join(IMAGE_SUFFIXES)}")
    return sorted(visible, key=lambda path: _natural_order(path.name))


def read_file(path: Path) -> bytes:
    """The bytes of an image file, at least one of them.

    Raises:
        ImageError: missing, a folder, unreadable or empty.
    """
    try:
        data = Path(path).read_bytes()
    except FileNotFoundError as error:
        raise ImageError(f"{path} does not exist; check its name") from error
    except IsADirectoryError as error:
        raise ImageError(f"{path} is a folder; name an image file") from error
    except OSError as error:
        raise ImageError(f"cannot read {path}: {error.strerror or error}; check its permissions") from error
    if not data:
        raise ImageError(f"{path} is empty (0 bytes); get a fresh copy of it")
    return data


def open_picture(data: bytes, name: str) -> Image.Image:
    """Open an image without decoding its pixels yet, after checking that it is of a sensible size.

    Raises:
        ImageError: no image, without pixels, or larger than ``MAX_MEGAPIXELS``.
    """
    with _opening:
        # Pillow warns above 89 and refuses above 179 megapixels; our own limit below takes its place.
        limit, Image.MAX_IMAGE_PIXELS = Image.MAX_IMAGE_PIXELS, None
        try:
            picture = Image.open(io.BytesIO(data))
        except Exception as error:  # Pillow's readers raise errors of every kind on files that are no images.
            raise ImageError(f"{name} is not an image that can be read; save it as JPEG, PNG, WebP or TIFF") from error
        finally:
            Image.MAX_IMAGE_PIXELS = limit
    width, height = picture.size
    if width < 1 or height < 1:
        raise ImageError(f"{name} has no pixels ({width} x {height}); get a fresh copy of it")
    if width * height > MAX_MEGAPIXELS * 1_000_000:
        raise ImageError(
            f"{name} has {width} x {height} pixels, more than the limit of {MAX_MEGAPIXELS} megapixels; "
            "scale it down or cut it into parts"
        )
    return picture


def load_picture(data: bytes, name: str) -> Image.Image:
    """Decode an image as it is: its own mode, not turned upright.

    Raises:
        ImageError: as ``open_picture``, or damaged.
    """
    with open_picture(data, name) as picture:
        try:
            picture.load()
        except Exception as error:  # Pillow's decoders raise errors of every kind on damaged files.
            raise ImageError(f"{name} is damaged or truncated ({_reason(error)}); get a fresh copy of it") from error
    return picture


def _to_rgb(picture: Image.Image) -> ByteArray:
    if _is_deep_grey(picture):
        numbers = np.asarray(picture)
        grey = to_8_bits(numbers, usual_limits(numbers))
        return np.repeat(grey[:, :, None], 3, axis=2)
    if picture.has_transparency_data:
        picture = picture.convert("RGBA")
        white = Image.new("RGBA", picture.size, (255, 255, 255, 255))
        picture = Image.alpha_composite(white, picture)
    return np.array(picture.convert("RGB"), dtype=np.uint8)


def _is_deep_grey(picture: Image.Image) -> bool:
    return picture.mode in ("I", "F") or picture.mode.startswith("I;16")


def _is_deep_colour(picture: Image.Image) -> bool:
    """Whether the file has colours of 16 bits, of which Pillow's modes have none."""
    return any(";16" in str(tile[3]) for tile in getattr(picture, "tile", ()))


def _rgb_of_decoded(decoded: Numbers) -> Numbers:
    """OpenCV's BGR or BGRA, uint16, as RGB (H, W, 3) over white; greys (H, W) stay."""
    if decoded.ndim == 2:
        return decoded
    colours = decoded[:, :, 2::-1]
    if decoded.shape[2] < 4:
        return colours
    share = decoded[:, :, 3:].astype(np.float32) / 65535
    return np.asarray(np.round(colours * share + 65535 * (1 - share)), dtype=np.uint16)


def _natural_order(name: str) -> list[tuple[int, int, str]]:
    """A key that sorts runs of digits as numbers."""
    parts = re.split(r"(\d+)", name.lower())
    return [(0, int(part), "") if part.isdigit() else (1, 0, part) for part in parts if part]


def _reason(error: Exception) -> str:
    return (str(error) or type(error).__name__).splitlines()[0]
