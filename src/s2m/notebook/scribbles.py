"""An image (H, W, 3) and the strokes of the page in, an overlay for the page and a label map (H, W) out."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

import anywidget
import cv2
import numpy as np
import traitlets
from numpy.typing import ArrayLike

from s2m.engine.segmenter import Segmenter
from s2m.errors import JournalError, S2MError, fault
from s2m.files.images import read_image
from s2m.files.label_files import MAX_OBJECT_ID
from s2m.files.overlays import object_colour
from s2m.session.commands import Draw, command_from_json, points_of
from s2m.session.opening import open_image
from s2m.types import ByteArray, LabelMap

SHOWN_SIDE_PX = 1200
"""Larger images are sent to the page at this long side; strokes and masks stay those of the whole image."""

_ALPHA = 120
_HERE = Path(__file__).parent
_FIELDS = ("points", "object_id", "sign")


class Scribbles(anywidget.AnyWidget):
    """An image to draw on in a notebook, with the masks of its objects live.

    Args:
        image: a file, or pixels (H, W, 3) uint8, RGB.
        segmenter: answers the strokes; by default the shipped model.  Share one among images.
        strokes: to begin with, see the attribute.

    Attributes:
        strokes: in the order they were drawn, each ``{"points": [[x, y], ...], "object_id": 1, "sign": "positive"}``,
            points in image pixels.  Setting it draws: the masks are those of the new strokes then.
        message: what the page says, such as why a stroke was refused.

    Raises:
        ImageError: the image cannot be read, or is no RGB image.
        JournalError: the strokes are malformed.

    Example::

        from s2m.notebook import Scribbles

        scribbles = Scribbles("photo.jpg")
        scribbles  # the last line of a cell shows it; draw, and go on in the next cell
        scribbles.label_map
    """

    _esm = _HERE / "scribbles.js"
    _css = _HERE / "scribbles.css"

    image = traitlets.Bytes(read_only=True).tag(sync=True)
    size_wh = traitlets.List(traitlets.Int(), read_only=True).tag(sync=True)
    colours = traitlets.List(traitlets.Unicode(), read_only=True).tag(sync=True)
    strokes = traitlets.List(traitlets.Any()).tag(sync=True)
    overlay = traitlets.Bytes(read_only=True).tag(sync=True)
    answered = traitlets.Int(read_only=True).tag(sync=True)
    message = traitlets.Unicode(read_only=True).tag(sync=True)

    def __init__(
        self,
        image: str | Path | ArrayLike,
        segmenter: Segmenter | None = None,
        strokes: Sequence[Mapping[str, Any]] = (),
    ) -> None:
        super().__init__()
        pixels: ByteArray = read_image(Path(image)) if isinstance(image, str | Path) else np.asarray(image)
        self._session = open_image(pixels, segmenter)
        self._drawn: list[dict[str, Any]] = []
        height, width = pixels.shape[:2]
        share = min(1.0, SHOWN_SIDE_PX / max(height, width))
        self._shown_wh = (max(1, round(width * share)), max(1, round(height * share)))
        shown: ByteArray = cv2.resize(pixels, self._shown_wh, interpolation=cv2.INTER_AREA).astype(np.uint8)
        self.set_trait("image", _encoded(".jpg", shown[:, :, ::-1]))
        self.set_trait("size_wh", [width, height])
        self.set_trait(
            "colours", ["#{:02x}{:02x}{:02x}".format(*object_colour(number)) for number in range(MAX_OBJECT_ID + 1)]
        )
        self._show()
        self.observe(self._follow, names="strokes")
        self.strokes = list(strokes)

    @property
    def label_map(self) -> LabelMap:
        """The object of each pixel, (H, W) int32, 0 for the background."""
        return self._session.label_map()

    def save(self, path: Path | str) -> None:
        """Write the label map as an indexed PNG.

        Raises:
            OutputError: the name does not end in .png, or the file cannot be written.
        """
        self._session.save(path)

    @traitlets.validate("strokes")
    def _check_strokes(self, proposal: Any) -> list[dict[str, Any]]:
        return [_plain(number, stroke) for number, stroke in enumerate(proposal["value"], start=1)]

    def _follow(self, change: Any) -> None:
        """Undo and draw until the session has the strokes of the page."""
        wanted: list[dict[str, Any]] = change["new"]
        same = 0
        while same < min(len(wanted), len(self._drawn)) and wanted[same] == self._drawn[same]:
            same += 1
        message = ""
        try:
            while len(self._drawn) > same:
                self._session.undo()
                self._drawn.pop()
            for stroke in wanted[same:]:
                self._session.do(command_from_json({"kind": "draw", "strokes": [stroke]}))
                self._drawn.append(stroke)
        except Exception as error:
            message = str(error) if isinstance(error, S2MError) else fault(error)
            raise
        finally:
            if len(self._drawn) != len(wanted):
                self.strokes = list(self._drawn)
            self.set_trait("message", message)
            self._show()

    def _show(self) -> None:
        label_map = self.label_map.astype(np.uint8)
        small = cv2.resize(label_map, self._shown_wh, interpolation=cv2.INTER_NEAREST)
        palette = np.array([(*object_colour(number)[::-1], _ALPHA) for number in range(MAX_OBJECT_ID + 1)], np.uint8)
        palette[0] = 0
        self.set_trait("overlay", _encoded(".png", palette[small]))
        self.set_trait("answered", len(self._drawn))


def _plain(number: int, stroke: object) -> dict[str, Any]:
    """A stroke as the page keeps it, checked.

    Raises:
        JournalError: it is malformed.
    """
    if not isinstance(stroke, Mapping) or "points" not in stroke or set(stroke) - set(_FIELDS):
        raise JournalError(f"stroke {number} has to be a dict of {', '.join(_FIELDS)}, got {stroke!r:.200}")
    try:
        command = command_from_json({"kind": "draw", "strokes": [{**stroke, "points": points_of(stroke["points"])}]})
    except JournalError as error:
        raise JournalError(f"stroke {number}: {error}") from error
    assert isinstance(command, Draw)
    (drawn,) = command.strokes
    return {"points": [list(point) for point in drawn.points], "object_id": drawn.object_id, "sign": drawn.sign}


def _encoded(ending: str, picture_bgr: ByteArray) -> bytes:
    return cv2.imencode(ending, np.ascontiguousarray(picture_bgr))[1].tobytes()
