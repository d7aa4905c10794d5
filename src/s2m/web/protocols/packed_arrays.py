"""Arrays as nnInteractive's client packs them (wire version 1, blosc2) in, checked arrays out; and back."""

from __future__ import annotations

import struct
from typing import Any

import numpy as np
from numpy.typing import NDArray

from s2m.errors import ConfigError, DataError

_HEAD = struct.Struct("<4sBBBB")
"""Magic, version, codec, number of axes, length of the name of the type; the codec stands in each frame, too."""

_CHUNK = struct.Struct("<QQ")
"""Bytes of a chunk unpacked and packed."""

_MAGIC, _VERSION, _ZSTD = b"NNIA", 1, 1
_FRAME_HEAD = 32
_MOST_AXES = 4
_TYPES = (
    "bool",
    *(f"{sign}int{bits}" for sign in ("", "u") for bits in (8, 16, 32, 64)),
    *("float16", "float32", "float64"),
)


def blosc2() -> Any:
    """The library that packs.

    Raises:
        ConfigError: it is not installed.
    """
    try:
        import blosc2 as library
    except ImportError as error:
        raise ConfigError("nnInteractive needs blosc2; install it with: pip install 's2m[nninteractive]'") from error
    return library


def unpack(data: bytes, most_bytes: int) -> NDArray[Any]:
    """The array in packed bytes, of up to four axes.

    Args:
        data: from a client.
        most_bytes: that the array may take; checked before anything is unpacked.

    Raises:
        DataError: damaged, of another type than numbers, or too large.
    """
    try:
        return _unpack(data, most_bytes)
    except (struct.error, UnicodeDecodeError, ValueError, RuntimeError) as error:
        raise DataError(f"the array is damaged ({error}); send it again") from error


def _unpack(data: bytes, most_bytes: int) -> NDArray[Any]:
    magic, version, _, axes, name_length = _HEAD.unpack_from(data)
    if (magic, version) != (_MAGIC, _VERSION):
        raise DataError(
            f"the array begins with {magic!r} of version {version}, wanted {_MAGIC!r} of version {_VERSION}"
        )
    at = _HEAD.size + name_length
    name = data[_HEAD.size : at].decode("ascii")
    if name not in _TYPES or axes > _MOST_AXES:
        raise DataError(f"an array of {axes} axes and the type {name[:20]!r} is not understood; send numbers")
    shape = struct.unpack_from(f"<{axes}q", data, at)
    (chunks,) = struct.unpack_from("<I", data, at + 8 * axes)
    at += 8 * axes + 4
    if min(shape, default=1) < 1:
        raise DataError(f"the array has the shape {shape}; each axis needs an element at least")
    nbytes = np.dtype(name).itemsize
    for length in shape:
        nbytes *= length
    if nbytes > most_bytes:
        raise DataError(f"the array takes {nbytes} bytes, {most_bytes} are left; crop it, or see --megabytes")
    whole, written = np.zeros(nbytes, dtype=np.uint8), 0
    for _ in range(chunks):
        length, packed_length = _CHUNK.unpack_from(data, at)
        at += _CHUNK.size
        frame = data[at : at + packed_length]
        at += packed_length
        if not 0 < length <= nbytes - written or len(frame) != packed_length or packed_length < _FRAME_HEAD:
            raise DataError("the array is damaged: a chunk has another length than it says; send it again")
        if blosc2().get_cbuffer_sizes(frame)[:2] != (length, packed_length):
            raise DataError("the array is damaged: a frame has another length than its chunk; send it again")
        blosc2().decompress2(frame, dst=whole[written : written + length])
        written += length
    if written != nbytes:
        raise DataError(f"the array has {written} bytes, its shape {shape} wants {nbytes}; send it again")
    return whole.view(name).reshape(shape)


def pack(array: NDArray[np.uint8]) -> bytes:
    """An array of bytes, packed; of less than a gigabyte."""
    name = array.dtype.name.encode()
    head = (
        _HEAD.pack(_MAGIC, _VERSION, _ZSTD, array.ndim, len(name)) + name + struct.pack(f"<{array.ndim}q", *array.shape)
    )
    library = blosc2()
    content = np.ascontiguousarray(array)
    frame = library.compress2(
        content, typesize=1, codec=library.Codec.ZSTD, clevel=3, filters=[library.Filter.NOFILTER], nthreads=1
    )
    return head + struct.pack("<I", 1) + _CHUNK.pack(content.nbytes, len(frame)) + bytes(frame)
