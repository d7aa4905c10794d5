"""Image files in; their pyramids out, the last ones kept in memory up to a limit of bytes."""

from __future__ import annotations

import threading
from collections import OrderedDict
from pathlib import Path

from s2m.files.contrast_limits import Window
from s2m.files.images import read_file, read_image, read_image_bytes, read_numbers_bytes
from s2m.web.pyramid import EncodedTile, Pyramid, build_pyramid, encode_jpeg, shrink

PICTURE_BYTES = 1200 * 1024 * 1024
TILE_BYTES = 128 * 1024 * 1024
THUMBNAIL_SIZE = 160
_THUMBNAILS_KEPT = 2048


class PictureStore:
    """The images of a project as the page needs them; safe to use from threads.

    An image is decoded once however many ask for it at the same time.  The newest picture is always
    kept, even when it alone is over the limit.
    """

    def __init__(self, limit_bytes: int = PICTURE_BYTES) -> None:
        self.limit_bytes = limit_bytes
        self._pyramids: OrderedDict[Path, Pyramid] = OrderedDict()
        self._tiles: OrderedDict[tuple[Path, int, int, int, Window | None], EncodedTile] = OrderedDict()
        self._tile_bytes = 0
        self._thumbnails: OrderedDict[tuple[Path, float], EncodedTile] = OrderedDict()
        self._lock = threading.Lock()
        self._reading: dict[Path, threading.Lock] = {}

    @property
    def picture_nbytes(self) -> int:
        """Memory of the decoded pictures kept."""
        with self._lock:
            return sum(pyramid.nbytes for pyramid in self._pyramids.values())

    @property
    def tile_nbytes(self) -> int:
        """Memory of the encoded tiles kept."""
        with self._lock:
            return self._tile_bytes

    def pyramid(self, path: Path) -> Pyramid:
        """The image at all its resolutions.

        Raises:
            ImageError: it cannot be read.
        """
        with self._lock:
            known = self._pyramids.get(path)
            if known is not None:
                self._pyramids.move_to_end(path)
                return known
            reading = self._reading.setdefault(path, threading.Lock())
        with reading:
            with self._lock:
                known = self._pyramids.get(path)
            if known is not None:
                return known
            data = read_file(path)
            pyramid = build_pyramid(read_image_bytes(data, str(path)), read_numbers_bytes(data, str(path)))
            with self._lock:
                self._pyramids[path] = pyramid
                self._reading.pop(path, None)
                while (
                    sum(each.nbytes for each in self._pyramids.values()) > self.limit_bytes and len(self._pyramids) > 1
                ):
                    self._pyramids.popitem(last=False)
            return pyramid

    def tile(self, path: Path, level: int, column: int, row: int, window: Window | None = None) -> EncodedTile:
        """One tile, encoded; see ``Pyramid.cut``.

        Raises:
            ImageError: the image cannot be read, or has no such tile.
        """
        key = (path, level, column, row, window)
        with self._lock:
            known = self._tiles.get(key)
            if known is not None:
                self._tiles.move_to_end(key)
                return known
        tile = self.pyramid(path).cut(level, column, row, window)
        with self._lock:
            if key not in self._tiles:
                self._tiles[key] = tile
                self._tile_bytes += len(tile.data)
            while self._tile_bytes > TILE_BYTES and len(self._tiles) > 1:
                self._tile_bytes -= len(self._tiles.popitem(last=False)[1].data)
        return tile

    def thumbnail(self, path: Path) -> EncodedTile:
        """A small JPEG for the folder strip.

        Raises:
            ImageError: the image cannot be read.
        """
        key = (path, path.stat().st_mtime if path.exists() else 0.0)
        with self._lock:
            known = self._thumbnails.get(key)
            pyramid = self._pyramids.get(path)
        if known is not None:
            return known
        image = pyramid.levels[-1] if pyramid is not None else read_image(path)
        thumbnail = encode_jpeg(shrink(image, THUMBNAIL_SIZE))
        with self._lock:
            self._thumbnails[key] = thumbnail
            while len(self._thumbnails) > _THUMBNAILS_KEPT:
                self._thumbnails.popitem(last=False)
        return thumbnail
