"""A label map (H, W) in, an indexed PNG out, and back; soft masks (N, H, W) in, one grey PNG an object out."""

from __future__ import annotations

import io
from collections.abc import Mapping, Sequence
from pathlib import Path
from types import MappingProxyType

import numpy as np
from PIL import Image
from PIL.PngImagePlugin import PngInfo

from s2m.errors import MaskError
from s2m.files.atomic import write_atomically
from s2m.files.mask_pictures import IGNORE_ID as IGNORE_ID
from s2m.files.mask_pictures import MAX_OBJECT_ID as MAX_OBJECT_ID
from s2m.files.mask_pictures import MaskKind, ids_of_picture
from s2m.files.mask_pictures import voc_palette as voc_palette
from s2m.files.reading import read_bytes
from s2m.types import BACKGROUND_ID, ByteArray, FloatArray, LabelMap, ObjectLogits


def label_map_bytes(label_map: LabelMap | ByteArray, texts: Mapping[str, str] = MappingProxyType({})) -> bytes:
    """The indexed PNG of a label map (H, W) of ids in 0..``MAX_OBJECT_ID``, or ``IGNORE_ID``.

    Args:
        label_map: the ids.
        texts: that the file keeps beside the pixels, by their keys.

    Raises:
        MaskError: not two-dimensional, empty, or an id does not fit.
    """
    if label_map.ndim != 2 or label_map.size == 0:
        raise MaskError(f"a label map has the shape (H, W), got {label_map.shape}")
    lowest, highest = int(label_map.min()), int(label_map.max())
    if lowest < BACKGROUND_ID or highest > IGNORE_ID:
        raise MaskError(f"an indexed PNG holds ids 0 to {MAX_OBJECT_ID}, got {lowest} to {highest}; renumber objects")
    picture = Image.fromarray(label_map.astype(np.uint8, copy=False))
    picture.putpalette(voc_palette().tobytes())
    kept = PngInfo()
    for key, text in texts.items():
        kept.add_text(key, text)
    return _png(picture, kept)


def write_label_map(path: Path, label_map: LabelMap) -> None:
    """Write a label map as an indexed PNG with the palette of PASCAL VOC; see ``label_map_bytes``.

    Raises:
        MaskError: see ``label_map_bytes``.
        OutputError: the file cannot be written.
    """
    write_atomically(path, label_map_bytes(label_map))


def read_label_map(path: Path, kind: MaskKind = "auto") -> LabelMap:
    """Read object ids from a picture; ``s2m.files.mask_pictures`` and docs/files.md say what its values mean.

    Returns:
        (H, W) int32, upright; 0 is the background, ``IGNORE_ID`` says nothing.

    Raises:
        MaskError: missing, unreadable, no image, ambiguous, or its colours are not those of the palette.
    """
    return ids_of_picture(read_bytes(path, MaskError), str(path), kind).astype(np.int32)


def check_mask_size(label_map: LabelMap, image_size_hw: tuple[int, int], name: str) -> None:
    """Make sure that a mask is as large as its image.

    Raises:
        MaskError: it is not; ``name`` is the mask's name in the message.
    """
    if label_map.shape != image_size_hw:
        got, wanted = (f"{width} x {height}" for height, width in (label_map.shape, image_size_hw))
        swapped = label_map.shape == image_size_hw[::-1]
        advice = "was it made before the photograph was turned upright? " if swapped else ""
        raise MaskError(f"{name} has {got} pixels, its image {wanted}; {advice}give a mask of the image's size")


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


def _png(picture: Image.Image, texts: PngInfo | None = None) -> bytes:
    buffer = io.BytesIO()
    picture.save(buffer, "PNG", pnginfo=texts)
    return buffer.getvalue()
