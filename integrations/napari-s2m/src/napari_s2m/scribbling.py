"""An image layer in; a layer to scribble in, and one of masks that follows it plane by plane, out.  Nothing of Qt."""

from __future__ import annotations

import threading
from dataclasses import dataclass
from typing import Any

import numpy as np
from napari.components import ViewerModel
from napari.layers import Image, Labels
from numpy.typing import NDArray

from s2m import S2MError, Segmenter
from s2m.engine.segmenter import Embedding
from s2m.errors import ImageError, fault
from s2m.files.scribble_pictures import strokes_of_scribbles
from s2m.types import ByteArray, LabelMap

BACKGROUND_LABEL = 255
"""The label of scribbles that belong to no object."""

Plane = tuple[int | None, ...]
"""A place on each axis of a stack, None on the two axes that are shown."""


@dataclass(frozen=True)
class Question:
    """What the masks of a plane depend on, copied, so that another thread can answer while people go on painting.

    Attributes:
        plane: where the answer belongs, whatever is shown when it comes.
        scribbles: (H, W) uint8, the labels painted.
        values: (H, W) or (H, W, 3), the image's own.
        limits: the contrast limits that grey values are shown with.
    """

    plane: Plane
    scribbles: ByteArray
    values: NDArray[Any]
    limits: tuple[float, float]


class Scribbling:
    """Keeps the masks of an image in step with its scribbles.

    Args:
        viewer: shows the image.
        image: two-dimensional or a stack, grey or RGB.
        segmenter: answers the scribbles.

    Raises:
        ImageError: the image is a pyramid.
    """

    def __init__(self, viewer: ViewerModel, image: Image, segmenter: Segmenter) -> None:
        if image.multiscale:
            raise ImageError(f"{image.name} is a pyramid of pictures; open one level of it as an image")
        self.viewer, self.image, self._segmenter = viewer, image, segmenter
        self._shape = self._image_shape()
        self._answered: dict[Plane, bytes] = {}
        self._embedding: Embedding | None = None
        self._encoding = threading.Lock()
        self.masks = self._layer("masks")
        self.scribbles = self._layer("scribbles")
        self.scribbles.mode = "paint"
        viewer.layers.selection.active = self.scribbles

    @property
    def is_open(self) -> bool:
        """Whether the viewer still has the image and both layers."""
        return all(layer in self.viewer.layers for layer in (self.image, self.scribbles, self.masks))

    def plane(self) -> Plane:
        """What the viewer shows of the image.

        Raises:
            ImageError: it shows a volume, or looks along a plane.
        """
        if self.viewer.dims.ndisplay != 2:
            raise ImageError("a volume is shown; go back to planes with the button for 2D")
        dims = len(self._shape)
        # Axes of the viewer are the last ones of a layer that has fewer.
        shown = {axis - (self.viewer.dims.ndim - dims) for axis in self.viewer.dims.displayed}
        if min(shown) < 0:
            raise ImageError(f"{self.image.name} is shown from its edge; turn the axes until it is seen as a plane")
        place = np.round(self.image.world_to_data(self.viewer.dims.point)[-dims:]).astype(int)
        inside = np.clip(place, 0, np.array(self._shape) - 1)
        return tuple(None if axis in shown else int(inside[axis]) for axis in range(dims))

    def question(self, plane: Plane) -> Question | None:
        """What there is to answer on a plane; None where the masks are those of its scribbles.

        Raises:
            ImageError: a layer was removed, or its data were replaced by others of another shape.
        """
        if not self.is_open:
            raise ImageError(f"a layer of {self.image.name} was removed; begin again with the button")
        for layer in (self.scribbles, self.masks):
            if (layer.data.shape, layer.data.dtype) != (self._shape, np.uint8) or self._image_shape() != self._shape:
                raise ImageError(
                    f"{layer.name} has data {layer.data.shape} of {layer.data.dtype}, the image "
                    f"{self._image_shape()}; wanted {self._shape} of uint8; begin again with the button"
                )
        scribbles = np.array(self.scribbles.data[_index(plane)])
        if self._answered.get(plane, bytes(scribbles.size)) == scribbles.tobytes():
            return None
        low, high = self.image.contrast_limits
        return Question(plane, scribbles, np.asarray(self.image.data[_index(plane)]), (float(low), float(high)))

    def answer(self, question: Question) -> LabelMap | str:
        """The masks (H, W) int32 of a plane, or in words what is wrong.  Any thread may ask."""
        scribbles = question.scribbles.astype(np.int32)
        ids = np.where(scribbles == 0, -1, np.where(scribbles == BACKGROUND_LABEL, 0, scribbles))
        try:
            strokes = strokes_of_scribbles(ids)
            if not any(stroke.object_id for stroke in strokes):
                return np.zeros(scribbles.shape, dtype=np.int32)
            return self._segmenter.predict(self._embedded(question), strokes).label_map()
        except S2MError as error:
            return str(error)
        except Exception as error:
            return fault(error)

    def show(self, question: Question, label_map: LabelMap) -> None:
        """Put an answer on its plane, unless its layers are gone."""
        if self.is_open and self.masks.data.shape == self._shape:
            self.masks.data[_index(question.plane)] = label_map
            self._answered[question.plane] = question.scribbles.tobytes()
            self.masks.refresh()

    def _image_shape(self) -> tuple[int, ...]:
        shape = tuple(self.image.data.shape)
        return shape[:-1] if self.image.rgb else shape

    def _layer(self, kind: str) -> Labels:
        """A labels layer of the image's shape, scale and place."""
        image = self.image
        layer = Labels(
            np.zeros(self._shape, dtype=np.uint8),
            name=f"{image.name} {kind}",
            scale=image.scale,
            translate=image.translate,
            rotate=image.rotate,
            shear=image.shear,
            affine=image.affine,
            units=image.units,
            axis_labels=image.axis_labels,
        )
        self.viewer.add_layer(layer)
        return layer

    def _embedded(self, question: Question) -> Embedding:
        """The plane as it is shown, encoded unless it is the one that was encoded last."""
        seen = _seen(question)
        with self._encoding:
            if self._embedding is None or not np.array_equal(self._embedding.image_rgb, seen):
                self._embedding = self._segmenter.encode(seen)
            return self._embedding


def _index(plane: Plane) -> tuple[int | slice, ...]:
    return tuple(slice(None) if place is None else place for place in plane)


def _seen(question: Question) -> ByteArray:
    """A plane as it is shown, (H, W, 3) uint8."""
    values, (low, high) = question.values, question.limits
    if values.ndim == 3:
        colours = values[..., :3]
        if colours.dtype == np.uint8:
            return np.ascontiguousarray(colours)
        # Floats are shares; whole numbers are divided by their largest.
        shares = colours if colours.dtype.kind == "f" else colours / np.iinfo(colours.dtype).max
        return _bytes(shares)
    shares = (values.astype(np.float64) - low) / max(high - low, np.finfo(np.float64).tiny)
    return np.repeat(_bytes(shares)[..., None], 3, axis=-1)


def _bytes(shares: NDArray[Any]) -> ByteArray:
    """Shares of white as bytes; what is no number is black."""
    whole: ByteArray = np.round(np.clip(np.nan_to_num(shares, nan=0.0), 0, 1) * 255).astype(np.uint8)
    return whole
