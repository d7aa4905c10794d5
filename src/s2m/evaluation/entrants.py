"""Names on the command line in; contenders, opened in whichever process works, out."""

from __future__ import annotations

import hashlib
from dataclasses import dataclass
from pathlib import Path
from typing import Literal, Protocol

from s2m.engine.channel_order import ChannelOrder, in_channel_order
from s2m.engine.focus import FocusedSegmenter
from s2m.engine.models import SHIPPED_MODEL, load_model
from s2m.engine.segmenter import Segmenter
from s2m.evaluation.contenders import Contender, SegmenterContender

Look = Literal["focused", "whole"]
"""How a model looks at an image."""


class Entrant(Protocol):
    """A contender that is not loaded yet; small enough to be sent to another process."""

    @property
    def name(self) -> str:
        """What it is called in tables, unique in a run, usable as a folder's name."""

    @property
    def fingerprint(self) -> str:
        """Changes when the answers may change."""

    def open(self, threads: int) -> Contender:
        """Load it, to compute with so many threads."""


@dataclass(frozen=True)
class ModelEntrant:
    """A model of ours.

    Attributes:
        name: see ``Entrant.name``.
        path: as ``load_model`` takes it.
        look: whether it looks closer at objects (``FocusedSegmenter``), or at the whole image only.
        channel_order: "bgr" shows it swapped channels, as the original's window did.
    """

    name: str
    path: Path | None
    look: Look
    channel_order: ChannelOrder = "rgb"

    @property
    def fingerprint(self) -> str:
        """A hash of the model's files, and how it looks."""
        path = SHIPPED_MODEL if self.path is None else self.path
        files = [path] if path.is_file() else sorted(entry for entry in path.glob("*") if entry.is_file())
        digest = hashlib.sha256()
        for file in files:
            digest.update(file.name.encode())
            digest.update(file.read_bytes())
        swapped = "" if self.channel_order == "rgb" else f" {self.channel_order}"
        return f"{digest.hexdigest()[:16]} {self.look}{swapped}"

    def open(self, threads: int) -> Contender:
        """See ``Entrant.open``."""
        model = in_channel_order(load_model(self.path, threads), self.channel_order)
        if self.look == "focused":
            return SegmenterContender(FocusedSegmenter(model))
        return SegmenterContender(Segmenter(model))
