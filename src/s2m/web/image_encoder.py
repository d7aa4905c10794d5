"""Image files in; their embeddings out, each image encoded once and the newest kept, the next one of a folder ahead."""

from __future__ import annotations

import threading
import time
from collections.abc import Sequence
from concurrent.futures import Future, ThreadPoolExecutor
from pathlib import Path

from cachetools import LRUCache

from s2m.engine.segmenter import Embedding, Segmenter
from s2m.session import ImagePredictor, Predict, SegmenterOnImage
from s2m.types import FloatArray, ObjectLogits, Stroke
from s2m.web.pictures import PictureStore

PIXEL_BYTES = 256 * 1024 * 1024
"""Memory for the pixels of encoded images; the newest is kept though it alone be larger."""


class ImageEncoder:
    """Encodes images of a project; safe to use from threads.

    Args:
        segmenter: the network.
        pictures: gives the pixels.
    """

    def __init__(self, segmenter: Segmenter, pictures: PictureStore) -> None:
        self.segmenter = segmenter
        self._pictures = pictures
        self._embeddings: LRUCache[Path, Embedding] = LRUCache(
            PIXEL_BYTES, getsizeof=lambda embedding: min(PIXEL_BYTES, embedding.image_rgb.nbytes)
        )
        self._lock = threading.Lock()
        self._ahead = ThreadPoolExecutor(1, "ahead")
        self._ahead_of_pen: Future[None] | None = None

    @property
    def nbytes(self) -> int:
        """Memory of the embeddings kept, and of the pixels of their images."""
        return self.segmenter.nbytes + int(self._embeddings.currsize)

    @property
    def limit_bytes(self) -> int:
        """The most that they may take."""
        return self.segmenter.limit_bytes + PIXEL_BYTES

    def has(self, path: Path) -> bool:
        """Whether an image is encoded."""
        return path in self._embeddings

    def encode(self, path: Path) -> float:
        """Encode an image unless it is; how long it took, in milliseconds.

        Raises:
            ImageError: it cannot be read.
        """
        started = time.perf_counter()
        self._embedding_of(path)
        return (time.perf_counter() - started) * 1000

    def predictor(self, path: Path) -> ImagePredictor:
        """The network on one image, as a session asks it."""
        return SegmenterOnImage(self.segmenter, lambda: self._embedding_of(path))

    def quick_predictor(self, path: Path) -> Predict:
        """The network while the pen is down: one pass; meanwhile the crop of the full answer is encoded."""

        def answer(strokes: Sequence[Stroke], previous: ObjectLogits | None, object_ids: Sequence[int]) -> FloatArray:
            embedding = self._embedding_of(path)
            quick = self.segmenter.predict(embedding, strokes, previous, object_ids, quick=True)
            if self._ahead_of_pen is None or self._ahead_of_pen.done():
                self._ahead_of_pen = self._ahead.submit(
                    self.segmenter.prepare, embedding, strokes, previous, quick.masks
                )
            return quick.logits

        return answer

    def close(self) -> None:
        """Encode nothing more ahead."""
        self._ahead.shutdown(wait=True, cancel_futures=True)

    def _embedding_of(self, path: Path) -> Embedding:
        with self._lock:
            known = self._embeddings.get(path)
            if known is None:
                known = self.segmenter.encode(self._pictures.pyramid(path).levels[0])
                self._embeddings[path] = known
            return known
