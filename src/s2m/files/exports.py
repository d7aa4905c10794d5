"""Annotated images in; a folder with one or several formats, and a manifest of what is in it, out."""

from __future__ import annotations

import json
import os
import shutil
import tempfile
from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime, timezone
from pathlib import Path
from typing import Any

import cv2
import numpy as np

from s2m.errors import ConfigError, DataError, OutputError
from s2m.files.atomic import write_atomically
from s2m.files.formats.annotation import ImageAnnotation, ObjectAnnotation
from s2m.files.formats.splits import assigned_splits
from s2m.files.formats.table import FORMATS, format_named
from s2m.files.formats.writing import Loss, Target, Writer

MANIFEST = "manifest.json"
_SPECK_PX = 16


@dataclass(frozen=True)
class ExportSettings:
    """What is exported, and how.

    Attributes:
        formats: names of formats; several get a folder each.
        classes: only objects of these classes, "object" for those without one; all where empty.
        splits: shares or lists of the splits; see ``s2m.files.formats.splits``.
        seed: of shares.
        with_images: whether layouts that have a place for the images get copies of them.
        as_predictions: whether Label Studio takes the masks for a model's.
    """

    formats: tuple[str, ...] = ("coco",)
    classes: tuple[str, ...] = ()
    splits: Mapping[str, str] = field(default_factory=dict)
    seed: int = 0
    with_images: bool = True
    as_predictions: bool = False

    def __post_init__(self) -> None:
        for name in self.formats:
            format_named(name)
        if not self.formats or len(set(self.formats)) < len(self.formats):
            raise ConfigError(f"name each format once, and one at least; got {', '.join(self.formats) or 'none'}")


@dataclass
class ExportReport:
    """What an export holds.

    Attributes:
        folder: where it is.
        images, objects: how many.
        classes: how many objects of each class.
        splits: how many images of each split.
        findings: what looks like a mistake in the annotations, a sentence each.
        losses: what formats could not hold, by format.
    """

    folder: Path
    images: int = 0
    objects: int = 0
    classes: Counter[str] = field(default_factory=Counter)
    splits: Counter[str] = field(default_factory=Counter)
    findings: list[str] = field(default_factory=list)
    losses: dict[str, list[Loss]] = field(default_factory=dict)


def check_annotations(images: Iterable[ImageAnnotation], classes: Sequence[str], settings: ExportSettings) -> list[str]:
    """What looks like a mistake: empty objects, specks, images without objects, classes without objects."""
    report = ExportReport(Path())
    for image in images:
        _count(report, _filtered(image, settings), "")
    _find_unused_classes(report, classes, settings)
    return report.findings


def write_export(
    folder: Path,
    names: Sequence[str],
    images: Iterable[ImageAnnotation],
    classes: Sequence[str],
    settings: ExportSettings,
    about: Mapping[str, Any],
) -> ExportReport:
    """Write an export beside its place, then put it there as a whole.

    Args:
        folder: made, or replaced if it is an earlier export or empty.
        names: of the images, for the splits.
        images: read once, so they may be made one by one.
        classes: in their order; others that occur follow.
        settings: what to write.
        about: goes into the manifest; "model" also into predictions.

    Raises:
        OutputError: the folder holds something else, or cannot be written.
        DataError: an image cannot be a file, or does not fit a format.
        ConfigError: the splits are no splits.
    """
    folder = Path(os.path.abspath(folder))  # noqa: PTH100 (links stay as they are)
    check_replaceable(folder)
    splits = assigned_splits(names, settings.splits, settings.seed) if settings.splits else {}
    try:
        folder.parent.mkdir(parents=True, exist_ok=True)
        beside = Path(tempfile.mkdtemp(dir=folder.parent, prefix=f".{folder.name[:64]}-", suffix=".part"))
        beside.chmod(0o777 & ~_umask())
    except OSError as error:
        raise OutputError(f"cannot write {folder}: {error.strerror or error}; choose another folder with -o") from error
    try:
        report = ExportReport(folder)
        targets = _targets(beside, classes, settings, str(about.get("model") or ""))
        writers = {name: FORMATS[name].write(target) for name, target in targets.items()}
        for image in images:
            if not settings.splits or image.name in splits:
                _add(report, writers, _filtered(image, settings), splits.get(image.name, ""))
        for name, writer in writers.items():
            writer.finish()
            report.losses[name] = targets[name].losses
        left_out = len(names) - report.images
        if left_out:
            report.findings.append(f"{left_out} images stand in no list of a split; they are left out")
        _find_unused_classes(report, classes, settings)
        write_atomically(beside / MANIFEST, json.dumps(_manifest(report, settings, about), indent=1).encode() + b"\n")
        _put_in_place(beside, folder)
    finally:
        shutil.rmtree(beside, ignore_errors=True)
    return report


