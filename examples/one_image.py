"""One photograph: draw on one object, take a stroke back, save the mask.

python examples/one_image.py [PHOTO [OUTPUT.png]]
"""

from __future__ import annotations

import sys

import s2m
from s2m.files.demo import DEMO_IMAGE


def main(photo: str, output: str) -> None:
    """Draw two strokes on a photograph and save its label map."""
    session = s2m.open_image(photo)
    person = session.add_object("person")
    mask = session.draw([(230, 60), (220, 150), (270, 260)], person)
    print(f"after one stroke {mask.sum():,} pixels of {mask.size:,}")
    mask = session.draw([(120, 300), (330, 320)], person)
    print(f"after two strokes {mask.sum():,}")
    session.undo()
    session.save(output)
    print(f"saved {output}, with one stroke")


if __name__ == "__main__":
    main(*(sys.argv[1:] or [str(DEMO_IMAGE)])[:1], *(sys.argv[2:3] or ["one_image.png"]))
