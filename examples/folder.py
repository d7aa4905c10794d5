"""A folder of photographs: a rough box on each becomes a mask, and every stroke is kept for the page.

python examples/folder.py PHOTOS MASKS
s2m annotate PHOTOS -o MASKS     # go on by hand
"""

from __future__ import annotations

import sys

import s2m


def main(photos: str, masks: str) -> None:
    """Draw a box on the middle of each photograph that nobody has touched."""
    segmenter = s2m.Segmenter()
    project = s2m.open_project(photos, masks)
    for entry in project.images:
        if entry.status != "untouched":
            continue
        session = project.open_session(entry.name, segmenter)
        height, width = session.state.size_hw
        thing = session.add_object("thing")
        mask = session.draw([(0.2 * width, 0.2 * height), (0.8 * width, 0.8 * height)], thing, tool="box")
        project.save(session)
        session.close()
        print(f"{entry.name}: {mask.mean():.0%} of the photograph")


if __name__ == "__main__":
    main(*sys.argv[1:3])
