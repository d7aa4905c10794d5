"""GeoJSON: a file an image, a polygon of pixel-edge rings an object, with QuPath's properties."""

from __future__ import annotations

from collections.abc import Mapping
from functools import partial
from pathlib import Path
from typing import Any

import numpy as np

from s2m.errors import DataError
from s2m.files.coco_masks import compressed, decompressed
from s2m.files.formats.annotation import ORIENTATION, ImageAnnotation, ObjectAnnotation, strokes_as_json
from s2m.files.formats.reading import Objects, check_size, entries, entry, files_in, object_of, whole_number
from s2m.files.formats.rings import Ring, edge_parts
from s2m.files.formats.writing import Target
from s2m.files.overlays import object_colour
from s2m.files.text import read_json
from s2m.types import BoolArray


class GeojsonWriter:
    """Writes ``STEM.geojson``; coordinates are pixels, y points down."""

    def __init__(self, target: Target) -> None:
        self._target = target

    def add(self, image: ImageAnnotation, split: str) -> None:
        """Write the file of an image; objects without a pixel are left out."""
        height, width = image.size_hw
        about: dict[str, Any] = {"name": image.name, "width": width, "height": height, "orientation": ORIENTATION}
        if image.background_strokes:
            about["s2m_strokes"] = strokes_as_json(image.background_strokes)
        features = [self._feature(one) for one in image.objects if one.mask.area_px]
        content = {"type": "FeatureCollection", "image": about, "features": features}
        self._target.write_json(f"{split}/{image.stem}.geojson" if split else f"{image.stem}.geojson", content)

    def finish(self) -> None:
        """Every image has its own file."""

    def _feature(self, one: ObjectAnnotation) -> dict[str, Any]:
        index = self._target.class_index(one.category)
        properties: dict[str, Any] = {
            "objectType": "annotation",
            "name": one.name,
            "classification": {"name": one.category, "color": list(object_colour(index + 1))},
            "s2m_object_id": one.object_id,
        }
        if one.strokes:
            properties["s2m_strokes"] = strokes_as_json(one.strokes)
        polygons = [
            [_closed(ring, one.mask.left, one.mask.top) for ring in (part.outer, *part.holes)]
            for part in edge_parts(one.mask.crop)
        ]
        geometry = (
            {"type": "Polygon", "coordinates": polygons[0]}
            if len(polygons) == 1
            else {"type": "MultiPolygon", "coordinates": polygons}
        )
        return {"type": "Feature", "geometry": geometry, "properties": properties}


def _closed(ring: Ring, left: int, top: int) -> list[list[int]]:
    return [[x + left, y + top] for x, y in [*ring, ring[0]]]


class GeojsonSource:
    """GeoJSON of polygons in pixels, one file or a folder of them, as QuPath writes it.

    Raises:
        DataError: the file cannot be read or holds no features.
    """

    def __init__(self, path: Path) -> None:
        self.problems: list[str] = []
        self._contents: dict[str, tuple[Path, Mapping[str, Any]]] = {}
        for file in files_in(path, "*.geojson", "*.json"):
            try:
                content = read_json(file, DataError)
                content = {"features": content} if isinstance(content, list) else entry(content, file.name)
                if not isinstance(content.get("features"), list):
                    raise DataError(f"{file} is no GeoJSON: it has no features")
            except DataError as error:
                if path.is_file():
                    raise
                self.problems.append(f"{file.name} is left out: {error}")
                continue
            about = content.get("image")
            name = about.get("name") if isinstance(about, dict) else None
            self._contents[name if isinstance(name, str) and name else file.stem] = (file, content)

    def names(self) -> list[str]:
        """The images as the files name them, or as they are called."""
        return list(self._contents)

    def read(self, name: str, size_hw: tuple[int, int]) -> ImageAnnotation:
        """The annotation of an image."""
        file, content = self._contents[name]
        about = content.get("image")
        about = about if isinstance(about, dict) else {}
        if about.get("height") and about.get("width"):
            check_size((whole_number(about["height"]), whole_number(about["width"])), size_hw, file.name)
        objects = Objects(name, size_hw, file.name, self.problems)
        for number, feature in enumerate(content["features"], start=1):
            objects.add(f"feature {number}", partial(_object, feature, size_hw))
        objects.add_background_strokes(about.get("s2m_strokes"))
        return objects.annotation()


def _object(content: object, size_hw: tuple[int, int], free_id: int) -> ObjectAnnotation:
    feature = entry(content, "it")
    geometry = entry(feature.get("geometry"), "its geometry")
    kind, coordinates = geometry.get("type"), geometry.get("coordinates")
    if kind not in ("Polygon", "MultiPolygon"):
        raise DataError(f"a {kind} is no area")
    mask = np.zeros(size_hw, dtype=bool)
    for polygon in [coordinates] if kind == "Polygon" else entries(coordinates, "its coordinates"):
        rings = [_filled(ring, size_hw) for ring in entries(polygon, "its polygon")]
        for ring in rings[1:]:
            rings[0] &= ~ring
        mask |= rings[0]
    if not mask.any():
        raise DataError("its polygon has no pixel in the image")
    properties = feature.get("properties")
    known = properties if isinstance(properties, dict) else {}
    classification = known.get("classification")
    class_name = classification.get("name") if isinstance(classification, dict) else classification
    strokes = known.get("s2m_strokes")
    return object_of(free_id, mask, class_name, known.get("name"), known.get("s2m_object_id"), strokes)


def _filled(ring: Any, size_hw: tuple[int, int]) -> BoolArray:
    return decompressed(compressed([[float(value) for point in ring for value in point[:2]]], size_hw), size_hw)
