"""Image files in; their pyramids, tiles and thumbnails out, the newest kept in memory up to a limit of bytes."""

from __future__ import annotations

import threading
from collections.abc import Iterator
from contextlib import contextmanager, nullcontext
from pathlib import Path

from cachetools import LRUCache, cachedmethod

from s2m.files.contrast_limits import ContrastLimits
from s2m.files.images import image_size, read_image_and_numbers, read_small_image
from s2m.web.pyramid import EncodedTile, Pyramid, build_pyramid, encode_jpeg, shrink

PICTURE_BYTES = 1200 * 1024 * 1024
TILE_BYTES = 128 * 1024 * 1024
THUMBNAIL_SIZE = 160
_THUMBNAILS_KEPT = 2048

_DECODING = 9
"""Bytes of a pixel while a picture of 16 bits is decoded."""

_SMALL_BYTES = 200 * 1024 * 1024
"""Pictures that take at most so much while they are decoded need not wait for one another."""


class PictureStore:
    """The images of a project as the page needs them; safe to use from threads.

    An image is decoded once however many ask for it at the same time.  The newest picture is always
    kept, even when it alone is over the limit.
    """

    def __init__(self, limit_bytes: int = PICTURE_BYTES) -> None:
        self.limit_bytes = limit_bytes
        # A cache takes nothing that is larger than all of it, so the newest picture counts as at most that.
        self._pyramids: LRUCache[Path, Pyramid] = LRUCache(
            limit_bytes, getsizeof=lambda pyramid: min(limit_bytes, pyramid.nbytes)
        )
        self._tiles: LRUCache[object, EncodedTile] = LRUCache(TILE_BYTES, getsizeof=lambda tile: len(tile.data))
        self._thumbnails: LRUCache[object, EncodedTile] = LRUCache(_THUMBNAILS_KEPT)
        self._known = threading.Condition()
        self._large = threading.Lock()

    @property
    def picture_nbytes(self) -> int:
        """Memory of the decoded pictures kept."""
        with self._known:
            return sum(pyramid.nbytes for pyramid in self._pyramids.values())

    @property
    def tile_nbytes(self) -> int:
        """Memory of the encoded tiles kept."""
        with self._known:
            return int(self._tiles.currsize)

    @cachedmethod(lambda self: self._pyramids, key=lambda _, path: path, condition=lambda self: self._known)
    def pyramid(self, path: Path) -> Pyramid:
        """The image at all its resolutions.

        Raises:
            ImageError: it cannot be read.
        """
        with self._decoding(path):
            return build_pyramid(*read_image_and_numbers(path))

    @contextmanager
    def _decoding(self, path: Path) -> Iterator[None]:
        """Decode large pictures one after the other, and let go of the oldest where all would go over the limit."""
        height, width = image_size(path)
        nbytes = height * width * _DECODING
        with self._large if nbytes > _SMALL_BYTES else nullcontext():
            with self._known:
                while self._pyramids and self._pyramids.currsize + nbytes > self.limit_bytes:
                    self._pyramids.popitem()
            yield

    @cachedmethod(lambda self: self._tiles, condition=lambda self: self._known)
    def tile(self, path: Path, level: int, column: int, row: int, limits: ContrastLimits | None = None) -> EncodedTile:
        """One tile, encoded; see ``Pyramid.cut``.

        Raises:
            ImageError: the image cannot be read, or has no such tile.
        """
        return self.pyramid(path).cut(level, column, row, limits)

    def thumbnail(self, path: Path) -> EncodedTile:
        """A small JPEG for the folder strip.

        Raises:
            ImageError: the image cannot be read.
        """
        return self._thumbnail(path, path.stat().st_mtime_ns if path.exists() else 0)

    @cachedmethod(lambda self: self._thumbnails, condition=lambda self: self._known)
    def _thumbnail(self, path: Path, _modified_ns: int) -> EncodedTile:
        with self._known:
            pyramid = self._pyramids.get(path)
        if pyramid is not None:
            return encode_jpeg(shrink(pyramid.levels[-1], THUMBNAIL_SIZE))
        with self._decoding(path):
            return encode_jpeg(shrink(read_small_image(path, THUMBNAIL_SIZE), THUMBNAIL_SIZE))
