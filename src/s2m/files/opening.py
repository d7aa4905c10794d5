"""The bytes of a picture file in; a Pillow image out, of a format that is meant to be read and of a checked size."""

from __future__ import annotations

import io
import logging
import struct
import threading
import zlib
from typing import Any

from numpy.typing import NDArray
from PIL import Image

from s2m.errors import ImageError
from s2m.files import heif

MAX_MEGAPIXELS = 400
"""Larger images are refused before they are decoded."""

MAX_SIDE_PX = 100_000
"""Longer images are refused too: each row costs memory of its own."""

MAX_PICTURE_BYTES = 1_850_000_000
"""Images that would take more memory, while they are decoded or while they are drawn in, are refused before."""

_FORMATS = ("JPEG", "PNG", "WEBP", "TIFF", "BMP", "DIB", "GIF", "JPEG2000", "PPM", "AVIF")
_BY_NAME_ALONE = ((".tga", "TGA"),)
"""Formats whose files have no mark at their beginning."""

_STORED = {"1": 1, "L": 1, "P": 1, "I;16": 2, "I;16B": 2, "I;16L": 2}
"""Bytes of a pixel in Pillow's memory; 4 in all other modes."""

_DECODERS = {"WEBP": 12, "AVIF": 9, "HEIF": 9, "JPEG2000": 16, "GIF": 4, "TIFF": 1}
"""Bytes of a pixel that a decoder takes beside the picture, measured; 0 for all others."""

RGB_BYTES = 3
"""Bytes of a pixel of an image."""

_DRAWING_BYTES = 6
"""Bytes of a pixel that label maps and masks take while an image is drawn in."""

_FOREIGN = (
    (4, b"ftyphe", "HEIC"),
    (4, b"ftypmif1", "HEIF"),
    (0, b"%PDF", "PDF"),
    (0, b"%!PS", "PostScript"),
    (0, b"\xc5\xd0\xd3\xc6", "PostScript"),
    (0, b"8BPS", "Photoshop"),
    (0, b"v/1\x01", "OpenEXR"),
    (0, b"\xff\x0a", "JPEG XL"),
    (0, b"\0\0\0\x0cJXL ", "JPEG XL"),
    (128, b"DICM", "DICOM"),
    (0, b"<svg", "SVG"),
    (0, b"<?xml", "XML"),
    (0, b"\x89HDF", "HDF5"),
    (0, b"\x93NUMPY", "NumPy"),
)
"""Where and how files begin that people take for images that are read here."""

_EXIF_ORIENTATION = 0x0112
TURNED = (5, 6, 7, 8)
"""EXIF orientations that swap width and height."""

_log = logging.getLogger(__name__)
_opening = threading.Lock()


FRESH_COPY = "it is damaged, or no image at all; get a fresh copy, as JPEG, PNG, WebP or TIFF"
"""Advice on a file that nothing can be made of."""


class UnsupportedPictureError(ImageError):
    """A picture that is larger, or of another kind, than can be read; another reader may know it."""


def open_picture(data: bytes, name: str) -> Image.Image:
    """Open an image without decoding its pixels yet, after checking its format and its size.

    Raises:
        ImageError: no image, without pixels, larger than ``MAX_MEGAPIXELS``, or too large to be decoded.
    """
    formats = (*_FORMATS, *(kind for suffix, kind in _BY_NAME_ALONE if name.lower().endswith(suffix)))
    if heif.is_heif(data) and heif.is_installed():
        heif.register()
        formats = (*formats, "HEIF")
    with _opening:
        # Pillow warns above 89 and refuses above 179 megapixels; our own limit below takes its place.
        limit, Image.MAX_IMAGE_PIXELS = Image.MAX_IMAGE_PIXELS, None
        try:
            picture = Image.open(io.BytesIO(data), formats=formats)
        except Exception as error:  # Pillow's readers raise errors of every kind on files that are no images.
            more = f", or {heif.ADVICE}" if heif.is_heif(data) and not heif.is_installed() else ""
            foreign = _foreign_words(data)
            advice = "save it as JPEG, PNG, WebP or TIFF" if foreign else FRESH_COPY
            raise ImageError(f"{name} is not an image that can be read{foreign}; {advice}{more}") from error
        finally:
            Image.MAX_IMAGE_PIXELS = limit
    width, height = picture.size
    check_size((height, width), name)
    if picture.format == "PNG":
        _check_png_is_whole(data, name)
        if not {"exif", "Raw profile type exif"} & set(picture.info) and not _has_words_after_pixels(data):
            # Pillow would decode all pixels to look for an orientation behind them.
            picture.info["exif"] = b""
    stored = _STORED.get(picture.mode, 4) + _DECODERS.get(picture.format or "", 0)
    if picture.info.get("progressive"):
        stored += 6
    check_memory(picture_nbytes(len(data), width * height, stored + RGB_BYTES), name)
    return picture


