"""Several objects that never overlap: strokes of both signs, a box, probabilities, and the journal of what was done.

python examples/several_objects.py [OUTPUT.png]
"""

from __future__ import annotations

import sys

import s2m
from s2m.files.demo import DEMO_IMAGE


def main(output: str) -> None:
    """Draw two objects and the background of the shipped photograph."""
    session = s2m.open_image(DEMO_IMAGE)
    person = session.add_object("astronaut", class_name="person")
    shuttle = session.add_object("space shuttle", class_name="vehicle")

    session.draw([(230, 60), (220, 150), (270, 260)], person)
    session.draw([(380, 40), (460, 260)], shuttle, tool="box")
    session.draw([(330, 330), (350, 420)], person)
    session.draw([(40, 60), (60, 200)], 0)  # 0 is the background: no object is here

    label_map = session.label_map()  # (H, W) int32: 0, 1 or 2
    for object_id, name in ((person, "astronaut"), (shuttle, "space shuttle")):
        print(f"{name}: {(label_map == object_id).mean():.1%} of the photograph")
    print("undo would undo:", session.undo_label)
    session.save(output)


if __name__ == "__main__":
    main(*(sys.argv[1:2] or ["several_objects.png"]))
