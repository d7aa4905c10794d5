"""A script written for segment-anything, with another import: ``python like_segment_anything.py mask.png``."""

from __future__ import annotations

import sys

import numpy as np
from PIL import Image

from s2m.compat import SamPredictor
from s2m.files.demo import DEMO_IMAGE


def main(output: str = "mask.png") -> None:
    """Click on the astronaut, look at the mask, and click once more."""
    predictor = SamPredictor()
    predictor.set_image(np.array(Image.open(DEMO_IMAGE).convert("RGB")))
    height, width = predictor.original_size

    masks, scores, logits = predictor.predict(
        point_coords=np.array([[0.4 * width, 0.3 * height]]), point_labels=np.array([1]), multimask_output=True
    )
    best = int(np.argmax(scores))
    masks, scores, _ = predictor.predict(
        point_coords=np.array([[0.4 * width, 0.3 * height], [0.1 * width, 0.1 * height]]),
        point_labels=np.array([1, 0]),
        mask_input=logits[best][None],
        multimask_output=False,
    )
    print(f"{masks.sum()} pixels, score {scores[0]:.2f}")
    Image.fromarray(masks[0].astype(np.uint8) * 255).save(output)


if __name__ == "__main__":
    main(*sys.argv[1:])
