"""Image files in; their embeddings out, each image encoded once and the newest kept, the next one of a folder ahead."""

from __future__ import annotations

import threading
import time
from collections.abc import Sequence
from concurrent.futures import Future, ThreadPoolExecutor
from pathlib import Path

from cachetools import LRUCache, cachedmethod

from s2m.engine.segmenter import Embedding, Segmenter
from s2m.files.images import image_size
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
        self._known = threading.Condition()
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

    def encode_ahead(self, path: Path, beside: Path) -> None:
        """Encode an image that may be opened next, unless both would not fit into the memory for them.

        Raises:
            ImageError: one of them cannot be read.
        """
        pixels = sum(height * width for height, width in (image_size(path), image_size(beside)))
        if 3 * pixels <= PIXEL_BYTES:
            self._embedding_of(path)

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

    @cachedmethod(lambda self: self._embeddings, key=lambda _, path: path, condition=lambda self: self._known)
    def _embedding_of(self, path: Path) -> Embedding:
        return self.segmenter.encode(self._pictures.pyramid(path).levels[0])
