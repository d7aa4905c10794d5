from __future__ import annotations

import contextlib
import io
import struct
import zlib
from pathlib import Path

import cv2
import numpy as np
import pytest
import tifffile
from PIL import Image, ImageCms, ImageOps
from PIL.PngImagePlugin import PngImageFile

from picture_files import numbers_of
from s2m.errors import ImageError
from s2m.files.images import (
    MAX_MEGAPIXELS,
    find_images,
    image_of_picture,
    image_size,
    left_out,
    read_image,
    read_image_and_numbers,
    read_image_bytes,
    read_small_image,
    turned,
)


@pytest.fixture(autouse=True)
def no_extras(monkeypatch: pytest.MonkeyPatch) -> None:
    """What is read without extras; tests/files/test_large_pictures.py and test_heif.py are about those."""
    monkeypatch.setattr("s2m.files.heif.is_installed", lambda: False)
    monkeypatch.setattr("s2m.files.large_pictures.is_installed", lambda: False)


RED = (200, 30, 30)


def saved(path: Path, picture: Image.Image) -> Path:
    picture.save(path)
    return path


def png_head(width: int, height: int) -> bytes:
    """A PNG that says how large it is and holds only the first of its pixels."""
    head = png_chunk(b"IHDR", struct.pack(">IIBBBBB", width, height, 8, 2, 0, 0, 0))
    return b"\x89PNG\r\n\x1a\n" + head + png_chunk(b"IDAT", zlib.compress(bytes(100)))


def png_chunk(kind: bytes, data: bytes) -> bytes:
    return struct.pack(">I", len(data)) + kind + data + struct.pack(">I", zlib.crc32(kind + data))


def test_an_rgb_file_comes_back_as_it_was_saved(tmp_path: Path) -> None:
    pixels = np.arange(2 * 3 * 3, dtype=np.uint8).reshape(2, 3, 3)

    image = read_image(saved(tmp_path / "a.png", Image.fromarray(pixels)))

    assert (image == pixels).all()
    assert image.dtype == np.uint8
    assert image.flags.writeable


@pytest.mark.parametrize(
    ("mode", "colour", "wanted"),
    [
        ("1", 1, (255, 255, 255)),
        ("L", 77, (77, 77, 77)),
        ("LA", (77, 255), (77, 77, 77)),
        ("LA", (77, 0), (255, 255, 255)),
        ("RGBA", (*RED, 255), RED),
        ("RGBA", (0, 0, 0, 0), (255, 255, 255)),
        ("CMYK", (0, 255, 255, 0), (255, 0, 0)),
        ("YCbCr", (76, 85, 255), (254, 0, 0)),
        ("HSV", (0, 255, 255), (255, 0, 0)),
    ],
)
def test_every_mode_becomes_rgb_and_transparency_white(
    tmp_path: Path, mode: str, colour: int | tuple[int, ...], wanted: tuple[int, int, int]
) -> None:
    suffix = {"CMYK": "tif", "YCbCr": "tif", "HSV": "png"}.get(mode, "png")
    picture = Image.new(mode, (5, 4), colour)
    path = saved(tmp_path / f"a.{suffix}", picture.convert("RGB") if mode == "HSV" else picture)

    image = read_image(path)

    assert image.shape == (4, 5, 3)
    assert tuple(image[0, 0].tolist()) == wanted
    np.testing.assert_array_equal(image_of_picture(picture, "a"), image)


def test_a_palette_picture_has_its_colours_and_its_transparent_index_is_white(tmp_path: Path) -> None:
    picture = Image.new("P", (2, 1))
    picture.putpalette([10, 20, 30, *RED])
    picture.putpixel((1, 0), 1)

    plain = read_image(saved(tmp_path / "a.png", picture))
    picture.save(tmp_path / "b.png", transparency=0)
    transparent = read_image(tmp_path / "b.png")

    assert plain[0].tolist() == [[10, 20, 30], list(RED)]
    assert transparent[0].tolist() == [[255, 255, 255], list(RED)]


