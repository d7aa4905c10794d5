"""A folder of any known layout in; its sets of labelled images, by name, out.

ROOT/lvis/lvis_v1_train.json, ROOT/lvis/train2017/      LVIS, also directly in ROOT
ROOT/static/fss/CLASS/N.jpg, ROOT/static/DUTS-TR/X.jpg  static sets, also directly in ROOT
ROOT/train/SET/NAME.webp beside NAME.png                folders of pairs, also ROOT/SET or ROOT itself
ROOT/train/SET/shards.json, shard-NNNNNN.tar            sets in shards, wherever folders of pairs may lie
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from functools import partial
from pathlib import Path

from s2m.data.coco import read_instances
from s2m.data.labelled_images import (
    INDEX_NAME,
    DataSet,
    LabelledFolder,
    LabelledImage,
    files_by_name,
    is_photograph,
    unpaired_files,
)
from s2m.data.problems import ReportProblem, refuse
from s2m.data.published_sets import (
    LVIS_ANNOTATIONS,
    LVIS_IMAGES,
    STATIC_SETS,
    read_lvis,
    read_static_set,
    static_sets_in,
)
from s2m.data.shard_copies import is_address, open_address
from s2m.data.shards import SHARD_INDEX_NAME, is_sharded, open_shards
from s2m.errors import DataError


def find_sets(root: Path, images_folder: Path | None = None, report: ReportProblem = refuse) -> tuple[DataSet, ...]:
    """Every set that a folder holds, whatever its layout.

    Args:
        root: a folder of one of the module's layouts, or an instance file in the JSON of COCO or LVIS.
        images_folder: the images of an instance file; by default the folder it lies in.
        report: told of what is broken; a set that cannot be opened at all is then found empty.

    Raises:
        DataError: nothing known was found.
    """
    if root.suffix.lower() == ".json":
        read = partial(read_instances, root, images_folder or root.parent, report=report)
        return (DataSet(root.stem, _opened(read, report)),)
    if not root.is_dir():
        raise DataError(f"{root} is no folder; give the folder of a data set")
    sets = tuple(_sets_in(root, report))
    if not sets:
        raise DataError(
            f"{root} holds no data set of a known layout; wanted {LVIS_ANNOTATIONS} with {LVIS_IMAGES}/, "
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
    if folder.suffix.lower() == ".json":
        return read_instances(folder, folder.parent)
    if (folder / LVIS_ANNOTATIONS).is_file():
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
        if (folder / LVIS_ANNOTATIONS).is_file():
            yield DataSet("lvis", _opened(partial(read_lvis, folder, report), report))
    for folder in (root, root / "static"):
        for name in static_sets_in(folder):
            yield DataSet(name, _opened(partial(read_static_set, folder, name, report), report))
    known = {*static_sets_in(root), "lvis", "static", LVIS_IMAGES}
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
    files = [path for path in files_by_name(folder).values() if path.is_file()]
    has_images = any(is_photograph(path) for path in files)
    has_labels = any(path.suffix.lower() == ".png" for path in files)
    is_indexed = any((parent / INDEX_NAME).is_file() for parent in folder.resolve().parents[:2])
    return has_images and (has_labels or is_indexed)
