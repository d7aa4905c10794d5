"""The formats and the judgement of their real readers in, docs/formats.md out.

Run as ``python scripts/formats_page.py --readers .venv-readers/bin/python --photographs FOLDER``; without readers the
present judgement stays, and the rest is written anew.
"""

from __future__ import annotations

import argparse
import re
import subprocess
import sys
import tempfile
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from PIL import Image

ROOT = Path(__file__).parent.parent
sys.path.insert(0, str(ROOT / "tests"))

from annotations import export_of, hard_image, image_of, random_masks  # noqa: E402
from s2m.engine.segmenter import Segmenter  # noqa: E402
from s2m.files.formats.annotation import ImageAnnotation  # noqa: E402
from s2m.files.formats.table import FORMATS  # noqa: E402
from s2m.files.images import find_images, read_image  # noqa: E402
from s2m.session import Project  # noqa: E402
from s2m.session.exports import annotated_images, export  # noqa: E402
from s2m.session.imports import import_masks  # noqa: E402
from s2m.types import BoolArray, ByteArray  # noqa: E402

PAGE = ROOT / "docs" / "formats.md"
SCRIPT = ROOT / "tests" / "files" / "formats" / "real_readers.py"
PROJECTS = 5

JUDGES = (
    ("coco", "pycocotools", "pycocotools"),
    ("coco", "datumaro_coco", "datumaro"),
    ("coco", "supervision_coco", "supervision"),
    ("coco-polygons", "pycocotools", "pycocotools"),
    ("coco-polygons", "datumaro_coco", "datumaro"),
    ("yolo", "supervision_yolo", "supervision"),
    ("voc", "datumaro_voc", "datumaro"),
    ("labelme", "labelme", "labelme"),
    ("cvat", "cvat_sdk", "cvat-sdk"),
    ("cvat", "datumaro_cvat", "datumaro"),
    ("label-studio", "label_studio_sdk", "label-studio-sdk"),
    ("label-studio-bitmask", "pillow_bitmask", "pillow"),
    ("tiff", "tifffile", "tifffile"),
    ("geojson", "shapely", "shapely"),
    ("npz", "numpy", "numpy"),
    ("cutouts", "pillow", "pillow"),
    ("masks", "pillow", "pillow"),
    ("soft-masks", "pillow", "pillow"),
    ("imagefolder", "datasets", "datasets"),
)
"""Each format, the function of the script that reads it, and the package that judges it."""


def hard() -> ImageAnnotation:
    """The hard test picture."""
    return hard_image()


def fifty() -> ImageAnnotation:
    """50 random masks with holes and islands, one over the other."""
    masks: list[BoolArray] = []
    taken = np.zeros((41, 57), dtype=bool)
    for mask in random_masks(50)[::-1]:
        free = np.asarray(mask & ~taken & (np.random.default_rng(len(masks)).random(mask.shape) < 0.3))
        taken |= free
        masks.append(free)
    return image_of("many.png", *(mask for mask in masks if mask.any()))


@dataclass(frozen=True)
class Case:
    """One annotated image.

    Attributes:
        image: its annotation.
        photograph: the picture, (H, W, 3).
        write: writes it into a folder in a format.
    """

    image: ImageAnnotation
    photograph: ByteArray
    write: Callable[[Path, str], object]


def drawn_case(image: ImageAnnotation) -> Case:
    """A case without a photograph of its own."""

    def write(folder: Path, kind: str) -> object:
        photo = folder.parent / "photos" / image.name
        return export_of(
            folder, kind, [ImageAnnotation(image.name, image.size_hw, image.objects, image.stem, path=photo)]
        )

    return Case(image, np.full((*image.size_hw, 3), 90, dtype=np.uint8), write)


