"""The bytes of a TIFF that Pillow cannot read or reads wrongly in; its upright colours and alpha out.

Pillow knows the tags, and its libtiff the compressions.  What Pillow has no mode for is put together here: more than 8
bits of colour, floats of 16 to 64 bits, planes one after another, tiles, packed bits and further channels.
TIFF Revision 6.0, 1992; Adobe Photoshop TIFF Technical Notes, 2002 (predictors, deflate).
"""

from __future__ import annotations

import io
import struct
import zlib
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray
from PIL import Image
from PIL.TiffImagePlugin import ImageFileDirectory_v2

from s2m.errors import ImageError
from s2m.files.opening import FRESH_COPY, TURNED, UnsupportedPictureError, as_stored
from s2m.types import ByteArray

_GREYS, _RGB, _PALETTE = (0, 1), 2, 3
"""Photometric interpretations; of the greys 0 means that small values are white."""

_WHOLE_PICTURES = (2, 3, 4, 6, 7)
"""Compressions of whole pictures, by fax and by JPEG, which libtiff alone can take apart."""

_DEFLATE = (8, 32946)
_KINDS = {1: "u", 2: "i", 3: "f", 4: "u"}
_ALPHA = (1, 2)
"""Meanings of a further channel: alpha that colours are multiplied by, and alpha that they are not."""

_ROWS_AT_ONCE = 64


@dataclass(frozen=True)
class TiffHead:
    """What the tags of the first picture say; the names are those of the specification."""

    size_hw: tuple[int, int]
    bits: tuple[int, ...]
    kind: str
    photometric: int
    is_planar: bool
    compression: int
    predictor: int
    fill_order: int
    extras: tuple[int, ...]
    orientation: int
    byte_order: str
    segment_hw: tuple[int, int]
    offsets: tuple[int, ...]
    counts: tuple[int, ...]
    icc_profile: bytes | None

    @property
    def samples(self) -> int:
        """Channels of a pixel."""
        return len(self.bits)

    @property
    def colours(self) -> int:
        """Channels before all others: 3 of RGB, 1 of greys."""
        return 3 if self.photometric == _RGB else 1

    @property
    def has_alpha(self) -> bool:
        """Whether the first channel after the colours is alpha."""
        return bool(self.extras) and self.extras[0] in _ALPHA and self.samples > self.colours

    @property
    def pixel_nbytes(self) -> int:
        """Bytes of a pixel as ``read_upright`` gives it, its colours and its alpha."""
        return _sample_nbytes(max(self.bits)) * (self.colours + self.has_alpha)

    @property
    def is_for_pillow(self) -> bool:
        """Whether Pillow reads such a picture as it is meant."""
        if self.compression in _WHOLE_PICTURES or self.photometric not in (*_GREYS, _RGB, _PALETTE):
            return True
        if self.is_planar or self.kind != "u":
            return False
        if self.photometric == _RGB:
            return self.samples in (3, 4) and set(self.bits) == {8}
        return self.bits in ((1,), (2,), (4,), (8,)) or (self.bits == (8, 8) and self.has_alpha)


def is_tiff(data: bytes) -> bool:
    """Whether the bytes of a file begin as those of a TIFF."""
    return data[:4] in (b"II*\0", b"MM\0*", b"II+\0", b"MM\0+")


def read_head(data: bytes, name: str) -> TiffHead:
    """The tags of the first picture of a TIFF.

    Raises:
        ImageError: they cannot be read, or do not fit one another.
    """
    try:
        file = io.BytesIO(data)
        tags = ImageFileDirectory_v2(file.read(16 if 43 in data[2:4] else 8))
        file.seek(tags.next)
        tags.load(file)
        return _head_of(tags, "<" if data[:2] == b"II" else ">")
    except Exception as error:  # Pillow's readers raise errors of every kind on damaged files.
        raise ImageError(f"{name} is not an image that can be read; {FRESH_COPY}") from error


