"""Images and strokes of a request in, the mask of one object out; what cannot be answered becomes a refusal."""

from __future__ import annotations

import base64
import hashlib
from collections.abc import Awaitable, Callable, Sequence

import numpy as np
from cachetools import LRUCache
from pydantic import ValidationError
from starlette.requests import ClientDisconnect, Request
from starlette.responses import Response

from s2m.engine.geometry import resize_maps
from s2m.engine.segmenter import Embedding, Segmenter
from s2m.errors import ImageError, S2MError, StrokeError
from s2m.files.images import read_image_bytes
from s2m.types import Box, ByteArray, FloatArray, Stroke
from s2m.web.api.sessions import SessionRefused
from s2m.web.faults import first_fault
from s2m.web.open_image import told

OBJECT_ID = 1
"""The object that a request is about."""

_IMAGES_KEPT = 4

Handler = Callable[[Request], Awaitable[Response]]


class AskedImages:
    """Images that come with every request, encoded once; one thread at a time asks.

    Args:
        segmenter: the network.
    """

    def __init__(self, segmenter: Segmenter) -> None:
        self._segmenter = segmenter
        self._embeddings: LRUCache[bytes, Embedding] = LRUCache(_IMAGES_KEPT)

    def of(self, source: bytes, read: Callable[[], ByteArray]) -> Embedding:
        """The embedding of what ``read`` gives, an RGB image (H, W, 3) uint8; ``source`` tells images apart."""
        key = hashlib.blake2b(source, digest_size=16).digest()
        known = self._embeddings.get(key)
        if known is None:
            known = self._embeddings[key] = self._segmenter.encode(read())
        return known

    def of_file(self, data: bytes) -> Embedding:
        """The embedding of the image in the bytes of its file.

        Raises:
            ImageError: it cannot be read.
        """
        return self.of(data, lambda: read_image_bytes(data, "the image"))

    def logits(self, embedding: Embedding, strokes: Sequence[Stroke]) -> FloatArray:
        """The logits (H, W) of the object, above 0 on its pixels."""
        logits = self._segmenter.predict(embedding, strokes, None, (OBJECT_ID,)).masks.logits
        return np.asarray(resize_maps(logits, embedding.size_hw)[0])


def data_of_uri(text: str) -> bytes:
    """The bytes of a file in a data URI.

    Raises:
        ImageError: it is no base64.
    """
    try:
        return base64.b64decode(text.partition(",")[2], validate=True)
    except ValueError as error:
        raise ImageError(f"the image is no base64 ({error}); send it as a data URI") from error


def box_strokes(corners: Sequence[float], is_positive: bool) -> Sequence[Stroke]:
    """The strokes of a box by any two opposite corners (x, y, x, y), image pixels.

    Raises:
        StrokeError: it is flat, or negative.
    """
    if not is_positive:
        raise StrokeError("a rectangle shows where the object is; show what it is not with points")
    x0, y0, x1, y1 = (float(value) for value in corners)
    return Box(min(x0, x1), min(y0, y1), max(x0, x1), max(y0, y1), OBJECT_ID).strokes()


def answering(answer: Handler, refusal: Callable[[int, str], Response]) -> Handler:
    """A handler whose errors are told in the words of a protocol.

    Args:
        answer: the handler.
        refusal: makes the answer of an HTTP status and a text.
    """

    async def guarded(request: Request) -> Response:
        try:
            return await answer(request)
        except ValidationError as error:
            return refusal(422, f"the request is not understood: {first_fault(error)}")
        except SessionRefused as error:
            return refusal(error.status, str(error))
        except ClientDisconnect:
            return refusal(413, "the request ended before it was whole, or is too long")
        except Exception as error:
            reason = told(error)
            return refusal(500 if type(reason) is S2MError else 422, str(reason))

    return guarded
