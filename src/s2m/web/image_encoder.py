"""Image files in; their features out, each image encoded once and the newest kept, the next one of a folder ahead."""

from __future__ import annotations

import threading
import time
from pathlib import Path

from s2m.engine.focus import FocusedFeatures, FocusedSegmenter
from s2m.engine.image_predictor import SegmenterPredictor
from s2m.engine.segmenter import FeatureCache
from s2m.web.pictures import PictureStore

FEATURE_BYTES = 512 * 1024 * 1024


class ImageEncoder:
    """Encodes images of a project; safe to use from threads.

    Args:
        segmenter: the network.
        pictures: gives the pixels.
    """

    def __init__(self, segmenter: FocusedSegmenter, pictures: PictureStore) -> None:
        self.segmenter = segmenter
        self._pictures = pictures
        self._features: FeatureCache[FocusedFeatures] = FeatureCache(FEATURE_BYTES)
        self._lock = threading.Lock()

    @property
    def nbytes(self) -> int:
        """Memory of the features kept."""
        return self._features.nbytes

    def has(self, path: Path) -> bool:
        """Whether an image is encoded."""
        return self._features.get(path) is not None

    def encode(self, path: Path) -> float:
        """Encode an image unless it is; how long it took, in milliseconds.

        Raises:
            ImageError: it cannot be read.
        """
        started = time.perf_counter()
        self._features_of(path)
        return (time.perf_counter() - started) * 1000

    def predictor(self, path: Path) -> SegmenterPredictor[FocusedFeatures]:
        """The network on one image, as a session asks it."""
        return SegmenterPredictor(self.segmenter, lambda: self._features_of(path))

    def _features_of(self, path: Path) -> FocusedFeatures:
        with self._lock:
            known = self._features.get(path)
            if known is None:
                known = self.segmenter.encode(self._pictures.pyramid(path).levels[0])
                self._features.put(path, known)
            return known
