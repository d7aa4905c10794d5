"""A picture of a mask or of objects in; the object of each pixel out, or an error that says what was seen.

docs/files.md says what values, colours and alpha mean.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, Literal

import numpy as np
from numpy.typing import NDArray

from s2m.errors import ImageError, MaskError
from s2m.files.contrast_limits import to_8_bits, usual_limits
from s2m.files.opening import check_memory, check_size, load_picture, orientation_of, turned
from s2m.files.reading import printable
from s2m.files.tiff_pictures import is_tiff, read_head, read_upright
from s2m.types import BoolArray, ByteArray

MAX_OBJECT_ID = 254
"""The largest id that a label file holds; index 255 means "ignore"."""

IGNORE_ID = 255
"""Pixels of a label file about which nothing is said (PASCAL VOC's white border)."""

MaskKind = Literal["auto", "labels", "binary"]
"""What the values of a mask mean.

auto: as the picture suggests; what is ambiguous is refused.  labels: each value is an object.  binary: one object,
where a pixel is brighter than half of the brightest.
"""

ADVICE = "use --mask-kind binary for one object, or --mask-kind labels if each value is one"
"""What to do about an ambiguous mask, where there is such an option."""

_WHITE, _DEEP_WHITE = 255, 65535
_HALF_BRIGHT = (127, 128)
_FEW_VALUES, _MANY_VALUES, _BRIGHT = 3, 12, 200
"""A smoothed mask has at least a few values between black and something bright; other pictures have many."""

_FLAT_SHARE = 0.5
"""Of the pixels of objects most lie in squares of their own value; of those of smoothed edges few do."""


@dataclass(frozen=True)
class StoredPicture:
    """The pixels of a picture as they are stored, upright.

    Attributes:
        values: (H, W) indices or greys of any kind of number, or (H, W, 3) uint8 RGB.
        alpha: (H, W) uint8, or None where all is opaque.
        are_indices: whether the values are the indices of a palette.
        are_colours: whether they are stored as colours or with alpha, even where all of them are grey.
    """

    values: NDArray[Any]
    alpha: ByteArray | None = None
    are_indices: bool = False
    are_colours: bool = False


def voc_palette() -> ByteArray:
    """The colours of PASCAL VOC and DAVIS, (256, 3) uint8: black, dark red, dark green, ...

    The three lowest bits of an index are the highest bits of its red, green and blue; the next three bits
    the second highest, and so on.
    """
    indices = np.arange(256)
    palette = np.zeros((256, 3), dtype=np.uint8)
    for level in range(8):
        for channel in range(3):
            bit = (indices >> (3 * level + channel)) & 1
            palette[:, channel] |= (bit << (7 - level)).astype(np.uint8)
    return palette


def ids_of_picture(data: bytes, name: str, kind: MaskKind = "auto") -> ByteArray:
    """The objects of a picture.

    Args:
        data: its file.
        name: of the file, for messages.
        kind: what its values mean.

    Returns:
        (H, W) uint8, upright: 0 background, 1..254 objects, ``IGNORE_ID`` nothing said.

    Raises:
        MaskError: unreadable, no mask, ambiguous, or with values that are no objects.
    """
    name = printable(name)
    stored = read_stored(data, name)
    if stored.are_indices:
        return _brightest(stored.values) if kind == "binary" else np.asarray(stored.values, dtype=np.uint8)
    if stored.alpha is None:
        return _ids(stored.values, kind, name)
    opaque = stored.alpha >= _WHITE / 2
    shown = stored.values * (opaque if stored.values.ndim == 2 else opaque[:, :, None])
    if not _differ(stored.values[opaque]):
        return opaque.astype(np.uint8)
    try:
        return _ids(shown, kind, name)
    except MaskError:
        # A photograph whose object was cut out.
        return opaque.astype(np.uint8)


def read_stored(data: bytes, name: str) -> StoredPicture:
    """The pixels of a picture; a palette of black and white alone gives greys.

    Greys of a TIFF are the numbers that were stored, even where small ones are white.

    Raises:
        MaskError: unreadable, damaged, too large, or of a kind that holds no masks.
    """
    try:
        stored = _of_tiff(data, name) if is_tiff(data) else None
        return stored or _of_pillow(data, name)
    except ImageError as error:
        raise MaskError(str(error)) from error


def is_smoothed(values: NDArray[Any]) -> bool:
    """Whether whole numbers (H, W) are no objects: a mask with smoothed edges, one saved as JPEG, or a photograph."""
    counts = np.bincount(np.minimum(values, _WHITE).ravel(), minlength=256)
    between = np.flatnonzero(counts[1:_WHITE]) + 1
    brightest = int(np.flatnonzero(counts)[-1])
    if len(between) < _FEW_VALUES or (len(between) < _MANY_VALUES and brightest < _BRIGHT):
        return False
    inside = (values > 0) & (values < _WHITE)
    squares = np.ones((max(0, values.shape[0] - 1), max(0, values.shape[1] - 1)), dtype=bool)
    for other in (values[1:, :-1], values[:-1, 1:], values[1:, 1:]):
        squares &= values[:-1, :-1] == other
    flat = np.zeros(values.shape, dtype=bool)
    for part in (flat[:-1, :-1], flat[1:, :-1], flat[:-1, 1:], flat[1:, 1:]):
        part |= squares
    return bool(np.count_nonzero(flat & inside) < _FLAT_SHARE * np.count_nonzero(inside))


def whole_greys(values: NDArray[Any], name: str) -> NDArray[Any]:
    """Greys as whole numbers, 0 and 255 where they are black and white alone.

    Raises:
        MaskError: they are no whole numbers, or not finite.
    """
    if values.dtype.kind == "f":
        values = values.astype(np.float64 if values.dtype.itemsize > 4 else np.float32)
        if not np.isfinite(values).all():
            raise MaskError(f"{name} has values that are no finite numbers; wanted objects 0 to {MAX_OBJECT_ID}")
        if not (values == np.round(values)).all():
            raise MaskError(
                f"{name} has broken numbers from {values.min():g} to {values.max():g}: probabilities? "
                "use --mask-kind binary, or save it in black and white"
            )
    lowest, highest = values.min(), values.max()
    if highest == _DEEP_WHITE and not ((values > 0) & (values < _DEEP_WHITE)).any():
        return np.where(values > 0, np.uint8(_WHITE), np.uint8(0))
    if lowest < 0 or highest > _WHITE:
        if values.dtype.kind == "u" and is_smoothed(values >> 8):
            return np.asarray(values >> 8, dtype=np.uint8)
        raise MaskError(f"{name} has ids {lowest:g} to {highest:g}; wanted 0 to {MAX_OBJECT_ID}")
    return values.astype(np.uint8)


def _of_tiff(data: bytes, name: str) -> StoredPicture | None:
    """A TIFF of greys or of deep colours; None where Pillow is to read it."""
    head = read_head(data, name)
    check_size(head.size_hw, name)
    is_grey = head.photometric in (0, 1) and head.samples == 1 and head.compression not in (2, 3, 4, 6, 7)
    if not is_grey and head.is_for_pillow:
        return None
    pixels = head.size_hw[0] * head.size_hw[1]
    check_memory(len(data) + pixels * (head.pixel_nbytes * 2 + 8), name)
    values, alpha = read_upright(data, head, name)
    if not is_grey and values.dtype != np.uint8:
        values = to_8_bits(values, usual_limits(values))
    if max(head.bits) == 1:
        values = values * np.uint8(_WHITE)
    if alpha is None:
        return StoredPicture(values, are_colours=not is_grey)
    return StoredPicture(values, to_8_bits(alpha, usual_limits(alpha)), are_colours=True)


def _of_pillow(data: bytes, name: str) -> StoredPicture:
    picture = load_picture(data, name)
    orientation = orientation_of(picture)
    check_memory(len(data) + picture.width * picture.height * 12, name)
    if picture.mode in ("La", "RGBa"):
        picture = picture.convert(picture.mode.upper())
    if picture.mode == "P":
        indices = turned(np.asarray(picture), orientation)
        palette = np.zeros((256, 3), dtype=np.uint8)
        colours = np.array(picture.getpalette() or [], dtype=np.uint8).reshape(-1, 3)
        palette[: len(colours)] = colours
        used = palette[np.bincount(indices.ravel(), minlength=256) > 0]
        if used.max() == _WHITE and set(np.unique(used)) <= {0, _WHITE} and not _differ(used.T):
            return StoredPicture(palette[:, 0][indices])
        return StoredPicture(indices, are_indices=True)
    if picture.mode == "1":
        return StoredPicture(turned(np.asarray(picture), orientation) * np.uint8(_WHITE))
    if picture.mode == "L" or picture.mode[0] in "IF":
        return StoredPicture(turned(np.asarray(picture), orientation))
    if picture.mode not in ("LA", "RGB", "RGBA", "PA"):
        raise MaskError(f"{name} is a picture of mode {picture.mode}; save the mask as an indexed or grey PNG")
    pixels = turned(np.asarray(picture.convert("RGBA" if picture.has_transparency_data else "RGB")), orientation)
    colours = pixels[:, :, :3]
    is_grey = bool((colours[..., 0] == colours[..., 1]).all() and (colours[..., 0] == colours[..., 2]).all())
    opaque = pixels.shape[2] == 3 or bool((pixels[:, :, 3] == _WHITE).all())
    values = colours[:, :, 0] if is_grey else colours
    return StoredPicture(values, None if opaque else pixels[:, :, 3], are_colours=True)


def _differ(colours: NDArray[Any]) -> bool:
    """Whether there are two different rows."""
    return len(colours) > 0 and bool((colours != colours[:1]).any())


def _ids(values: NDArray[Any], kind: MaskKind, name: str) -> ByteArray:
    """Objects of greys (H, W) or colours (H, W, 3)."""
    if kind == "binary":
        return _brightest(values if values.ndim == 2 else values.max(axis=2))
    if values.ndim == 3:
        return _ids_of_colours(values, name)
    greys = whole_greys(values, name)
    if not ((greys > 0) & (greys < _WHITE)).any():
        return np.asarray(greys == _WHITE, dtype=np.uint8)
    if kind == "auto":
        _check_objects(greys, name)
    return np.asarray(greys, dtype=np.uint8)


def _brightest(values: NDArray[Any]) -> ByteArray:
    """1 where a value is over half of the largest."""
    known = np.nan_to_num(values) if values.dtype.kind == "f" else values
    return np.asarray((known > 0) & (known > known.max() / 2), dtype=np.uint8)


def _check_objects(greys: ByteArray, name: str) -> None:
    """Refuse greys (H, W) whose values may not be objects."""
    counts = np.bincount(greys.ravel(), minlength=256)
    found = np.flatnonzero(counts)
    if len(found) == 3 and found[0] == 0 and found[1] in _HALF_BRIGHT and found[2] == _WHITE:
        raise MaskError(f"{name} has the grey values 0, {found[1]} and 255: two objects, or a trimap? {ADVICE}")
    if not is_smoothed(greys):
        return
    ends = round(100 * (counts[0] + counts[_WHITE]) / greys.size)
    what = f"{len(found)} grey values, {ends} % of its pixels 0 or 255"
    guess = "a smoothed mask" if counts[:9].sum() + counts[247:].sum() > greys.size / 2 else "a photograph"
    raise MaskError(f"{name} has {what}: {guess}? {ADVICE}")


def _ids_of_colours(colours: ByteArray, name: str) -> ByteArray:
    codes = _colour_codes(colours)
    palette = _colour_codes(voc_palette())
    order = np.argsort(palette)
    places = np.clip(np.searchsorted(palette[order], codes), 0, 255)
    ids = order[places].astype(np.uint8)
    strange: BoolArray = palette[ids] != codes
    if strange.any():
        y, x = np.unravel_index(int(strange.argmax()), strange.shape)
        raise MaskError(
            f"{name} is a colour picture with the colour {tuple(colours[y, x].tolist())} at ({x}, {y}), which is not "
            "in the palette of PASCAL VOC; save the mask as an indexed PNG, or use --mask-kind binary for one object"
        )
    return ids


def _colour_codes(colours: ByteArray) -> NDArray[np.int32]:
    """One number for each colour, (..., 3) to (...)."""
    return np.asarray(
        colours[..., 0].astype(np.int32) << 16 | colours[..., 1].astype(np.int32) << 8 | colours[..., 2], dtype=np.int32
    )