def check_size(size_hw: tuple[int, int], name: str) -> None:
    """Make sure that a picture has pixels and not too many.

    Raises:
        ImageError: it has none, more than ``MAX_MEGAPIXELS``, or a side over ``MAX_SIDE_PX``.
    """
    height, width = size_hw
    if width < 1 or height < 1:
        raise ImageError(f"{name} has no pixels ({width} x {height}); get a fresh copy of it")
    if width * height > MAX_MEGAPIXELS * 1_000_000:
        raise UnsupportedPictureError(
            f"{name} has {width} x {height} pixels, more than the limit of {MAX_MEGAPIXELS} megapixels; "
            "scale it down or cut it into parts"
        )
    if max(width, height) > MAX_SIDE_PX:
        raise UnsupportedPictureError(
            f"{name} has {width} x {height} pixels, and a side may have {MAX_SIDE_PX:,}; cut it into parts"
        )


def picture_nbytes(file_nbytes: int, pixels: int, decoding: int, numbers: int = 0) -> int:
    """The most memory that a picture takes, while it is decoded or later, while it is drawn in.

    Args:
        file_nbytes: of the file.
        pixels: of the picture.
        decoding: bytes of a pixel while it is decoded.
        numbers: bytes of a pixel of the values of more than 8 bits that are kept beside RGB.
    """
    # A page has both at half, quarter, ... resolution too.
    kept = (RGB_BYTES + numbers) * 4 / 3 + _DRAWING_BYTES
    return max(file_nbytes + pixels * decoding, int(pixels * kept))


def check_memory(nbytes: int, name: str) -> None:
    """Make sure that a picture takes no more than ``MAX_PICTURE_BYTES``.

    Raises:
        ImageError: it does.
    """
    if nbytes > MAX_PICTURE_BYTES:
        raise UnsupportedPictureError(
            f"{name} would take {nbytes / 1e9:.2f} GB of memory, more than the limit of "
            f"{MAX_PICTURE_BYTES / 1e9:.2f} GB; scale it down or cut it into parts"
        )


def load_picture(data: bytes, name: str, least_side_px: int | None = None) -> Image.Image:
    """Decode an image as it is: its own mode, not turned upright (but TIFFs, which Pillow turns).

    A JPEG file that lacks nothing but its end marker is read, with a warning in the log.

    Args:
        data: the bytes of the file.
        name: stands in messages.
        least_side_px: where given, a JPEG may come at a half to an eighth of its size, with sides of at least so many
            pixels; that takes little time and memory.

    Raises:
        ImageError: as ``open_picture``, or damaged.
    """
    picture = open_picture(data, name)
    if least_side_px is not None:
        picture.draft(None, (least_side_px, least_side_px))
    try:
        picture.load()
    except Exception as error:  # Pillow's decoders raise errors of every kind on damaged files.
        whole = _without_end_marker(data) if picture.format in ("JPEG", "MPO") else None
        if whole is None:
            raise damaged(name, error) from error
        _log.warning("%s lacks the marker of its end; all its pixels are there", name)
        return whole
    return picture


def damaged(name: str, error: Exception) -> ImageError:
    """The error for a file whose pixels cannot be decoded."""
    reason = (str(error) or type(error).__name__).splitlines()[0]
    return ImageError(f"{name} is damaged or truncated ({reason}); get a fresh copy of it")