def read_upright(data: bytes, head: TiffHead, name: str) -> tuple[NDArray[Any], NDArray[Any] | None]:
    """The colours of a picture and its alpha, turned upright, of their own kind; other channels are not kept.

    Returns:
        Grey (H, W) or RGB (H, W, 3), and alpha (H, W) or None.

    Raises:
        ImageError: damaged, truncated, of a kind that is not supported, or it is not clear which channels are to be
            seen.
    """
    _check_channels(head, name)
    (height, width), (rows, columns) = head.size_hw, head.segment_hw
    dtype = _dtype(head, name)
    upright_hw = (width, height) if head.orientation in TURNED else (height, width)
    colours = np.zeros((*upright_hw, head.colours), dtype=dtype)
    alpha = np.zeros((*upright_hw, 1), dtype=dtype) if head.has_alpha else None
    kept = [(colours, 0)] if alpha is None else [(colours, 0), (alpha, head.colours)]
    planes, channels = (head.colours + head.has_alpha, 1) if head.is_planar else (1, head.samples)
    down, across = -(-height // rows), -(-width // columns)
    if len(head.offsets) < planes * down * across:
        raise ImageError(f"{name} is damaged or truncated (parts of it are missing); get a fresh copy of it")
    is_tiled = columns != width
    for number in range(planes * down * across):
        plane, place = divmod(number, down * across)
        top, left = place // across * rows, place % across * columns
        stored = rows if is_tiled else min(rows, height - top)
        values = _segment(data, head, number, (stored, columns, channels), name)
        for samples, first in kept:
            low, high = max(first, plane), min(first + samples.shape[2], plane + channels)
            part = as_stored(samples, head.orientation)[top : top + rows, left : left + columns]
            wanted = part[..., low - first : max(low, high) - first]
            wanted[...] = values[: wanted.shape[0], : wanted.shape[1], low - plane : max(low, high) - plane]
    return (colours[:, :, 0] if head.colours == 1 else colours), (None if alpha is None else alpha[:, :, 0])


def check_is_whole(data: bytes, head: TiffHead, name: str) -> None:
    """Make sure that every strip and tile lies in the file: other readers fill what is missing with anything.

    Raises:
        ImageError: one does not.
    """
    (rows, columns), channels = head.segment_hw, 1 if head.is_planar else head.samples
    row_nbytes = (columns * channels * max(head.bits) + 7) // 8
    last_rows = rows if columns != head.size_hw[1] else head.size_hw[0] - rows * ((head.size_hw[0] - 1) // rows)
    for number, (offset, count) in enumerate(zip(head.offsets, head.counts, strict=False), start=1):
        stored = (last_rows if number == len(head.offsets) else rows) * row_nbytes
        if offset + (min(count, stored) if head.compression == 1 else count) > len(data):
            raise ImageError(f"{name} is damaged or truncated (parts of it are missing); get a fresh copy of it")


def _check_channels(head: TiffHead, name: str) -> None:
    unclear = head.photometric in _GREYS and head.samples > 1 and not head.has_alpha
    if unclear or head.samples < head.colours or head.photometric == _PALETTE:
        what = f"a palette of {max(head.bits)} bits" if head.photometric == _PALETTE else f"{head.samples} channels"
        raise UnsupportedPictureError(
            f"{name} is a TIFF with {what}, and nothing says which are red, green and blue; save one channel as grey, "
            "or three as RGB"
        )


def _head_of(tags: ImageFileDirectory_v2, byte_order: str) -> TiffHead:
    def numbers(tag: int, usual: tuple[int, ...]) -> tuple[int, ...]:
        value = tags.get(tag, usual)
        return tuple(int(each) for each in (value if isinstance(value, tuple) else (value,)))

    height, width = numbers(257, ())[0], numbers(256, ())[0]
    samples = numbers(277, (1,))[0]
    bits = numbers(258, (1,))
    bits = bits * samples if len(bits) == 1 else bits
    tiled = 322 in tags
    rows, columns = (numbers(323, ())[0], numbers(322, ())[0]) if tiled else (numbers(278, (height,))[0], width)
    if not (len(bits) == samples >= 1 and rows > 0 and columns > 0):
        raise ValueError("the tags do not fit one another")
    offsets = numbers(324 if tiled else 273, ())
    return TiffHead(
        size_hw=(height, width),
        bits=bits,
        kind=_KINDS.get(numbers(339, (1,))[0], "?"),
        photometric=numbers(262, (1,))[0],
        is_planar=numbers(284, (1,))[0] == 2 and samples > 1,
        compression=numbers(259, (1,))[0],
        predictor=numbers(317, (1,))[0],
        fill_order=numbers(266, (1,))[0],
        extras=numbers(338, ()),
        orientation=numbers(274, (1,))[0],
        byte_order=byte_order,
        segment_hw=(rows if tiled else min(rows, height), columns),
        offsets=offsets,
        counts=numbers(325 if tiled else 279, ()),
        icc_profile=tags.get(34675),
    )


def _dtype(head: TiffHead, name: str) -> np.dtype[Any]:
    bits = set(head.bits)
    whole = head.kind == "u" and len(bits) == 1 and 1 <= head.bits[0] <= 32
    if not whole and not (len(bits) == 1 and f"{head.kind}{head.bits[0]}" in _STANDARD):
        words = {"f": "floating", "i": "signed", "u": "unsigned"}.get(head.kind, "complex")
        raise UnsupportedPictureError(
            f"{name} is a TIFF of {words} numbers of {', '.join(map(str, sorted(bits)))} bits, which is not supported; "
            "save it with 8 or 16 bits, or as floats of 32"
        )
    return np.dtype(f"{head.kind}{_sample_nbytes(head.bits[0])}")


def _sample_nbytes(bits: int) -> int:
    return next((each for each in (1, 2, 4) if bits <= 8 * each), 8)


_STANDARD = ("u8", "u16", "u32", "u64", "i8", "i16", "i32", "i64", "f16", "f32", "f64")


def _segment(data: bytes, head: TiffHead, number: int, shape: tuple[int, int, int], name: str) -> NDArray[Any]:
    """The samples of one strip or tile, (rows, columns, channels)."""
    rows, columns, channels = shape
    bits = head.bits[0]
    row_nbytes = (columns * channels * bits + 7) // 8
    size = rows * row_nbytes
    count = head.counts[number] if number < len(head.counts) else size
    packed = data[head.offsets[number] : head.offsets[number] + count]
    content = packed[:size] if head.compression == 1 else _unpacked(packed, head, (rows, row_nbytes), name)
    if len(content) < size:
        raise ImageError(f"{name} is damaged or truncated (a part ends too early); get a fresh copy of it")
    octets = np.frombuffer(content, dtype=np.uint8, count=size).reshape(rows, row_nbytes)
    if head.fill_order == 2 and head.compression in (1, *_DEFLATE):
        octets = _BITS_REVERSED[octets]
    if f"{head.kind}{bits}" not in _STANDARD:
        return _whole_numbers(octets, columns * channels, bits).reshape(shape)
    if head.predictor == 3:
        return _summed_floats(octets, bits // 8, shape)
    values = octets.view(np.dtype(f"{head.byte_order}{head.kind}{bits // 8}")).reshape(shape)
    if head.predictor != 2:
        return values
    integers = values.view(f"{head.byte_order}u{bits // 8}").astype(f"u{bits // 8}")
    return np.cumsum(integers, axis=1, dtype=integers.dtype).view(f"{head.kind}{bits // 8}")


def _unpacked(packed: bytes, head: TiffHead, shape: tuple[int, int], name: str) -> bytes:
    """The bytes of a compressed strip or tile, (rows, bytes of a row)."""
    try:
        if head.compression in _DEFLATE:
            return zlib.decompressobj().decompress(packed, shape[0] * shape[1])
        picture = Image.open(io.BytesIO(_grey_tiff(packed, head, shape)), formats=("TIFF",))
        return picture.tobytes()
    except Exception as error:  # Pillow's decoders raise errors of every kind on damaged files.
        raise UnsupportedPictureError(
            f"{name} is damaged, or compressed in a way that is not supported (TIFF compression {head.compression}); "
            "save it without compression, or with LZW or deflate"
        ) from error


def _grey_tiff(packed: bytes, head: TiffHead, shape: tuple[int, int]) -> bytes:
    """A TIFF of 8-bit greys around a compressed strip or tile: compressions do not ask what bytes mean."""
    tags = {256: shape[1], 257: shape[0], 258: 8, 259: head.compression, 262: 1, 266: head.fill_order}
    tags |= {273: 8 + 2 + 10 * 12 + 4, 277: 1, 278: shape[0], 279: len(packed)}
    entries = b"".join(struct.pack("<HHII", tag, 4, 1, value) for tag, value in tags.items())
    return b"II*\0" + struct.pack("<IH", 8, len(tags)) + entries + bytes(4) + packed


def _summed_floats(octets: ByteArray, nbytes: int, shape: tuple[int, int, int]) -> NDArray[Any]:
    """Floats of which the bytes were split and subtracted: Technical Note 3."""
    rows, columns, channels = shape
    summed = np.cumsum(octets.reshape(rows, -1, channels), axis=1, dtype=np.uint8)
    planes = summed.reshape(rows, nbytes, columns * channels)
    return np.ascontiguousarray(planes.transpose(0, 2, 1)).view(f">f{nbytes}").reshape(shape)


def _whole_numbers(octets: ByteArray, count: int, bits: int) -> NDArray[np.uint32]:
    """``count`` numbers of some bits in each row, packed without gaps; a row begins with a byte."""
    weights = (1 << np.arange(bits - 1, -1, -1, dtype=np.uint64)).astype(np.uint32)
    numbers = np.empty((len(octets), count), dtype=np.uint32)
    for top in range(0, len(octets), _ROWS_AT_ONCE):
        part = np.unpackbits(octets[top : top + _ROWS_AT_ONCE], axis=1, count=count * bits)
        numbers[top : top + len(part)] = part.reshape(len(part), count, bits) @ weights
    return numbers


_BITS_REVERSED = np.packbits(np.unpackbits(np.arange(256, dtype=np.uint8)[:, None], axis=1)[:, ::-1], axis=1)[:, 0]
