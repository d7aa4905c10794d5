"""Masks for the supervision library: strokes become ``sv.Detections``, which draws, counts and exports them.

pip install supervision
python examples/with_supervision.py [OUTPUT.jpg]
"""

from __future__ import annotations

import sys

import numpy as np
import supervision as sv
from PIL import Image

import s2m
from s2m.files.demo import DEMO_IMAGE


def main(output: str) -> None:
    """Draw two objects of the shipped photograph, and their masks and boxes with supervision."""
    image = s2m.read_image(DEMO_IMAGE)
    session = s2m.open_image(image)
    person, shuttle = session.add_object("astronaut"), session.add_object("space shuttle")
    session.draw([(230, 60), (220, 150), (270, 260)], person)
    session.draw([(400, 80), (430, 200)], shuttle)

    label_map = session.label_map()
    masks = np.stack([label_map == person, label_map == shuttle])
    detections = sv.Detections(xyxy=sv.mask_to_xyxy(masks), mask=masks, class_id=np.array([0, 1]))
    scene = sv.MaskAnnotator().annotate(image.copy(), detections)
    Image.fromarray(sv.BoxAnnotator().annotate(scene, detections)).save(output)
    print(f"{len(detections)} objects of {detections.area.tolist()} pixels in {output}")


if __name__ == "__main__":
    main(*(sys.argv[1:2] or ["with_supervision.jpg"]))