def check_replaceable(folder: Path) -> None:
    """Make sure that an export may take the place of a folder.

    Raises:
        OutputError: it is a file, or holds something that no export wrote.
    """
    if not folder.exists() or (folder / MANIFEST).is_file():
        return
    if not folder.is_dir():
        raise OutputError(f"{folder} is a file; choose another folder with -o")
    if any(folder.iterdir()):
        raise OutputError(f"{folder} holds files that are no export; choose another folder with -o")


def _targets(beside: Path, classes: Sequence[str], settings: ExportSettings, model: str) -> dict[str, Target]:
    wanted = [name for name in classes if not settings.classes or name in settings.classes]
    return {
        name: Target(
            beside / name if len(settings.formats) > 1 else beside,
            list(wanted),
            tuple(settings.splits),
            settings.with_images,
            settings.as_predictions,
            model,
        )
        for name in settings.formats
    }


def _add(report: ExportReport, writers: Mapping[str, Writer], image: ImageAnnotation, split: str) -> None:
    if not image.stem or image.stem in (".", "..") or any(sign in image.stem for sign in '/\\\0"\n\r'):
        raise DataError(f"no file can be named after the image {image.name!r}; rename it")
    _count(report, image, split)
    for writer in writers.values():
        writer.add(image, split)


def _count(report: ExportReport, image: ImageAnnotation, split: str) -> None:
    report.images += 1
    if split:
        report.splits[split] += 1
    if not image.objects:
        report.findings.append(f"{image.name} has no objects")
    for one in image.objects:
        report.objects += 1
        report.classes[one.category] += 1
        if not one.mask.area_px:
            report.findings.append(f"{image.name}: {one.name} has no pixels")
            continue
        specks = _specks(one)
        if specks:
            report.findings.append(f"{image.name}: {one.name} has {specks} specks of less than {_SPECK_PX} pixels")


def _specks(one: ObjectAnnotation) -> int:
    """Small parts of an object that has a larger one."""
    _, _, statistics, _ = cv2.connectedComponentsWithStats(one.mask.crop.astype(np.uint8), connectivity=8)
    areas = statistics[1:, cv2.CC_STAT_AREA]
    return int((areas < _SPECK_PX).sum()) if len(areas) and areas.max() >= _SPECK_PX else 0


def _find_unused_classes(report: ExportReport, classes: Sequence[str], settings: ExportSettings) -> None:
    for name in settings.classes or classes:
        if not report.classes[name]:
            report.findings.append(f"no object has the class {name}")


def _filtered(image: ImageAnnotation, settings: ExportSettings) -> ImageAnnotation:
    if not settings.classes:
        return image
    return replace(image, objects=tuple(one for one in image.objects if one.category in settings.classes))


def _manifest(report: ExportReport, settings: ExportSettings, about: Mapping[str, Any]) -> dict[str, Any]:
    return {
        "s2m_export": 1,
        "written": datetime.now(timezone.utc).isoformat(timespec="seconds"),
        **about,
        "orientation": "masks, sizes and strokes are those of the image as it is displayed (EXIF orientation applied)",
        "formats": list(settings.formats),
        "images": report.images,
        "objects": report.objects,
        "classes": dict(report.classes),
        "only_classes": list(settings.classes),
        "splits": {name: {"given": given, "images": report.splits[name]} for name, given in settings.splits.items()},
        "seed": settings.seed,
        "findings": report.findings,
        "losses": {
            name: {
                "pixels": sum(loss.pixels for loss in losses),
                "objects": [vars(loss) for loss in losses],
            }
            for name, losses in report.losses.items()
        },
    }


def _put_in_place(beside: Path, folder: Path) -> None:
    """Rename a finished folder; an earlier export there goes only when the new one stands."""
    try:
        if folder.exists():
            old = Path(tempfile.mkdtemp(dir=folder.parent, prefix=f".{folder.name[:64]}-", suffix=".old"))
            folder.rename(old / folder.name)
            try:
                beside.rename(folder)
            except OSError:
                (old / folder.name).rename(folder)
                raise
            finally:
                shutil.rmtree(old, ignore_errors=True)
        else:
            beside.rename(folder)
    except OSError as error:
        raise OutputError(f"cannot write {folder}: {error.strerror or error}; choose another folder with -o") from error


def _umask() -> int:
    """The permissions that new files do not get."""
    mask = os.umask(0o077)
    os.umask(mask)
    return mask
