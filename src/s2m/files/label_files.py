"""A label map (H, W) in, an indexed PNG out, and back; soft masks (N, H, W) in, one grey PNG an object out."""

from __future__ import annotations

import io
from collections.abc import Sequence
from pathlib import Path

import numpy as np
from numpy.typing import NDArray
from PIL import Image

from s2m.errors import ImageError, MaskError
from s2m.files.atomic import write_atomically
from s2m.files.images import read_file
from s2m.files.opening import load_picture
from s2m.types import BACKGROUND_ID, ByteArray, FloatArray, LabelMap, ObjectLogits

MAX_OBJECT_ID = 254
"""The largest id that a label file holds; index 255 means "ignore"."""

IGNORE_ID = 255
"""Pixels of a label file about which nothing is said (PASCAL VOC's white border)."""


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


def label_map_bytes(label_map: LabelMap) -> bytes:
    """The indexed PNG of a label map (H, W) of ids in 0..``MAX_OBJECT_ID``, or ``IGNORE_ID``.

    Raises:
        MaskError: not two-dimensional, empty, or an id does not fit.
    """
    if label_map.ndim != 2 or label_map.size == 0:
        raise MaskError(f"a label map has the shape (H, W), got {label_map.shape}")
    lowest, highest = int(label_map.min()), int(label_map.max())
    if lowest < BACKGROUND_ID or highest > IGNORE_ID:
        raise MaskError(f"an indexed PNG holds ids 0 to {MAX_OBJECT_ID}, got {lowest} to {highest}; renumber objects")
    picture = Image.fromarray(label_map.astype(np.uint8))
    picture.putpalette(voc_palette().tobytes())
    return _png(picture)


def write_label_map(path: Path, label_map: LabelMap) -> None:
    """Write a label map as an indexed PNG with the palette of PASCAL VOC; see ``label_map_bytes``.

    Raises:
        MaskError: see ``label_map_bytes``.
        OutputError: the file cannot be written.
    """
    write_atomically(path, label_map_bytes(label_map))


def read_label_map(path: Path) -> LabelMap:
    """Read object ids from a picture.

    Palette pictures give their indices, grey ones their values; a black-and-white picture (one bit, or grey with
    no value but 0 and 255) gives 0 and 1.  Colour pictures are read through the palette of PASCAL VOC.

    Returns:
        (H, W) int32; 0 is the background, ``IGNORE_ID`` says nothing.

    Raises:
        MaskError: missing, unreadable, no image, or its colours are not those of the palette.
    """
    try:
        picture = load_picture(read_file(path), str(path))
    except ImageError as error:
        raise MaskError(str(error)) from error
    if picture.mode == "P":
        return np.array(picture, dtype=np.int32)
    if picture.mode in ("1", "L", "LA") or picture.mode.startswith("I"):
        return _ids_from_grey(np.asarray(picture.convert("L") if picture.mode in ("1", "LA") else picture), path)
    if picture.mode in ("RGB", "RGBA"):
        return _ids_from_colours(np.asarray(picture.convert("RGB")), path)
    raise MaskError(f"{path} is a picture of mode {picture.mode}; save the mask as an indexed or grey PNG")


def check_mask_size(label_map: LabelMap, image_size_hw: tuple[int, int], name: str) -> None:
    """Make sure that a mask is as large as its image.

    Raises:
        MaskError: it is not; ``name`` is the mask's name in the message.
    """
    if label_map.shape != image_size_hw:
        got, wanted = (f"{width} x {height}" for height, width in (label_map.shape, image_size_hw))
        raise MaskError(f"{name} has {got} pixels, its image {wanted}; give a mask of the image's size")


def object_ids(*label_maps: LabelMap) -> tuple[int, ...]:
    """The objects that are in any of some label maps (H, W), ascending; without background and ignored pixels."""
    found = np.unique(np.concatenate([np.unique(label_map) for label_map in label_maps]))
    return tuple(int(value) for value in found if value not in (BACKGROUND_ID, IGNORE_ID))


def masks_of_label_map(label_map: LabelMap) -> ObjectLogits:
    """The hard masks of a label map's objects, as logits to start from; ignored pixels belong to none."""
    ids = object_ids(label_map)
    return ObjectLogits.of_masks(ids, label_map == np.reshape(ids, (-1, 1, 1)))


def write_soft_masks(folder: Path, stem: str, object_ids: Sequence[int], probs: FloatArray) -> list[Path]:
    """Write one 8-bit grey PNG an object, ``STEM-object-ID.png``, 255 where the object is certain.

    Args:
        folder: where to.
        stem: the image's name without its ending.
        object_ids: N ids.
        probs: (N, H, W) float32 in 0..1, without the background.

    Returns:
        The files, in the order of ``object_ids``.

    Raises:
        MaskError: there are not N probability maps.
        OutputError: a file cannot be written.
    """
    if probs.ndim != 3 or len(probs) != len(object_ids):
        raise MaskError(f"{len(object_ids)} objects need probabilities ({len(object_ids)}, H, W), got {probs.shape}")
    paths = [folder / f"{stem}-object-{object_id}.png" for object_id in object_ids]
    for path, mask in zip(paths, probs, strict=True):
        write_atomically(path, _png(Image.fromarray(np.round(np.clip(mask, 0, 1) * 255).astype(np.uint8))))
    return paths


def _ids_from_grey(values: NDArray[np.generic], path: Path) -> LabelMap:
    ids = values.astype(np.int64)
    if ids.min() < 0 or ids.max() > IGNORE_ID:
        raise MaskError(f"{path} has ids {ids.min()} to {ids.max()}; wanted 0 to {MAX_OBJECT_ID}")
    if set(np.unique(ids)) <= {0, 255}:
        ids //= 255
    return ids.astype(np.int32)


def _ids_from_colours(colours: ByteArray, path: Path) -> LabelMap:
    if (colours == colours[:, :, :1]).all():
        return _ids_from_grey(colours[:, :, 0], path)
    codes = _colour_codes(colours)
    palette = _colour_codes(voc_palette())
    order = np.argsort(palette)
    places = np.clip(np.searchsorted(palette[order], codes), 0, 255)
    ids = order[places]
    strange = palette[ids] != codes
    if strange.any():
        y, x = np.argwhere(strange)[0]
        raise MaskError(
            f"{path} has the colour {tuple(colours[y, x].tolist())} at ({x}, {y}), which is not in the palette of "
            "PASCAL VOC; save the mask as an indexed PNG"
        )
    return ids.astype(np.int32)


def _colour_codes(colours: ByteArray) -> NDArray[np.int64]:
    """One number for each colour, (..., 3) to (...)."""
    parts = colours.astype(np.int64)
    return np.asarray(parts[..., 0] * 65536 + parts[..., 1] * 256 + parts[..., 2])


def _png(picture: Image.Image) -> bytes:
    buffer = io.BytesIO()
    picture.save(buffer, "PNG")
    return buffer.getvalue()
