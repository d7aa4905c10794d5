"""The folders of the published recipe in: LVIS, and the static sets FSS-1000, DUTS, ECSSD, BIG and HRSOD.

Labelled images out: of LVIS every large instance, of a static set one object an image.  ``published_mixture`` says how
often an epoch takes each of them.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

from s2m.data.coco import read_instances
from s2m.data.labelled_images import DataSet, LabelledImage, files_by_name
from s2m.data.picture_files import read_soft_mask
from s2m.data.problems import ReportProblem, refuse
from s2m.errors import DataError
from s2m.types import ByteArray

LVIS_ANNOTATIONS = "lvis_v1_train.json"
LVIS_IMAGES = "train2017"

AREA_OVER = 50 * 50
"""The published recipe trains on annotations over this area in pixels."""

CLASSES_SET = "fss"
"""The set with a folder for each class; the others are flat."""

STATIC_SETS = (CLASSES_SET, "DUTS-TR", "DUTS-TE", "ecssd", "BIG_small", "HRSOD_small")

FINE_REPEATS = 5
"""How often the published mixture takes the sets with fine edges, BIG and HRSOD, for one of the others."""

STATIC_REPEATS = 2
"""How often the published mixture takes every static set for one pass over LVIS."""

FINE_SETS = ("BIG_small", "HRSOD_small")

_JPEG = (".jpg", ".jpeg")


@dataclass(frozen=True)
class SoftMaskFile:
    """Reads a label from a grey mask with smoothed edges: 1 where it is at least half bright.

    Of a palette picture the indices count, as in the folders that ``s2m data convert`` writes.
    """

    path: Path

    def __call__(self) -> ByteArray:
        """The label, (H, W) uint8 of 0, 1 and (in palette pictures) ``IGNORE``."""
        return read_soft_mask(self.path)


def static_sets_in(root: Path) -> tuple[str, ...]:
    """The static sets that a folder holds, in the order of ``STATIC_SETS``."""
    return tuple(name for name in STATIC_SETS if _is_there(root / name))


def _is_there(folder: Path) -> bool:
    """Whether a folder holds images where a static set has them; other layouts use the same names."""
    return any(path.suffix.lower() in _JPEG for path in _files(folder).values())


def _files(folder: Path) -> dict[str, Path]:
    return files_by_name(folder, "*/*" if folder.name == CLASSES_SET else "*")


def read_static_set(root: Path, name: str, report: ReportProblem = refuse) -> tuple[LabelledImage, ...]:
    """The pairs X.jpg and X.png of one static set, in the order of their names; ``fss`` has a folder a class.

    Args:
        root: the folder of the sets.
        name: of the set.
        report: told of each image without a label and each label without an image.

    Raises:
        DataError: the folder is missing or holds no pair.
    """
    folder = root / name
    if not folder.is_dir():
        raise DataError(f"{folder} is missing; wanted {wanted_files(name)}")
    images = tuple(_pairs(folder, report))
    if not images:
        raise DataError(f"{folder} holds no pair; wanted {wanted_files(name)}")
    return images


def wanted_files(name: str) -> str:
    """How the files of a static set lie, for people."""
    return f"{name}/CLASS/N.jpg beside N.png" if name == CLASSES_SET else f"{name}/X.jpg beside X.png"


def _pairs(folder: Path, report: ReportProblem) -> Iterator[LabelledImage]:
    files = _files(folder)
    images, labels = (
        {key.rpartition(".")[0]: path for key, path in files.items() if path.suffix.lower() in suffixes}
        for suffixes in (_JPEG, (".png",))
    )
    for key, image_path in images.items():
        if key in labels:
            name = "_".join(image_path.relative_to(folder).with_suffix("").parts)
            yield LabelledImage(name, "salient", image_path, SoftMaskFile(labels[key]))
        else:
            report(f"{image_path} has no label {image_path.stem}.png beside it; the data set is incomplete")
    for key, label_path in labels.items():
        if key not in images:
            report(f"{label_path} has no image {label_path.stem}.jpg beside it; the data set is incomplete")


def read_lvis(root: Path, report: ReportProblem = refuse) -> tuple[LabelledImage, ...]:
    """The images of LVIS v1 with at least one annotation over 50 x 50 pixels.

    LVIS marks only some of the objects of each image, so the kind is "partial".

    Args:
        root: the folder.
        report: see ``s2m.data.coco.read_instances``.

    Raises:
        DataError: the file or the folder is missing or damaged.
    """
    missing = missing_of_lvis(root)
    if missing:
        raise DataError(f"{root} is no LVIS folder; it lacks {', '.join(missing)}")
    return read_instances(
        root / LVIS_ANNOTATIONS, root / LVIS_IMAGES, kind="partial", area_over=AREA_OVER, report=report
    )


def missing_of_lvis(root: Path) -> tuple[str, ...]:
    """What an LVIS folder needs and this one lacks."""
    absent = [] if (root / LVIS_ANNOTATIONS).is_file() else [LVIS_ANNOTATIONS]
    return tuple(absent if (root / LVIS_IMAGES).is_dir() else [*absent, f"{LVIS_IMAGES}/"])


def published_mixture(lvis_root: Path | None, static_root: Path | None) -> tuple[DataSet, ...]:
    """The sets that the original was trained on, with their repeats; raises where any is missing.

    Args:
        lvis_root: see ``read_lvis``; None leaves LVIS out.
        static_root: holds all of ``STATIC_SETS``; None leaves them out.

    Raises:
        DataError: sets are missing; the message lists what is expected where.
    """
    absent = missing_sets(lvis_root, static_root)
    if absent:
        raise DataError(missing_words(absent))
    return present_mixture(lvis_root, static_root)


def present_mixture(lvis_root: Path | None, static_root: Path | None) -> tuple[DataSet, ...]:
    """As ``published_mixture``, of those sets that are there; ``missing_sets`` names the others.

    Raises:
        DataError: none is there.
    """
    sets = []
    if static_root is not None:
        for name in static_sets_in(static_root):
            repeats = STATIC_REPEATS * (FINE_REPEATS if name in FINE_SETS else 1)
            sets.append(DataSet(name, read_static_set(static_root, name), repeats))
    if lvis_root is not None and not missing_of_lvis(lvis_root):
        sets.append(DataSet("lvis", read_lvis(lvis_root)))
    if not sets:
        raise DataError(missing_words(missing_sets(lvis_root, static_root)))
    return tuple(sets)


def missing_sets(lvis_root: Path | None, static_root: Path | None) -> tuple[str, ...]:
    """What the published mixture needs and is not there, one line each; all sets of a root that is not given."""
    absent = []
    if static_root is None:
        absent = [f"--static-root is not given; wanted a folder with {', '.join(STATIC_SETS)}"]
    else:
        there = static_sets_in(static_root)
        absent = [f"{static_root}/{wanted_files(name)}" for name in STATIC_SETS if name not in there]
    if lvis_root is None:
        absent.append(f"--lvis-root is not given; wanted a folder with {LVIS_ANNOTATIONS} and {LVIS_IMAGES}/")
    else:
        absent += [f"{lvis_root}/{name}" for name in missing_of_lvis(lvis_root)]
    return tuple(absent)


def missing_words(absent: Sequence[str]) -> str:
    """The sentence for people about sets that are missing."""
    lines = "\n  ".join(absent)
    return f"sets are missing; put them there, or pass --allow-missing to go on without them:\n  {lines}"
