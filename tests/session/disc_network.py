"""A network of a few lines: discs around positive strokes, what was there before kept, negative strokes cut out."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from types import MappingProxyType

import numpy as np

from s2m.session import AnnotationState, JournalFile, JournalHeader, Session
from s2m.session.journal import OpenedJournal
from s2m.types import BACKGROUND_ID, ByteArray, FloatArray, ObjectLogits, Stroke

SIZE_HW = (24, 32)


class DiscAnswerer:
    """Discs of ``radius`` cells around positive points; the previous mask is kept; negative points cut discs out."""

    def __init__(self, radius: float = 8.0, cells_hw: tuple[int, int] = SIZE_HW) -> None:
        self.radius, self.cells_hw, self.calls = radius, cells_hw, 0

    def sharpen(self, labels: ByteArray, object_ids: Sequence[int]) -> ByteArray:
        del object_ids
        return labels.copy()

    def __call__(
        self, strokes: Sequence[Stroke], previous: ObjectLogits | None, object_ids: Sequence[int]
    ) -> FloatArray:
        self.calls += 1
        height, width = self.cells_hw
        y, x = np.mgrid[0:height, 0:width] + 0.5
        answers = []
        for object_id in object_ids:
            before = None if previous is None else previous.of(object_id)
            logits = np.full(self.cells_hw, -4.0)
            if before is not None and before.shape == self.cells_hw:
                logits = np.where(before > 0.5, 3.0, logits)
            for stroke in strokes:
                own = stroke.object_id == object_id
                if not own and stroke.object_id != BACKGROUND_ID and stroke.sign == "negative":
                    continue
                sign = 1 if own and stroke.sign == "positive" else -1
                radius = self.radius if sign > 0 else self.radius / 2
                for point in stroke.points_xy * (width / SIZE_HW[1], height / SIZE_HW[0]):
                    reach = radius - np.hypot(x - point[0], y - point[1])
                    logits = np.where(reach > 0, sign * (0.5 + reach), logits)
            answers.append(logits)
        return np.asarray(answers, dtype=np.float32)


def open_session(
    path: Path,
    predictor: DiscAnswerer | None = None,
    model_id: str = "discs",
    known: Mapping[int, AnnotationState] = MappingProxyType({}),
    open_journal: Callable[[Path, JournalHeader], OpenedJournal] = JournalFile.open,
) -> Session:
    header = JournalHeader(image="photo.jpg", size_hw=SIZE_HW, overlap="exclusive")
    return Session(open_journal(path, header), predictor or DiscAnswerer(), model_id, known)
