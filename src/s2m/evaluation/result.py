"""The results of images under one protocol in; figures, differences, convergence and calibration out, and on disk."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Literal

import numpy as np
from pydantic import TypeAdapter, ValidationError

from s2m.errors import DataError
from s2m.evaluation.calibration import Calibration, calibration_of, joined
from s2m.evaluation.interaction import Curve, curves_by_variant
from s2m.evaluation.journal import ImageResult, ObjectResult, Settings
from s2m.evaluation.metrics import Difference, compare, means
from s2m.evaluation.protocols import EvaluationProtocol

RESULT_NAME = "summary.json"

CLEARLY = 0.01
"""A loss of IoU beyond this is stated beside the small ones."""

Size = Literal["small", "medium", "large"]
"""small: below 1 % of the image.  medium: up to 10 %.  large: above."""

_SMALL_SHARE, _LARGE_SHARE = 0.01, 0.1

Differences = Mapping[str, Mapping[str, Difference]]
"""Named differences by what is compared."""


@dataclass(frozen=True)
class Convergence:
    """What all interactions after the first of each object did.

    Attributes:
        interactions: how many there were.
        lowered: share of those that lowered the IoU.
        clearly_lowered: share of those that lowered it by more than ``CLEARLY``.
    """

    interactions: int
    lowered: float
    clearly_lowered: float


@dataclass(frozen=True)
class SizeGroup:
    """The objects of one size: how many, and their mean IoU after the last interaction."""

    objects: int
    iou: float


@dataclass(frozen=True)
class Result:
    """What one method reached under one protocol on one data set; ``summary.json`` holds all but the curves.

    Attributes:
        settings: what was measured.
        figures: named means over objects, by variant.
        differences: of each variant from the one that the protocol compares it with.
        convergence: what interactions did, by variant.
        sizes: of small, medium and large objects, by variant.
        calibration: of the "first" and of the "last" answers, by variant, where they say how sure they are.
        curves: by variant; none where the result was read from disk.
    """

    settings: Settings
    figures: Mapping[str, Mapping[str, float]]
    differences: Differences
    convergence: Mapping[str, Convergence]
    sizes: Mapping[str, Mapping[Size, SizeGroup]]
    calibration: Mapping[str, Mapping[str, Calibration]]
    curves: Mapping[str, Sequence[Curve]] = field(default_factory=dict)

    @property
    def method(self) -> str:
        """Name of what was measured."""
        return self.settings.method


_RESULT = TypeAdapter(Result)


def result_of(protocol: EvaluationProtocol, settings: Settings, images: Sequence[ImageResult]) -> Result:
    """Count what happened on a whole data set."""
    curves = curves_by_variant(row for image in images for row in image.rows)
    objects = [one for image in images for one in image.objects]
    named = {variant: _calibrations(one for one in objects if one.variant == variant) for variant in curves}
    return Result(
        settings=settings,
        figures={variant: means(protocol.metrics, found) for variant, found in curves.items()},
        differences={
            f"{variant} - {base}": compare(protocol.metrics, curves[base], curves[variant])
            for variant, base in protocol.compared.items()
            if variant in curves and base in curves
        },
        convergence={variant: convergence_of(found) for variant, found in curves.items()},
        sizes={variant: by_size(found) for variant, found in curves.items()},
        calibration={variant: found for variant, found in named.items() if found},
        curves=curves,
    )


def convergence_of(curves: Sequence[Curve]) -> Convergence:
    """Count the interactions that lowered the IoU, the first of each object left out."""
    changes = np.array([change for curve in curves for change in curve.changes[1:]])
    if not changes.size:
        return Convergence(0, 0.0, 0.0)
    return Convergence(changes.size, float((changes < 0).mean()), float((changes < -CLEARLY).mean()))


def size_of(area_share: float) -> Size:
    """The size of an object by its share of the image."""
    if area_share < _SMALL_SHARE:
        return "small"
    return "medium" if area_share <= _LARGE_SHARE else "large"


def by_size(curves: Sequence[Curve]) -> dict[Size, SizeGroup]:
    """The last IoU of small, medium and large objects."""
    ious: dict[Size, list[float]] = {"small": [], "medium": [], "large": []}
    for curve in curves:
        ious[size_of(curve.rows[-1].area_share)].append(curve.ious[-1])
    return {size: SizeGroup(len(found), float(np.mean(found))) for size, found in ious.items() if found}


def difference_of(protocol: EvaluationProtocol, first: Result, second: Result) -> Differences:
    """Differences from one method to another, by variant."""
    return {
        variant: compare(protocol.metrics, found, second.curves[variant])
        for variant, found in first.curves.items()
        if variant in second.curves
    }


def result_json(result: Result) -> bytes:
    """The content of ``summary.json``."""
    return _RESULT.dump_json(result, indent=2, exclude={"curves"}) + b"\n"


def read_results(folders: Sequence[Path]) -> tuple[Result, ...]:
    """The results anywhere below some folders, in the order of their paths.

    Raises:
        DataError: there is none, one is damaged or of an older format, or two say they are of the same run.
    """
    found: dict[tuple[str, str, str], Result] = {}
    for folder in folders:
        for path in sorted(folder.rglob(RESULT_NAME)):
            result = _read(path)
            key = (result.settings.data, result.settings.protocol, result.method)
            if key in found:
                raise DataError(f"{path} is a second result of {', '.join(key)}; give only one of the two")
            found[key] = result
    if not found:
        places = ", ".join(str(folder) for folder in folders)
        raise DataError(f"no {RESULT_NAME} lies below {places}; run s2m evaluate, and give its --output")
    return tuple(found.values())


def _read(path: Path) -> Result:
    try:
        return _RESULT.validate_json(path.read_bytes())
    except (OSError, ValidationError) as error:
        raise DataError(f"{path} is damaged or of an older format; delete its folder and evaluate again") from error


def _calibrations(objects: Iterable[ObjectResult]) -> dict[str, Calibration]:
    """Of the first and the last answers over all objects; empty where none says how sure it is."""
    pairs = [(one.first, one.last) for one in objects]
    firsts = [first for first, _ in pairs if first is not None]
    lasts = [last for _, last in pairs if last is not None]
    if not firsts or not lasts:
        return {}
    return {"first": calibration_of(joined(firsts)), "last": calibration_of(joined(lasts))}
