"""GeoJSON: a file an image, a polygon of pixel-edge rings an object, with QuPath's properties."""

from __future__ import annotations

from typing import Any

from s2m.files.formats.annotation import ImageAnnotation, ObjectAnnotation, strokes_as_json
from s2m.files.formats.rings import Ring, edge_parts
from s2m.files.formats.writing import Target
from s2m.files.overlays import object_colour


class GeojsonWriter:
    """Writes ``STEM.geojson``; coordinates are pixels, y points down."""

    def __init__(self, target: Target) -> None:
        self._target = target

    def add(self, image: ImageAnnotation, split: str) -> None:
        """Write the file of an image; objects without a pixel are left out."""
        height, width = image.size_hw
        about: dict[str, Any] = {"name": image.name, "width": width, "height": height}
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
