"""Masks of a detector in, three strokes on what it got wrong, masks and strokes out: ``python refine_detections.py``.

The detector is a stand-in: it writes a COCO file with a box for the astronaut, as a rough model would.
"""

from __future__ import annotations

import json
import shutil
import sys
from pathlib import Path

import s2m
from s2m.files.demo import DEMO_IMAGE
from s2m.files.images import image_size


def detect(photo: Path, file: Path) -> None:
    """Write what a detector finds: one box as a polygon."""
    height, width = image_size(photo)
    left, top, right, bottom = 0.1 * width, 0.05 * height, 0.9 * width, height
    annotation = {
        "id": 1,
        "image_id": 1,
        "category_id": 1,
        "segmentation": [[left, top, right, top, right, bottom, left, bottom]],
    }
    content = {
        "images": [{"id": 1, "file_name": photo.name, "height": height, "width": width}],
        "annotations": [annotation],
        "categories": [{"id": 1, "name": "person"}],
    }
    file.write_text(json.dumps(content))


def main(folder: str = "refined") -> None:
    """Refine the masks of a detector, and write them as COCO and YOLO."""
    photos = Path(folder) / "photos"
    photos.mkdir(parents=True, exist_ok=True)
    photo = Path(shutil.copy(DEMO_IMAGE, photos / "astronaut.jpg"))
    detect(photo, Path(folder) / "detections.json")

    project = s2m.open_project(photos, Path(folder) / "output")
    report = project.import_masks(Path(folder) / "detections.json")
    print(f"{len(report.imported)} images imported")

    session = project.open_session("astronaut.jpg", s2m.Segmenter())
    height, width = session.state.size_hw
    object_id = session.state.object_ids[0]
    session.draw([(0.15 * width, 0.2 * height), (0.2 * width, 0.45 * height)], object_id, "negative")
    session.draw([(0.75 * width, 0.15 * height), (0.85 * width, 0.4 * height)], object_id, "negative")
    session.draw([(0.42 * width, 0.3 * height), (0.45 * width, 0.7 * height)], object_id)
    project.save(session)
    session.close()

    exported = s2m.export(project, ["coco", "yolo"], Path(folder) / "data")
    print(f"{exported.objects} objects: {exported.folder}")


if __name__ == "__main__":
    main(*sys.argv[1:])
