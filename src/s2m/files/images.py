"""An image file of any kind in, an upright RGB image (H, W, 3) uint8 out."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Callable
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import cv2
import numpy as np
from numpy.typing import NDArray
from PIL import Image

from s2m.errors import ImageError
from s2m.files import heif, large_pictures
from s2m.files.colour_profiles import to_srgb
from s2m.files.contrast_limits import Numbers, bands, to_8_bits, usual_limits
from s2m.files.opening import MAX_MEGAPIXELS as MAX_MEGAPIXELS
from s2m.files.opening import (
    RGB_BYTES,
    UnsupportedPictureError,
    as_stored,
    check_memory,
    check_size,
    damaged,
    load_picture,
    open_picture,
    orientation_of,
    picture_nbytes,
    upright_size,
)
from s2m.files.opening import turned as turned
from s2m.files.reading import is_utf8, printable, read_bytes
from s2m.files.tiff_pictures import TiffHead, check_is_whole, is_tiff, read_head, read_upright
from s2m.types import ByteArray

IMAGE_SUFFIXES = (
    *(".jpg", ".jpeg", ".jpe", ".jfif", ".mpo", ".png", ".apng", ".webp", ".tif", ".tiff", ".bmp", ".dib", ".gif"),
    *(".jp2", ".j2k", ".jpx", ".ppm", ".pgm", ".pbm", ".pnm", ".avif", ".tga", *heif.SUFFIXES),
)
"""What counts as an image when a folder is listed, where all extras are installed; a single file may have any name."""

MAX_NAME_BYTES = 240
"""Longer file names are left out: what is kept beside an image has its name and an ending."""

_UNREAD_SUFFIXES = (
    *(".jxl", ".psd", ".exr", ".hdr", ".svg", ".pdf", ".eps", ".ps", ".ai", ".ico", ".dcm", ".fits"),
    *(".dng", ".cr2", ".cr3", ".nef", ".arw", ".orf", ".rw2", ".raf", ".czi", ".lsm", ".nd2", ".svs", ".ndpi"),
)
"""Pictures of formats that are not read."""

_BAND_PIXELS = 1 << 22
"""Pixels that are turned to RGB at a time."""


@dataclass(frozen=True)
class _Deep:
    """A picture of more than 8 bits a channel, or of 8 that Pillow has no mode for.

    Attributes:
        numbers: (H, W), or (H, W, 3) RGB, upright, uint8, uint16, int32 or float32.
        icc_profile: its colour profile, or None.
    """

    numbers: Numbers
    icc_profile: bytes | None


def read_image(path: Path | str) -> ByteArray:
    """Read a photograph.

    Orientation is applied, colour profiles are turned to sRGB, transparency is laid over white.  More than 8 bits are
    brought to 8 (see ``s2m.files.contrast_limits.usual_limits``).  Of an animation or a stack the first picture is
    taken.  docs/files.md says what is read.

    Args:
        path: a file of one of the formats of docs/files.md.

    Returns:
        (H, W, 3) uint8, sRGB, H and W at least 1.

    Raises:
        ImageError: missing, unreadable, empty, no image, truncated, not supported, or larger than ``MAX_MEGAPIXELS``.
    """
    return read_image_bytes(read_file(Path(path)), str(path))


def read_image_bytes(data: bytes, name: str) -> ByteArray:
    """Read a photograph from the bytes of its file; ``name`` stands in error messages.  See ``read_image``."""
    name = printable(name)
    deep = _read_deep(data, name)
    return _as_rgb(load_picture(data, name), name) if deep is None else _in_8_bits(deep)


def read_small_image(path: Path, least_side_px: int) -> ByteArray:
    """Read a photograph for a thumbnail: as ``read_image``, but a JPEG may come smaller.

    Args:
        path: see ``read_image``.
        least_side_px: sides of the image at least, unless it is smaller.
    """
    data, name = read_file(path), printable(path)
    deep = _read_deep(data, name)
    return _as_rgb(load_picture(data, name, least_side_px), name) if deep is None else _in_8_bits(deep)


def image_of_picture(picture: Image.Image, name: str) -> ByteArray:
    """A photograph that Pillow holds, as ``read_image`` gives it; ``name`` stands in error messages.

    Raises:
        ImageError: its pixels cannot be decoded.
    """
    try:
        picture.load()
    except Exception as error:  # As those of its converters.
        raise damaged(name, error) from error
    deep = _deep_grey(picture, orientation_of(picture)) if _is_deep_grey(picture) else None
    return _as_rgb(picture, name) if deep is None else _in_8_bits(deep)


def _as_rgb(picture: Image.Image, name: str) -> ByteArray:
    try:
        return _to_rgb(picture)
    except Exception as error:  # Pillow's converters raise errors of every kind on damaged files.
        raise damaged(name, error) from error


def _in_8_bits(deep: _Deep) -> ByteArray:
    numbers = deep.numbers
    grey = numbers.astype(np.uint8) if numbers.dtype == np.uint8 else to_8_bits(numbers, usual_limits(numbers))
    colours = cv2.cvtColor(grey, cv2.COLOR_GRAY2RGB) if grey.ndim == 2 else grey
    turn = to_srgb(deep.icc_profile, "RGB")
    if turn is not None:
        for band in bands(colours):
            band[...] = np.asarray(turn(Image.fromarray(band)))
    return np.asarray(colours, dtype=np.uint8)


def read_image_and_numbers(path: Path) -> tuple[ByteArray, Numbers | None]:
    """Read a photograph once, and the values behind it where it has more than 8 bits a channel.

    Returns:
        The image as ``read_image`` gives it, and (H, W), or (H, W, 3) RGB, upright; uint16, int32 or float32; None
        where 8 bits say all.  Transparency is laid over white.

    Raises:
        ImageError: as ``read_image``.
    """
    data, name = read_file(path), printable(path)
    deep = _read_deep(data, name)
    if deep is None:
        return _as_rgb(load_picture(data, name), name), None
    del data
    return _in_8_bits(deep), (None if deep.numbers.dtype == np.uint8 else deep.numbers)


def image_size(path: Path) -> tuple[int, int]:
    """(H, W) of the upright image, from the head of its file, without decoding it; errors as ``read_image``."""
    data, name = read_file(path), printable(path)
    if is_tiff(data):
        head = read_head(data, name)
        size_hw, orientation = head.size_hw, head.orientation
        try:
            _check_tiff(data, head, name)
        except UnsupportedPictureError as refusal:
            level = _level(data, name, refusal)
            size_hw, orientation = level.size_hw, level.orientation
        return size_hw if orientation < 5 else size_hw[::-1]
    return upright_size(open_picture(data, name))


def find_images(folder: Path) -> list[Path]:
    """The images of a folder (not of the folders in it), "photo2" before "photo10"; ``left_out`` names the others.

    Raises:
        ImageError: the folder cannot be read or holds no image.
    """
    unread = _unread_suffixes()
    suffixes = [suffix for suffix in IMAGE_SUFFIXES if suffix not in unread]
    found = [path for path in _files_of(folder) if path.suffix.lower() in suffixes]
    images = [path for path in found if _flaw_of_name(path.name) is None]
    if not images:
        reasons = "".join(f"; {words}" for words in left_out(folder))
        raise ImageError(f"no image in {folder}; wanted files that end in {', '.join(suffixes)}{reasons}")
    return sorted(images, key=lambda path: _natural_order(path.name))


def left_out(folder: Path) -> list[str]:
    """What ``find_images`` leaves out of a folder, a sentence each: pictures that are not read, and impossible names.

    Raises:
        ImageError: the folder cannot be read.
    """
    files = _files_of(folder)
    unread = _unread_suffixes()
    counts = Counter(path.suffix.lower() for path in files if path.suffix.lower() in unread)
    counted = [
        f"{count} {'file' if count == 1 else 'files'} {ending} left out: {unread[ending]}"
        for ending, count in sorted(counts.items())
    ]
    flaws = [
        f'"{printable(path.name)}" left out: {flaw}'
        for path in files
        if path.suffix.lower() in IMAGE_SUFFIXES
        and path.suffix.lower() not in unread
        and (flaw := _flaw_of_name(path.name)) is not None
    ]
    return counted + flaws


def check_name(path: Path) -> None:
    """Make sure that an image has a name that can be kept and shown.

    Raises:
        ImageError: its name is not UTF-8, or too long.
    """
    flaw = _flaw_of_name(path.name)
    if flaw is not None:
        raise ImageError(f"{printable(path)}: {flaw}")


def read_file(path: Path) -> bytes:
    """The bytes of an image file, at least one of them.

    Raises:
        ImageError: missing, a folder, unreadable, too large or empty.
    """
    data = read_bytes(path, ImageError)
    if not data:
        raise ImageError(f"{printable(path)} is empty (0 bytes); get a fresh copy of it")
    return data


def _files_of(folder: Path) -> list[Path]:
    """The files of a folder, without hidden ones."""
    try:
        return [path for path in folder.iterdir() if not path.name.startswith(".") and path.is_file()]
    except OSError as error:
        raise ImageError(f"cannot list {folder}: {error.strerror or error}; name a folder that you may read") from error


def _unread_suffixes() -> dict[str, str]:
    """Endings of pictures that are not read here, and what to do."""
    unread = dict.fromkeys(_UNREAD_SUFFIXES, "not read, save as JPEG, PNG or TIFF")
    return unread if heif.is_installed() else unread | dict.fromkeys(heif.SUFFIXES, heif.ADVICE)


def _flaw_of_name(name: str) -> str | None:
    if not is_utf8(name):
        return "its name is not UTF-8; rename it"
    if len(name.encode()) > MAX_NAME_BYTES:
        return f"its name has {len(name.encode())} bytes, the most are {MAX_NAME_BYTES}; rename it"
    return None


def _read_deep(data: bytes, name: str) -> _Deep | None:
    """What ``_Deep`` is for, with finite numbers; None where Pillow reads the picture to the bit."""
    deep = _read_stored_deep(data, name)
    return None if deep is None else replace(deep, numbers=_made_finite(deep.numbers))


def _read_stored_deep(data: bytes, name: str) -> _Deep | None:
    if is_tiff(data):
        try:
            return _read_tiff(data, name)
        except UnsupportedPictureError as refusal:
            level = _level(data, name, refusal)
            numbers = _of_usual_kind(large_pictures.read_level(data, level, name))
            return _Deep(np.ascontiguousarray(turned(numbers, level.orientation)), None)
    picture = open_picture(data, name)
    is_grey = _is_deep_grey(picture)
    # Pillow keeps the upper 8 of the 16 bits of colours.
    if not is_grey and not any(";16" in str(tile[3]) for tile in getattr(picture, "tile", ())):
        return None
    width, height = picture.size
    orientation = orientation_of(picture)
    if is_grey:
        stored = 2 if picture.mode.startswith("I;16") else 4
        decoding = stored * (2 if orientation == 1 else 3) + 1 + RGB_BYTES
        check_memory(picture_nbytes(len(data), width * height, decoding, stored), name)
        return _deep_grey(load_picture(data, name), orientation)
    # OpenCV gives what is not plain RGB with alpha, and a copy is made without it.
    has_alpha = picture.mode != "RGB" or picture.has_transparency_data
    decoding = 2 * (3 + 4 * has_alpha + 3 * (orientation != 1 and not has_alpha)) + RGB_BYTES
    check_memory(picture_nbytes(len(data), width * height, decoding, 2 * 3), name)
    decoded = cv2.imdecode(np.frombuffer(data, np.uint8), cv2.IMREAD_UNCHANGED)
    if decoded is None:
        raise ImageError(f"{name} is damaged or truncated; get a fresh copy of it")
    if decoded.dtype != np.uint16:
        return None
    alpha = decoded[:, :, 3] if decoded.ndim == 3 and decoded.shape[2] == 4 else None
    numbers = decoded if decoded.ndim == 2 else decoded[:, :, :3]
    if alpha is not None:
        _lay_over_white(numbers, alpha)
    for band in bands(numbers) if numbers.ndim == 3 else ():
        band[...] = band[:, :, ::-1].copy()
    return _Deep(np.ascontiguousarray(turned(numbers, orientation)), picture.info.get("icc_profile"))


def _is_deep_grey(picture: Image.Image) -> bool:
    return picture.mode in ("I", "F") or picture.mode.startswith("I;16")


def _deep_grey(picture: Image.Image, orientation: int) -> _Deep:
    values = _of_usual_kind(np.asarray(picture))
    return _Deep(np.ascontiguousarray(turned(values, orientation)), picture.info.get("icc_profile"))


def _read_tiff(data: bytes, name: str) -> _Deep | None:
    head = read_head(data, name)
    _check_tiff(data, head, name)
    if head.is_for_pillow:
        return None
    colours, alpha = read_upright(data, head, name)
    numbers: NDArray[Any] = _of_usual_kind(colours)
    if head.photometric == 0:
        # Small values are white: what is shown as black and as white change places.
        limits = usual_limits(numbers)
        for band in bands(numbers):
            band[...] = _of_usual_kind((limits.low + limits.high) - band.astype(np.float64), numbers.dtype)
    if alpha is not None:
        _lay_over_white(numbers, _of_usual_kind(alpha), head.extras[0] == 1)
    return _Deep(numbers, head.icc_profile)


def _check_tiff(data: bytes, head: TiffHead, name: str) -> None:
    """Make sure that the first picture of a TIFF is not too large."""
    check_size(head.size_hw, name)
    if head.is_for_pillow:
        open_picture(data, name)
        return
    # Numbers of other kinds are copied to one that is usual, and greys to colours.
    kind = f"{head.kind}{max(head.bits)}"
    usual_nbytes = 2 if kind[0] == "u" and max(head.bits) <= 16 else 4
    copies = 0 if usual_nbytes == 2 or kind == "f32" else usual_nbytes * (head.colours + head.has_alpha)
    decoding = head.pixel_nbytes + copies + RGB_BYTES + (head.colours == 1)
    numbers = 0 if kind == "u8" else usual_nbytes * head.colours
    check_memory(picture_nbytes(len(data), head.size_hw[0] * head.size_hw[1], decoding, numbers), name)


def _level(data: bytes, name: str, refusal: UnsupportedPictureError) -> large_pictures.Level:
    """What an extra can read of a TIFF that was refused.

    Raises:
        UnsupportedPictureError: the extra is missing, or cannot read it either.
    """
    if not large_pictures.is_installed():
        raise UnsupportedPictureError(f"{refusal}, {large_pictures.ADVICE}") from refusal
    check_is_whole(data, read_head(data, name), name)
    level = large_pictures.fitting_level(data, name)
    if level is None:
        raise refusal
    return level


def _of_usual_kind(values: NDArray[Any], dtype: np.dtype[Any] | None = None) -> NDArray[Any]:
    """Numbers as uint8 or uint16 where they are, else as int32 where they fit, else as float32."""
    if dtype is None and values.dtype.kind == "u" and values.dtype.itemsize <= 2:
        return np.asarray(values, dtype=values.dtype.newbyteorder("="))
    if dtype is None:
        fits = values.dtype.kind in "iu" and int(values.min()) >= -(2**31) and int(values.max()) < 2**31
        dtype = np.dtype(np.int32 if fits else np.float32)
    with np.errstate(over="ignore", invalid="ignore"):
        return values.astype(dtype, copy=False)


def _made_finite(values: NDArray[Any]) -> NDArray[Any]:
    """The values with 0 where they are no finite numbers, in place where they may be changed."""
    if values.dtype.kind != "f":
        return values
    made = values if values.flags.writeable else values.copy()
    for band in bands(made):
        np.nan_to_num(band, copy=False, nan=0.0, posinf=0.0, neginf=0.0)
    return made


def _lay_over_white(colours: NDArray[Any], alpha: NDArray[Any], multiplied: bool = False) -> None:
    """Lay colours (H, W) or (H, W, 3) over white, in place, by alpha (H, W), which is full where it is largest."""
    white = usual_limits(alpha).high
    shape = (-1, colours.shape[1], *(1,) * (colours.ndim - 2))
    for band, cover in zip(bands(colours), bands(np.broadcast_to(alpha.reshape(shape), colours.shape)), strict=True):
        share = cover.astype(np.float32) / white
        lain = (band if multiplied else band * share) + white * (1 - share)
        band[...] = np.round(lain) if colours.dtype.kind in "iu" else lain


def _to_rgb(picture: Image.Image) -> ByteArray:
    """A decoded picture of 8 bits as upright RGB, a band of rows at a time."""
    orientation = orientation_of(picture)
    width, height = picture.size
    upright = np.empty((width, height, 3) if orientation >= 5 else (height, width, 3), dtype=np.uint8)
    stored = as_stored(upright, orientation)
    icc_profile = picture.info.get("icc_profile")
    turns: dict[str, Callable[[Image.Image], Image.Image] | None] = {}
    rows = max(1, _BAND_PIXELS // width)
    for top in range(0, height, rows):
        band = _in_mode_with_colours(picture.crop((0, top, width, min(height, top + rows))))
        if band.mode not in turns:
            turns[band.mode] = to_srgb(icc_profile, band.mode)
        turn = turns[band.mode]
        if turn is not None:
            band = turn(band)
        if band.mode == "RGBA":
            band = Image.alpha_composite(Image.new("RGBA", band.size, (255, 255, 255, 255)), band)
        stored[top : top + rows] = np.asarray(band.convert("RGB"))
    return upright


def _in_mode_with_colours(picture: Image.Image) -> Image.Image:
    """A picture in a mode that profiles know: RGB, RGBA, L, CMYK or LAB."""
    if picture.mode == "La":
        picture = picture.convert("LA")
    if picture.has_transparency_data:
        return picture.convert("RGBA")
    return picture if picture.mode in ("L", "CMYK", "LAB") else picture.convert("RGB")


def _natural_order(name: str) -> list[tuple[int, int, str]]:
    """A key that sorts runs of digits as numbers."""
    parts = re.split(r"(\d+)", name.lower())
    return [(0, int(part), "") if part.isdigit() else (1, 0, part) for part in parts if part]