@contextmanager
def projects_of(photographs: Path) -> Iterator[list[Case]]:
    """Five projects: photographs of a folder, spread over it, with the masks that lie beside them as NAME.png.

    Raises:
        SystemExit: the folder has fewer.
    """
    pairs = [(path, path.with_suffix(".png")) for path in find_images(photographs)]
    pairs = [(path, mask) for path, mask in pairs if path != mask and mask.is_file()]
    if len(pairs) < PROJECTS:
        raise SystemExit(f"{photographs} has {len(pairs)} photographs with masks NAME.png; wanted {PROJECTS}")
    with tempfile.TemporaryDirectory() as name:
        yield [
            _project_case(Path(name) / str(number), *pairs[number * len(pairs) // PROJECTS])
            for number in range(PROJECTS)
        ]


def _project_case(folder: Path, path: Path, mask: Path) -> Case:
    photograph = read_image(path)
    photo = folder / "photos" / f"{path.stem}.png"
    photo.parent.mkdir(parents=True)
    Image.fromarray(photograph).save(photo)
    project = Project.open(photo.parent, folder / "project")
    import_masks(project, mask, mask_kind="labels")
    project = Project.reopen(project.output)
    (image,) = annotated_images(project, [photo.name], Segmenter)
    return Case(image, photograph, lambda out, kind: export(project, kind, out))


def pixels_that_differ(python: Path, kind: str, reader: str, cases: Sequence[Case]) -> list[int]:
    """How many pixels of the masks of each case are others in a reader, which may give objects in any order.

    Raises:
        RuntimeError: the reader fails, or finds another number of objects.
    """
    with tempfile.TemporaryDirectory() as name:
        folders = [Path(name) / str(number) for number in range(len(cases))]
        for folder, case in zip(folders, cases, strict=True):
            (folder / "photos").mkdir(parents=True)
            Image.fromarray(case.photograph).save(folder / "photos" / case.image.name)
            case.write(folder / "out", kind)
        places = [str(folder / each) for folder in folders for each in ("out", "seen.npz")]
        run = subprocess.run([str(python), str(SCRIPT), reader, *places], capture_output=True, text=True, check=False)
        if run.returncode:
            raise RuntimeError(f"{reader} cannot read {kind}: {run.stderr[-1500:]}")
        return [
            _differing_in(folder / "seen.npz", case.image, kind, reader)
            for folder, case in zip(folders, cases, strict=True)
        ]


def _differing_in(file: Path, image: ImageAnnotation, kind: str, reader: str) -> int:
    with np.load(file) as arrays:
        seen = [arrays[f"mask_{place}"] for place in range(len(arrays["classes"]))]
    wanted = [one.mask.whole(image.size_hw) for one in image.objects]
    if len(seen) != len(wanted):
        raise RuntimeError(f"{reader} finds {len(seen)} objects in {kind}, wanted {len(wanted)}")
    return _differing(wanted, seen)


def _differing(wanted: list[BoolArray], seen: list[BoolArray]) -> int:
    """The pixels that differ: in the order of the file, or each mask from the one that is most like it."""
    in_order = sum(int((mask != other).sum()) for mask, other in zip(wanted, seen, strict=True))
    left, total = list(seen), 0
    for mask in wanted:
        counts = [int((mask != other).sum()) for other in left]
        best = int(np.argmin(counts))
        total += counts[best]
        del left[best]
    return min(total, in_order)


def bridges(image: ImageAnnotation) -> int:
    """The pixels that YOLO adds to an image, by the manifest."""
    with tempfile.TemporaryDirectory() as name:
        report = export_of(Path(name) / "out", "yolo", [image])
    return sum(loss.pixels for loss in report.losses["yolo"])


def judgement(python: Path, projects: Sequence[Case]) -> list[str]:
    """A row of the table for each reader."""
    rows = []
    cases = [drawn_case(hard()), drawn_case(fifty()), *projects]
    for kind, reader, package in JUDGES:
        code = f"import importlib.metadata as m; print(m.version('{package}'))"
        version = subprocess.run([str(python), "-c", code], capture_output=True, text=True, check=True).stdout.strip()
        first, second, *others = pixels_that_differ(python, kind, reader, cases)
        rows.append(f"| `{kind}` | {package} {version} | {first} | {second} | {sum(others)} |")
        print(rows[-1], flush=True)
    return rows


def page(rows: list[str]) -> str:
    """The page, with the rows of the readers."""
    formats = [
        f"| `{name}` | {one.title} | {one.files} | {_yes(one.strokes)} | {_yes(one.overlaps)} |"
        for name, one in FORMATS.items()
    ]
    return (
        (ROOT / "scripts" / "formats_page.md")
        .read_text()
        .format(
            formats="\n".join(formats),
            readers="\n".join(rows),
            bridges_hard=bridges(hard()),
            bridges_fifty=bridges(fifty()),
        )
    )


def _yes(value: bool) -> str:
    return "yes" if value else "no"


def present_rows() -> list[str]:
    """The rows of the readers as the page has them now."""
    return re.findall(r"^\| `[a-z-]+` \| [a-z-]+ [\d.]+ \|.*\|$", PAGE.read_text(), re.MULTILINE)


def main() -> None:
    """Write the page."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--readers", type=Path, help="Python of the environment of the readers")
    parser.add_argument("--photographs", type=Path, help="folder of photographs with masks NAME.png beside them")
    arguments = parser.parse_args()
    if (arguments.readers is None) != (arguments.photographs is None):
        parser.error("--readers and --photographs go together")
    if arguments.readers is None:
        PAGE.write_text(page(present_rows()))
        return
    with projects_of(arguments.photographs) as projects:
        PAGE.write_text(page(judgement(arguments.readers, projects)))


if __name__ == "__main__":
    main()