def orientation_of(picture: Image.Image) -> int:
    """The EXIF orientation of a picture, 1 to 8; of a TIFF after it is decoded always 1."""
    try:
        orientation = picture.getexif().get(_EXIF_ORIENTATION, 1)
    except Exception:  # As above; a picture whose EXIF is damaged is shown as it is stored.
        return 1
    return orientation if orientation in range(1, 9) else 1


def upright_size(picture: Image.Image) -> tuple[int, int]:
    """(H, W) of a picture that is not decoded yet, once it is turned upright."""
    width, height = picture.size
    # Pillow gives the size of a TIFF as it is after turning.
    return (width, height) if picture.format != "TIFF" and orientation_of(picture) in TURNED else (height, width)


def turned(values: NDArray[Any], orientation: int) -> NDArray[Any]:
    """An array (H, W, ...) made upright according to its EXIF orientation, 1 to 8."""
    return _flipped(values.swapaxes(0, 1) if orientation in TURNED else values, orientation)


def as_stored(values: NDArray[Any], orientation: int) -> NDArray[Any]:
    """A view of an upright array (H, W, ...) in the order in which a picture of an orientation is stored."""
    flipped = _flipped(values, orientation)
    return flipped.swapaxes(0, 1) if orientation in TURNED else flipped


def _flipped(values: NDArray[Any], orientation: int) -> NDArray[Any]:
    if orientation in (2, 3, 6, 7):
        values = values[:, ::-1]
    if orientation in (3, 4, 7, 8):
        values = values[::-1]
    return values


def _foreign_words(data: bytes) -> str:
    found = [kind for place, mark, kind in _FOREIGN if data[place : place + len(mark)] == mark]
    return f" (it is {found[0]})" if found else ""


def _has_words_after_pixels(data: bytes) -> bool:
    """Whether a PNG has chunks behind its pixels that may say how it is turned."""
    place, behind = 8, False
    while place + 8 <= len(data):
        length, kind = struct.unpack(">I4s", data[place : place + 8])
        behind = behind or kind == b"IDAT"
        if behind and kind in (b"eXIf", b"tEXt", b"zTXt", b"iTXt"):
            return True
        place += 12 + length
    return False


def _check_png_is_whole(data: bytes, name: str) -> None:
    """Refuse a PNG that holds fewer pixels than it says before memory is taken for them."""
    width, height, depth, colour, _, _, interlaced = struct.unpack(">IIBBBBB", data[16:29])
    channels = {2: 3, 4: 2, 6: 4}.get(colour, 1)
    if interlaced or width * height * channels * depth < 8 * 50_000_000:
        return
    wanted = height * ((width * channels * depth + 7) // 8 + 1)
    place, got, stream = 8, 0, zlib.decompressobj()
    try:
        while place + 8 <= len(data) and got < wanted:
            length, kind = struct.unpack(">I4s", data[place : place + 8])
            rest = data[place + 8 : place + 8 + length] if kind == b"IDAT" else b""
            while rest:
                got += len(stream.decompress(rest, 1 << 20))
                rest = stream.unconsumed_tail
            place += 12 + length
    except zlib.error as error:
        raise damaged(name, error) from error
    if got < wanted:
        raise ImageError(f"{name} is damaged or truncated ({got:,} of {wanted:,} bytes); get a fresh copy of it")


def _without_end_marker(data: bytes) -> Image.Image | None:
    """The picture of a JPEG that lacks its end marker alone; None where pixels are missing too.

    What stands between the last pixel and the end marker changes nothing; what stands where pixels should be, does.
    """
    pictures = []
    for filling in (b"", b"\x5a\x1e" * 64):
        picture = Image.open(io.BytesIO(data.rstrip(b"\xff") + filling + b"\xff\xd9"), formats=("JPEG",))
        try:
            picture.load()
        except Exception:  # As above.
            return None
        pictures.append(picture)
    return pictures[0] if pictures[0].tobytes() == pictures[1].tobytes() else None
