from __future__ import annotations

import io
from typing import Any

import cv2
import numpy as np
import pytest
import tifffile
from numpy.typing import NDArray
from PIL import Image

from s2m.errors import MaskError
from s2m.files.images import turned
from s2m.files.mask_pictures import IGNORE_ID, ids_of_picture, is_smoothed, voc_palette
from s2m.types import ByteArray

HEIGHT, WIDTH = 60, 80
BODY = np.hypot(*(np.indices((HEIGHT, WIDTH)) - np.reshape((30, 35), (2, 1, 1)))) < 20
"""A disc (60, 80)."""

BLACK_AND_WHITE = np.where(BODY, np.uint8(255), np.uint8(0))


def smoothed(size: int = 5) -> ByteArray:
    return np.asarray(cv2.blur(BLACK_AND_WHITE, (size, size)), dtype=np.uint8)


def photograph() -> ByteArray:
    noise = np.random.default_rng(1).normal(0, 8, (HEIGHT, WIDTH))
    return np.asarray(np.clip(np.linspace(40, 220, WIDTH)[None] + noise + 30 * BODY, 0, 255), dtype=np.uint8)


def file_of(picture: Image.Image | NDArray[Any], kind: str = "PNG", **settings: Any) -> bytes:
    buffer = io.BytesIO()
    if isinstance(picture, np.ndarray):
        picture = Image.fromarray(picture)
    picture.save(buffer, kind, **settings)
    return buffer.getvalue()


def tiff(values: NDArray[Any], **settings: Any) -> bytes:
    buffer = io.BytesIO()
    tifffile.imwrite(buffer, values, **settings)
    return buffer.getvalue()


def with_alpha(colours: NDArray[Any], alpha: NDArray[Any]) -> NDArray[Any]:
    return np.dstack([colours, alpha]).astype(np.uint8)


def of_palette(indices: NDArray[Any], *colours: tuple[int, int, int]) -> Image.Image:
    picture = Image.fromarray(indices.astype(np.uint8))
    picture.putpalette([value for colour in colours for value in colour])
    return picture


GREY_BODY = np.repeat(BLACK_AND_WHITE[:, :, None], 3, axis=2)
BLACK, WHITE, RED = (0, 0, 0), (255, 255, 255), (255, 0, 0)


@pytest.mark.parametrize(
    "data",
    [
        file_of(BODY),
        file_of(BODY.astype(np.uint8)),
        file_of(BLACK_AND_WHITE),
        file_of(GREY_BODY),
        file_of(with_alpha(GREY_BODY, np.full(BODY.shape, 255))),
        file_of(with_alpha(GREY_BODY * 0, BLACK_AND_WHITE)),
        file_of(with_alpha(GREY_BODY * 0 + 255, BLACK_AND_WHITE)),
        file_of(with_alpha(np.dstack([photograph()] * 3), BLACK_AND_WHITE)),
        file_of(with_alpha(np.dstack([photograph()] * 3), smoothed())),
        file_of(np.dstack([BLACK_AND_WHITE * 0, BLACK_AND_WHITE])),
        file_of(of_palette(BODY, BLACK, RED)),
        file_of(of_palette(BODY, BLACK, WHITE)),
        file_of(of_palette(~BODY, WHITE, BLACK)),
        file_of(of_palette(BLACK_AND_WHITE, *[BLACK] * 255, WHITE)),
        file_of(BODY.astype(np.uint16) * 65535),
        file_of(BODY.astype(np.uint16) * 255),
        file_of(BODY.astype(np.uint16)),
        tiff(BODY),
        tiff(BODY, compression="zlib"),
        tiff(BODY, photometric="minisblack"),
        tiff(BLACK_AND_WHITE, photometric="miniswhite"),
        tiff(BODY.astype(np.uint16)),
        tiff(BODY.astype(np.int32)),
        tiff(BODY.astype(np.uint32), tile=(16, 16)),
        tiff(BODY.astype(np.float32)),
        tiff(BODY.astype(np.float64)),
        tiff(BODY.astype(np.float16) * 255),
        file_of(BLACK_AND_WHITE, "BMP"),
        file_of(BLACK_AND_WHITE, "GIF"),
        file_of(BLACK_AND_WHITE, "WEBP", lossless=True),
        file_of(BLACK_AND_WHITE, "TIFF", compression="tiff_lzw"),
        file_of(Image.fromarray(BODY), "TIFF", compression="group4"),
    ],
)
def test_one_object_is_one_however_it_is_stored(data: bytes) -> None:
    np.testing.assert_array_equal(ids_of_picture(data, "a"), BODY)


