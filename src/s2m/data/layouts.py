"""A folder of any known layout in; its sets of labelled images, by name, out.

ROOT/lvis/lvis_v1_train.json, ROOT/lvis/train2017/      LVIS, also directly in ROOT
ROOT/static/fss/CLASS/N.jpg, ROOT/static/DUTS-TR/X.jpg  static sets, also directly in ROOT
ROOT/train/SET/NAME.webp beside NAME.png                folders of pairs, also ROOT/SET or ROOT itself
ROOT/train/SET/shards.json, shard-NNNNNN.tar            sets in shards, wherever folders of pairs may lie
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from functools import partial
from pathlib import Path

from s2m.data.coco import read_instances
from s2m.data.labelled_images import INDEX_NAME, LabelledFolder, LabelledImage, unpaired_files
from s2m.data.lvis import ANNOTATIONS, IMAGES, missing_of_lvis, read_lvis
from s2m.data.problems import ReportProblem, refuse
from s2m.data.shard_copies import is_address, open_address
from s2m.data.shards import SHARD_INDEX_NAME, is_sharded, open_shards
from s2m.data.static import STATIC_SETS, read_static_set, static_sets_in, wanted_files
from s2m.errors import DataError

FINE_REPEATS = 5
"""How often the published mixture takes the sets with fine edges, BIG and HRSOD, for one of the others."""

STATIC_REPEATS = 2
"""How often the published mixture takes every static set for one pass over LVIS."""

FINE_SETS = ("BIG_small", "HRSOD_small")


@dataclass(frozen=True)
class DataSet:
    """A named set of labelled images and how often an epoch of the published mixture passes over it."""

    name: str
    images: Sequence[LabelledImage]
    repeats: int = 1


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
        absent.append(f"--lvis-root is not given; wanted a folder with {ANNOTATIONS} and {IMAGES}/")
    else:
        absent += [f"{lvis_root}/{name}" for name in missing_of_lvis(lvis_root)]
    return tuple(absent)


def missing_words(absent: Sequence[str]) -> str:
    """The sentence for people about sets that are missing."""
    lines = "\n  ".join(absent)
    return f"sets are missing; put them there, or pass --allow-missing to go on without them:\n  {lines}"


def find_sets(root: Path, images_folder: Path | None = None, report: ReportProblem = refuse) -> tuple[DataSet, ...]:
    """Every set that a folder holds, whatever its layout.

    Args:
        root: a folder of one of the module's layouts, or an instance file in the JSON of COCO or LVIS.
        images_folder: the images of an instance file; by default the folder it lies in.
        report: told of what is broken; a set that cannot be opened at all is then found empty.

    Raises:
        DataError: nothing known was found.
    """
    if root.suffix == ".json":
        read = partial(read_instances, root, images_folder or root.parent, report=report)
        return (DataSet(root.stem, _opened(read, report)),)
    if not root.is_dir():
        raise DataError(f"{root} is no folder; give the folder of a data set")
    sets = tuple(_sets_in(root, report))
    if not sets:
        raise DataError(
            f"{root} holds no data set of a known layout; wanted {ANNOTATIONS} with {IMAGES}/, "
            f"one of {', '.join(STATIC_SETS)}, folders of pairs NAME.jpg and NAME.png, or {SHARD_INDEX_NAME}"
        )
    return sets


def open_named_set(root: Path, name: str, shard_copies: Path) -> Sequence[LabelledImage]:
    """A set as recipes name it: a folder or instance file below a root, or the address of a set in shards.

    Args:
        root: of the folders.
        name: relative to the root, or an address; see ``s2m.data.shard_copies``.
        shard_copies: local folder that shards of addresses are copied into.

    Raises:
        DataError: it is missing, broken or empty.
    """
    return open_address(name, shard_copies) if is_address(name) else open_set(root / name)


def open_set(folder: Path) -> Sequence[LabelledImage]:
    """The one set that lies in a folder, whatever its layout; an instance file lies beside its images.

    Raises:
        DataError: it is missing, broken or empty.
    """
    if folder.suffix == ".json":
        return read_instances(folder, folder.parent)
    if (folder / ANNOTATIONS).is_file():
        return read_lvis(folder)
    if is_sharded(folder):
        return open_shards(folder)
    if folder.name in static_sets_in(folder.parent):
        return read_static_set(folder.parent, folder.name)
    return _pairs(folder, refuse)


def _pairs(folder: Path, report: ReportProblem) -> Sequence[LabelledImage]:
    for problem in unpaired_files(folder):
        report(problem)
    return LabelledFolder(folder, report=report)


def _opened(read: Callable[[], Sequence[LabelledImage]], report: ReportProblem) -> Sequence[LabelledImage]:
    """The images of a set; none where it cannot be opened and that was only reported."""
    try:
        return read()
    except DataError as error:
        report(str(error))
        return ()


def _sets_in(root: Path, report: ReportProblem) -> Iterator[DataSet]:
    for folder in (root, root / "lvis"):
        if (folder / ANNOTATIONS).is_file():
            yield DataSet("lvis", _opened(partial(read_lvis, folder, report), report))
    for folder in (root, root / "static"):
        for name in static_sets_in(folder):
            yield DataSet(name, _opened(partial(read_static_set, folder, name, report), report))
    known = {*static_sets_in(root), "lvis", "static", IMAGES}
    for folder in _set_folders(root, known):
        name = str(folder.relative_to(root)) if folder != root else root.resolve().name
        read = partial(open_shards, folder) if is_sharded(folder) else partial(_pairs, folder, report)
        yield DataSet(name, _opened(read, report))


def _set_folders(root: Path, known: set[str]) -> Iterator[Path]:
    """The folder itself where it holds pairs or shards, else its folders and their folders that do."""
    if _holds_set(root):
        yield root
        return
    for folder in sorted(path for path in root.iterdir() if path.is_dir() and path.name not in known):
        if _holds_set(folder):
            yield folder
        else:
            yield from (inner for inner in sorted(folder.iterdir()) if inner.is_dir() and _holds_set(inner))


def _holds_set(folder: Path) -> bool:
    """Whether shards lie in a folder, or images that have labels or belong to an indexed data set."""
    if is_sharded(folder):
        return True
    suffixes = {path.suffix.lower() for path in folder.iterdir() if path.is_file()}
    has_images = bool(suffixes & {".jpg", ".jpeg", ".webp"})
    is_indexed = any((parent / INDEX_NAME).is_file() for parent in folder.resolve().parents[:2])
    return has_images and (".png" in suffixes or is_indexed)
