"""An annotation state in; its masks (h, w) with fewer pixels than the image out, as they will be saved.

Masks of large images are shown, again and again while the pen moves, at the resolution of the outlines.  Making them
in full first would take seconds for an image of 100 megapixels.  So of exact masks only the pixels under the centres
of the small ones are read.
"""

from __future__ import annotations

from dataclasses import replace
from functools import lru_cache

from s2m.session.masks import Layer, label_map, object_mask
from s2m.session.packed_masks import ExactMask, HardPixels, PackedMask
from s2m.session.state import AnnotationState
from s2m.types import BoolArray

_MASKS_KEPT = 128


def small_object_masks(state: AnnotationState, size_hw: tuple[int, int]) -> dict[int, BoolArray]:
    """The mask (h, w) of each object, by its id.

    Args:
        state: of the image.
        size_hw: (h, w), at most the image's.
    """
    if size_hw == state.size_hw:
        return {object_id: state.object_mask(object_id) for object_id in state.object_ids}
    layer = _small_layer(state.layer, state.size_hw, size_hw)
    locks = tuple(_small_exact(mask, state.size_hw, size_hw) for mask in state.locks)
    if state.overlap == "exclusive":
        labels = label_map(layer, size_hw, locks)
        return {object_id: labels == object_id for object_id in state.object_ids}
    return {object_id: object_mask(layer, object_id, size_hw, locks) for object_id in state.object_ids}


def _small_layer(layer: Layer, image_size_hw: tuple[int, int], size_hw: tuple[int, int]) -> Layer:
    exact = tuple(_small_exact(mask, image_size_hw, size_hw) for mask in layer.exact)
    hard = tuple(
        HardPixels(
            object_id=pixels.object_id, side=pixels.side, mask=small_packed_mask(pixels.mask, image_size_hw, size_hw)
        )
        for pixels in layer.hard
    )
    return replace(layer, exact=exact, hard=hard)


def _small_exact(mask: ExactMask, image_size_hw: tuple[int, int], size_hw: tuple[int, int]) -> ExactMask:
    return ExactMask(object_id=mask.object_id, mask=small_packed_mask(mask.mask, image_size_hw, size_hw))


@lru_cache(_MASKS_KEPT)
def small_packed_mask(mask: PackedMask, image_size_hw: tuple[int, int], size_hw: tuple[int, int]) -> PackedMask:
    """A packed mask of an image, seen at the centres of fewer pixels."""
    return mask.resampled(image_size_hw, size_hw)