def test_sixteen_bit_greys_use_their_range(tmp_path: Path) -> None:
    full = np.array([[0, 65535]], dtype=np.uint16)
    microscope = np.array([[0, 4095]], dtype=np.uint16)

    assert read_image(saved(tmp_path / "full.png", Image.fromarray(full)))[0, :, 0].tolist() == [0, 255]
    assert read_image(saved(tmp_path / "twelve.png", Image.fromarray(microscope)))[0, :, 0].tolist() == [0, 255]
    assert read_image(saved(tmp_path / "a.tif", Image.fromarray(full // 2)))[0, :, 0].tolist() == [0, 255]


def test_whole_numbers_of_32_bits_and_floats_use_their_range(tmp_path: Path) -> None:
    whole = Image.fromarray(np.array([[0, 300, 511]], dtype=np.int32))
    shares = Image.fromarray(np.array([[0.0, 0.5, 1.0]], dtype=np.float32))
    heights = Image.fromarray(np.array([[-100.0, np.nan, 155.0]], dtype=np.float32))

    assert read_image(saved(tmp_path / "i.tif", whole))[0, :, 0].tolist() == [0, 150, 255]
    assert read_image(saved(tmp_path / "f.tif", shares))[0, :, 1].tolist() == [0, 128, 255]
    assert read_image(saved(tmp_path / "g.tif", heights))[0, :, 2].tolist() == [0, 100, 255]
    assert image_of_picture(heights, "heights")[0, :, 2].tolist() == [0, 100, 255]


@pytest.mark.parametrize("orientation", range(1, 9))
def test_exif_orientation_is_applied_to_pixels_and_size(tmp_path: Path, orientation: int) -> None:
    upright = np.zeros((20, 30, 3), dtype=np.uint8)
    upright[:10, :15] = 250
    turns = {1: 0, 2: 0, 3: 2, 4: 2, 5: 1, 6: 1, 7: 3, 8: 3}
    stored = np.rot90(upright, turns[orientation])
    if orientation in (2, 4, 5, 7):
        stored = stored[:, ::-1] if orientation in (2, 4) else stored[::-1]
    exif = Image.Exif()
    exif[0x0112] = orientation
    path = tmp_path / "a.png"
    Image.fromarray(np.ascontiguousarray(stored)).save(path, exif=exif)

    assert (read_image(path) == upright).all()
    assert image_size(path) == (20, 30)


@pytest.mark.parametrize("place", ["before", "behind", "nowhere"])
def test_the_size_of_a_png_is_read_without_its_pixels_where_none_stand_before_its_orientation(
    tmp_path: Path, place: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    exif = Image.Exif()
    exif[0x0112] = 6
    whole = saved(tmp_path / "a.png", Image.new("RGB", (30, 20))).read_bytes()
    chunk = png_chunk(b"eXIf", exif.tobytes()[6:])
    head, end = 33, len(whole) - 12
    data = {
        "before": whole[:head] + chunk + whole[head:],
        "behind": whole[:end] + chunk + whole[end:],
        "nowhere": whole,
    }[place]
    path = tmp_path / "b.png"
    path.write_bytes(data)
    decoded: list[Image.Image] = []
    load = PngImageFile.load

    def note(picture: PngImageFile) -> object:
        decoded.append(picture)
        return load(picture)

    monkeypatch.setattr(PngImageFile, "load", note)

    assert image_size(path) == ((20, 30) if place == "nowhere" else (30, 20))

    assert bool(decoded) == (place == "behind")
    assert read_image(path).shape[:2] == image_size(path)


@pytest.mark.parametrize("orientation", [1, 6])
def test_a_jpeg_for_a_thumbnail_comes_smaller_and_upright(tmp_path: Path, orientation: int) -> None:
    values = np.zeros((300, 1200, 3), dtype=np.uint8)
    values[:, :600] = RED
    exif = Image.Exif()
    exif[0x0112] = orientation
    path = tmp_path / "a.jpg"
    Image.fromarray(values).save(path, quality=95, exif=exif)

    small, whole = read_small_image(path, 70), read_image(path)

    assert small.shape == ((75, 300, 3) if orientation == 1 else (300, 75, 3))
    shrunk = cv2.resize(whole, small.shape[1::-1], interpolation=cv2.INTER_AREA)
    assert np.abs(shrunk.astype(int) - small).mean() < 1
    np.testing.assert_array_equal(read_small_image(path, 290), whole)


def test_a_picture_that_is_no_jpeg_comes_whole_for_a_thumbnail(tmp_path: Path) -> None:
    for name in ("a.png", "a.tif", "a.webp"):
        path = saved(tmp_path / name, Image.new("RGB", (300, 200), RED))
        np.testing.assert_array_equal(read_small_image(path, 10), read_image(path))


def test_the_first_picture_of_an_animation_is_taken(tmp_path: Path) -> None:
    first, second = Image.new("RGB", (4, 4), RED), Image.new("RGB", (4, 4), (0, 0, 255))
    first.save(tmp_path / "a.gif", save_all=True, append_images=[second])

    assert tuple(read_image(tmp_path / "a.gif")[0, 0].tolist()) == RED


def test_a_missing_file_a_folder_and_an_empty_file_are_errors(tmp_path: Path) -> None:
    (tmp_path / "empty.jpg").touch()

    with pytest.raises(ImageError, match=r"nowhere.jpg does not exist"):
        read_image(tmp_path / "nowhere.jpg")
    with pytest.raises(ImageError, match="is a folder"):
        read_image(tmp_path)
    with pytest.raises(ImageError, match=r"empty.jpg is empty"):
        read_image(tmp_path / "empty.jpg")


def test_a_file_that_may_not_be_read_is_an_error(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def refuse(_: Path) -> bytes:
        raise PermissionError(13, "Permission denied")

    monkeypatch.setattr(Path, "read_bytes", refuse)
    with pytest.raises(ImageError, match="Permission denied; check its permissions"):
        read_image(tmp_path / "a.jpg")


@pytest.mark.parametrize("data", [b"hello", b"<html></html>", b"\xff\xd8\xff", b"\x89PNG\r\n\x1a\n", b"II*\x00\x08"])
def test_what_is_no_image_is_an_error(data: bytes) -> None:
    with pytest.raises(ImageError, match=r"a\.jpg is not an image that can be read; it is damaged"):
        read_image_bytes(data, "a.jpg")


@pytest.mark.parametrize("kind", ["JPEG", "PNG", "WebP", "TIFF", "GIF", "BMP"])
def test_a_truncated_file_is_an_error(kind: str) -> None:
    noise = np.random.default_rng(1).integers(0, 255, (64, 64, 3), dtype=np.uint8)
    buffer = io.BytesIO()
    Image.fromarray(noise).save(buffer, kind)

    with pytest.raises(ImageError, match=r"a fresh copy|not an image"):
        read_image_bytes(buffer.getvalue()[: len(buffer.getvalue()) // 2], "a")


def test_a_picture_that_pillow_cannot_decode_is_an_error() -> None:
    with pytest.raises(ImageError, match="the frame is damaged"):
        image_of_picture(Image.open(io.BytesIO(png_head(50, 50))), "the frame")


def test_a_file_of_random_bytes_behind_a_good_head_is_an_error_and_never_another_exception() -> None:
    generator = np.random.default_rng(2)
    buffer = io.BytesIO()
    Image.fromarray(generator.integers(0, 255, (32, 32, 3), dtype=np.uint8)).save(buffer, "PNG")
    good = bytearray(buffer.getvalue())
    for _ in range(50):
        bad = good.copy()
        for place in generator.integers(8, len(bad), 12):
            bad[place] = generator.integers(0, 256)
        with contextlib.suppress(ImageError):
            assert read_image_bytes(bytes(bad), "a").ndim == 3


def test_a_picture_without_pixels_is_an_error() -> None:
    with pytest.raises(ImageError, match=r"no pixels|not an image"):
        read_image_bytes(png_head(0, 5), "a.png")


def test_a_decompression_bomb_is_refused_before_it_is_decoded() -> None:
    with pytest.raises(ImageError, match=f"50000 x 50000 pixels, more than the limit of {MAX_MEGAPIXELS} megapixels"):
        read_image_bytes(png_head(50_000, 50_000), "bomb.png")


def test_a_picture_larger_than_pillow_likes_and_smaller_than_our_limit_is_opened() -> None:
    limit = Image.MAX_IMAGE_PIXELS

    with pytest.raises(ImageError, match=r"truncated|damaged"):
        read_image_bytes(png_head(19_000, 19_000), "large.png")
    assert limit == Image.MAX_IMAGE_PIXELS


def test_images_of_a_folder_come_in_the_order_of_their_numbers(tmp_path: Path) -> None:
    for name in ("photo10.jpg", "photo2.JPG", "Apple.png", "notes.txt", ".hidden.png"):
        (tmp_path / name).touch()
    (tmp_path / "folder.png").mkdir()

    assert [path.name for path in find_images(tmp_path)] == ["Apple.png", "photo2.JPG", "photo10.jpg"]


def test_a_folder_without_images_is_an_error(tmp_path: Path) -> None:
    with pytest.raises(ImageError, match="no image in"):
        find_images(tmp_path)
    with pytest.raises(ImageError, match="cannot list"):
        find_images(tmp_path / "nowhere")


@pytest.mark.parametrize("ending", [".png", ".tif"])
@pytest.mark.parametrize("shape", [(3, 4), (3, 4, 3)])
def test_16_bits_are_read_as_they_are(ending: str, shape: tuple[int, ...], tmp_path: Path) -> None:
    values = (np.arange(np.prod(shape)) * 997).astype(np.uint16).reshape(shape)
    done, data = cv2.imencode(ending, values[..., ::-1].copy() if values.ndim == 3 else values)
    assert done

    numbers = numbers_of(data.tobytes(), tmp_path / "a")

    assert numbers is not None
    assert numbers.dtype.itemsize == 2
    np.testing.assert_array_equal(numbers, values)


def test_transparent_colours_of_16_bits_are_laid_over_white(tmp_path: Path) -> None:
    values = np.zeros((1, 2, 4), dtype=np.uint16)
    values[0, 1] = (1, 2, 3, 65535)
    done, data = cv2.imencode(".png", values)
    assert done

    numbers = numbers_of(data.tobytes(), tmp_path / "a.png")

    assert numbers is not None
    assert numbers.tolist() == [[[65535, 65535, 65535], [3, 2, 1]]]


def test_floats_are_read_as_they_are(tmp_path: Path) -> None:
    values = np.array([[-2.5, 0.25], [1e6, 3]], dtype=np.float32)

    numbers = read_image_and_numbers(saved(tmp_path / "a.tif", Image.fromarray(values)))[1]

    assert numbers is not None
    np.testing.assert_array_equal(numbers, values)


@pytest.mark.parametrize("ending", [".tif", ".pfm"])
def test_numbers_that_are_not_finite_are_0(tmp_path: Path, ending: str) -> None:
    values = np.array([[np.nan, 2], [np.inf, -np.inf]], dtype=np.float32)
    path = tmp_path / f"a{ending}"
    if ending == ".tif":
        tifffile.imwrite(path, values)
    else:
        path.write_bytes(b"Pf\n2 2\n-1.0\n" + values[::-1].tobytes())

    numbers = read_image_and_numbers(path)[1]

    assert numbers is not None
    assert numbers.tolist() == [[0, 2], [0, 0]]


@pytest.mark.parametrize("mode", ["1", "L", "RGB", "RGBA", "P", "CMYK"])
def test_images_of_8_bits_have_no_further_numbers(tmp_path: Path, mode: str) -> None:
    path = saved(tmp_path / "a.tif", Image.new(mode, (3, 2)))

    assert read_image_and_numbers(path)[1] is None


@pytest.mark.parametrize("orientation", range(1, 9))
def test_arrays_are_turned_as_pictures_are(orientation: int) -> None:
    pixels = np.arange(6, dtype=np.uint8).reshape(2, 3)
    picture = Image.fromarray(pixels)
    picture.getexif()[0x0112] = orientation

    np.testing.assert_array_equal(turned(pixels, orientation), np.asarray(ImageOps.exif_transpose(picture)))


@pytest.mark.parametrize("orientation", range(1, 9))
@pytest.mark.parametrize("kind", ["PNG", "JPEG", "WebP", "TIFF", "AVIF"])
def test_every_format_is_turned_once(tmp_path: Path, kind: str, orientation: int) -> None:
    upright = np.zeros((24, 32, 3), dtype=np.uint8)
    upright[:12, :16] = 250
    exif = Image.Exif()
    exif[0x0112] = orientation
    inverse = {6: 8, 8: 6}.get(orientation, orientation)
    path = tmp_path / "a"
    Image.fromarray(np.ascontiguousarray(turned(upright, inverse))).save(path, kind, exif=exif, quality=95)

    assert np.abs(read_image(path).astype(int) - upright).mean() < 5
    assert image_size(path) == (24, 32)


def swapped_profile() -> bytes:
    """A profile of a screen whose red is green, whose green is blue and whose blue is red."""
    data = bytearray(ImageCms.ImageCmsProfile(ImageCms.createProfile("sRGB")).tobytes())
    count = int.from_bytes(data[128:132], "big")
    places = {bytes(data[132 + 12 * i : 136 + 12 * i]): 136 + 12 * i for i in range(count)}
    red, green, blue = (bytes(data[places[name] : places[name] + 8]) for name in (b"rXYZ", b"gXYZ", b"bXYZ"))
    for name, entry in ((b"rXYZ", green), (b"gXYZ", blue), (b"bXYZ", red)):
        data[places[name] : places[name] + 8] = entry
    return bytes(data)


@pytest.mark.parametrize("mode", ["RGB", "RGBA", "P"])
@pytest.mark.parametrize("kind", ["PNG", "TIFF"])
def test_colour_profiles_are_turned_to_srgb(tmp_path: Path, kind: str, mode: str) -> None:
    picture = Image.new("RGB", (4, 4), RED).convert(mode)
    picture.save(tmp_path / "a", kind, icc_profile=swapped_profile())

    seen = read_image(tmp_path / "a")[0, 0].astype(int)

    stored = np.array(picture.convert("RGB").getpixel((0, 0)))
    assert np.abs(seen - np.roll(stored, 1)).max() <= 3


def test_deep_colours_have_profiles_too(tmp_path: Path) -> None:
    values = np.zeros((3, 4, 3), dtype=np.uint16)
    values[..., 0] = 65535
    tifffile.imwrite(tmp_path / "a.tif", values, photometric="rgb", iccprofile=swapped_profile())

    assert np.abs(read_image(tmp_path / "a.tif")[0, 0].astype(int) - (0, 255, 0)).max() <= 3


@pytest.mark.parametrize("profile", [b"", b"no profile", swapped_profile()[:200]])
def test_a_damaged_profile_is_left_out(tmp_path: Path, profile: bytes) -> None:
    Image.new("RGB", (4, 4), RED).save(tmp_path / "a.png", icc_profile=profile)

    assert tuple(read_image(tmp_path / "a.png")[0, 0].tolist()) == RED


def test_colours_that_are_srgb_already_are_not_touched(tmp_path: Path) -> None:
    noise = np.random.default_rng(1).integers(0, 256, (32, 32, 3), dtype=np.uint8)
    profile = ImageCms.ImageCmsProfile(ImageCms.createProfile("sRGB")).tobytes()
    Image.fromarray(noise).save(tmp_path / "a.png", icc_profile=profile)

    np.testing.assert_array_equal(read_image(tmp_path / "a.png"), noise)


@pytest.mark.parametrize("progressive", [False, True])
@pytest.mark.parametrize("mode", ["L", "RGB"])
def test_a_jpeg_that_lacks_its_end_marker_alone_is_read_and_said(
    caplog: pytest.LogCaptureFixture, mode: str, progressive: bool
) -> None:
    noise = np.random.default_rng(1).integers(0, 256, (40, 56, 3), dtype=np.uint8)
    buffer = io.BytesIO()
    Image.fromarray(noise).convert(mode).save(buffer, "JPEG", progressive=progressive)
    data = buffer.getvalue()

    np.testing.assert_array_equal(read_image_bytes(data[:-2], "a.jpg"), read_image_bytes(data, "a.jpg"))
    assert "a.jpg lacks the marker of its end" in caplog.text
    for missing in (20, 100, 400):
        with pytest.raises(ImageError, match="damaged or truncated"):
            read_image_bytes(data[:-missing], "a.jpg")


@pytest.mark.parametrize(
    ("data", "words"),
    [
        (b"%!PS-Adobe-3.0 EPSF-3.0\n%%BoundingBox: 0 0 9 9\n", "it is PostScript"),
        (b"\0\0\0\x18ftypheic\0\0\0\0", "it is HEIC"),
        (b"%PDF-1.4\n", "it is PDF"),
        (b"8BPS\0\1", "it is Photoshop"),
    ],
)
def test_formats_that_are_not_meant_to_be_read_are_named(data: bytes, words: str) -> None:
    with pytest.raises(ImageError, match=rf"{words}\); save it as JPEG, PNG, WebP or TIFF"):
        read_image_bytes(data, "a.jpg")


def test_no_other_format_of_pillow_is_opened(tmp_path: Path) -> None:
    for kind in ("EPS", "PCX", "ICO", "SGI", "PDF"):
        Image.new("L", (16, 16)).save(tmp_path / "a", kind)
        with pytest.raises(ImageError, match="not an image that can be read"):
            read_image(tmp_path / "a")


def test_a_tga_is_known_by_its_name(tmp_path: Path) -> None:
    Image.new("RGB", (4, 4), RED).save(tmp_path / "a.TGA", "TGA")

    assert tuple(read_image(tmp_path / "a.TGA")[0, 0].tolist()) == RED


@pytest.mark.parametrize(
    ("width", "height", "words"),
    [(1, 300_000_000, "a side may have 100,000"), (20_000, 20_001, "megapixels"), (17_000, 17_000, "truncated|GB of")],
)
def test_pictures_over_the_limits_are_refused_by_their_heads(width: int, height: int, words: str) -> None:
    with pytest.raises(ImageError, match=words):
        read_image_bytes(png_head(width, height), "a.png")


def test_a_folder_says_what_it_leaves_out(tmp_path: Path) -> None:
    names = ["a.jpg", "b.HEIC", "c.heic", "d.psd", "e.mpo", "f.JFIF", "._a.jpg", "notes.txt", "é" * 121 + ".jpg"]
    for name in (*names, "caf\udce9.jpg"):
        (tmp_path / name).touch()

    assert [path.name for path in find_images(tmp_path)] == ["a.jpg", "e.mpo", "f.JFIF"]
    heic, psd, *names_left_out = left_out(tmp_path)
    assert "2 files .heic left out" in heic
    assert "1 file .psd left out" in psd
    assert any('"caf\\xe9.jpg" left out: its name is not UTF-8' in words for words in names_left_out)
    assert any("its name has 246 bytes" in words for words in names_left_out)


def test_a_folder_of_nothing_but_what_is_left_out_says_so(tmp_path: Path) -> None:
    (tmp_path / "a.heic").touch()

    with pytest.raises(ImageError, match=r"no image in .*1 file \.heic left out"):
        find_images(tmp_path)
