"""Segment a photograph through a server: an image in, a stroke, a label map out.

Start ``S2M_TOKEN=at-least-sixteen-signs s2m serve --port 8426`` first.
"""

from __future__ import annotations

import json
import sys
from pathlib import Path
from urllib.request import Request, urlopen


def main(photo: str, mask: str, server: str, token: str) -> None:
    """Send a photograph and one stroke across its middle, and keep the label map."""

    def ask(path: str, body: bytes | None = None, method: str | None = None) -> bytes:
        headers = {"Authorization": f"Bearer {token}", "Content-Type": "application/octet-stream"}
        with urlopen(Request(f"{server}/api/v1{path}", body, headers, method=method)) as answer:
            return bytes(answer.read())

    session = json.loads(ask(f"/sessions?name={Path(photo).name}", Path(photo).read_bytes()))
    width, height = session["width"], session["height"]
    stroke = {"points": [[0.4 * width, 0.5 * height], [0.6 * width, 0.5 * height]], "object_id": 1}
    command = {"kind": "draw", "strokes": [stroke]}
    state = json.loads(ask(f"/sessions/{session['session']}/commands", json.dumps(command).encode()))
    print(f"{state['objects'][0]['name']}: {state['objects'][0]['area_px']} pixels")
    Path(mask).write_bytes(ask(f"/sessions/{session['session']}/label-map.png"))
    ask(f"/sessions/{session['session']}", method="DELETE")


if __name__ == "__main__":
    main(*sys.argv[1:])