@pytest.mark.parametrize("orientation", range(1, 9))
@pytest.mark.parametrize("kind", ["PNG", "TIFF", "WEBP"])
def test_masks_are_turned_as_photographs_are(kind: str, orientation: int) -> None:
    inverse = {6: 8, 8: 6}.get(orientation, orientation)
    exif = Image.Exif()
    exif[0x0112] = orientation
    stored = np.ascontiguousarray(turned(BLACK_AND_WHITE, inverse))
    settings: dict[str, Any] = {"lossless": True} if kind == "WEBP" else {}

    np.testing.assert_array_equal(ids_of_picture(file_of(stored, kind, exif=exif, **settings), "a"), BODY)


@pytest.mark.parametrize(
    "data",
    [
        file_of(smoothed()),
        file_of(smoothed(3)),
        file_of(255 - smoothed()),
        file_of(smoothed(9)),
        file_of(np.repeat(smoothed()[:, :, None], 3, axis=2)),
        file_of(BLACK_AND_WHITE, "JPEG", quality=75),
        file_of(BLACK_AND_WHITE, "JPEG", quality=30),
        file_of(GREY_BODY, "JPEG", quality=75),
        file_of(smoothed().astype(np.uint16) * 257),
        file_of(cv2.resize(cv2.resize(BLACK_AND_WHITE, (40, 30)), (WIDTH, HEIGHT), interpolation=cv2.INTER_LINEAR)),
        tiff(smoothed() / np.float32(255)),
    ],
)
def test_a_smoothed_mask_is_refused_with_what_was_seen_and_read_where_that_is_said(data: bytes) -> None:
    with pytest.raises(
        MaskError, match=r"(\d+ grey values, \d+ % of its pixels 0 or 255: a smoothed mask\?|prob).*bin"
    ):
        ids_of_picture(data, "a.png")
    binary = ids_of_picture(data, "a.png", "binary")
    assert set(np.unique(binary)) == {0, 1}
    assert min((binary == BODY).mean(), (binary != BODY).mean()) < 0.05


@pytest.mark.parametrize("data", [file_of(photograph()), file_of(photograph(), "JPEG"), tiff(photograph())])
def test_a_photograph_is_no_mask(data: bytes) -> None:
    with pytest.raises(MaskError, match="a photograph"):
        ids_of_picture(data, "a.png")


def test_what_may_be_a_trimap_is_asked() -> None:
    values = BLACK_AND_WHITE.copy()
    values[:10] = 128

    with pytest.raises(MaskError, match=r"0, 128 and 255: two objects, or a trimap\? use --mask-kind"):
        ids_of_picture(file_of(values), "a.png")
    assert set(np.unique(ids_of_picture(file_of(values), "a.png", "labels"))) == {0, 128, IGNORE_ID}
    assert set(np.unique(ids_of_picture(file_of(values), "a.png", "binary"))) == {0, 1}


@pytest.mark.parametrize("count", [1, 2, 5, 20, 60, 254])
@pytest.mark.parametrize("kind", ["grey", "palette", "sixteen", "float", "colours"])
def test_objects_keep_their_numbers(kind: str, count: int) -> None:
    squares = np.kron(np.arange(256, dtype=np.uint8).reshape(16, 16), np.ones((6, 6), np.uint8))
    labels = np.where(squares <= count, squares, 0).astype(np.uint8)
    labels[-2:] = IGNORE_ID
    picture = {
        "grey": lambda: file_of(labels),
        "palette": lambda: file_of(of_palette(labels, *map(tuple, voc_palette().tolist()))),
        "sixteen": lambda: file_of(labels.astype(np.uint16)),
        "float": lambda: tiff(labels.astype(np.float32)),
        "colours": lambda: file_of(voc_palette()[labels]),
    }[kind]()

    np.testing.assert_array_equal(ids_of_picture(picture, "a"), labels)


@pytest.mark.parametrize(
    ("data", "words"),
    [
        (tiff(np.array([[0, np.nan]], np.float32)), "no finite numbers"),
        (tiff(np.array([[0, -1]], np.int16)), "ids -1 to 0"),
        (tiff(np.array([[0, 26001]], np.uint16)), "ids 0 to 26001; wanted 0 to 254"),
        (tiff(np.array([[0, 2**63]], np.uint64)), "wanted 0 to 254"),
        (file_of(Image.new("CMYK", (3, 3)), "TIFF"), "mode CMYK"),
        (file_of(np.full((4, 4, 3), RED, np.uint8)), r"colour \(255, 0, 0\) at \(0, 0\).*--mask-kind binary"),
        (b"hello", "not an image"),
    ],
)
def test_what_holds_no_objects_is_refused_in_one_line(data: bytes, words: str) -> None:
    with pytest.raises(MaskError, match=words) as caught:
        ids_of_picture(data, "a.png")
    assert "\n" not in str(caught.value)


def test_few_objects_of_a_pixel_each_are_no_smoothed_mask() -> None:
    assert not is_smoothed(np.array([[0, 1, 7, 9, 12]], np.uint8))
    assert not is_smoothed(np.zeros((3, 3), np.uint8))
    assert is_smoothed(smoothed())
