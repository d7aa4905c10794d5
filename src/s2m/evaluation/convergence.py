"""The curves of some objects in; whether every further interaction helped out."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from s2m.evaluation.turns import Curve

CLEARLY = 0.01
"""A loss of IoU beyond this is stated beside the small ones."""


@dataclass(frozen=True)
class Step:
    """What an interaction of one number did, over the objects that got it.

    Attributes:
        number: 1, 2, ...
        objects: how many objects got it.
        mean_change: of the IoU.
        lowered: share of the objects whose IoU it lowered.
        clearly_lowered: share of the objects that lost more than ``CLEARLY``.
    """

    number: int
    objects: int
    mean_change: float
    lowered: float
    clearly_lowered: float


@dataclass(frozen=True)
class Convergence:
    """What all interactions did.

    Attributes:
        steps: by number.
        interactions: how many there were after the first of each object.
        lowered: share of those that lowered the IoU.
        clearly_lowered: share of those that lowered it by more than ``CLEARLY``.
    """

    steps: tuple[Step, ...]
    interactions: int
    lowered: float
    clearly_lowered: float


def convergence_of(curves: Sequence[Curve]) -> Convergence:
    """Count gains and losses; the first interaction is compared with the starting mask, or with nothing."""
    changes = [changes_of(curve) for curve in curves]
    most = max((len(each) for each in changes), default=0)
    steps = tuple(
        _step(number, [each[number - 1] for each in changes if len(each) >= number]) for number in range(1, most + 1)
    )
    further = np.array([change for each in changes for change in each[1:]])
    return Convergence(steps, len(further), _share(further < 0), _share(further < -CLEARLY))


def changes_of(curve: Curve) -> tuple[float, ...]:
    """The change of IoU that each interaction brought."""
    start = 0.0 if curve.start is None else curve.start.iou
    return tuple(float(change) for change in np.diff([start, *curve.ious]))


def _step(number: int, changes: Sequence[float]) -> Step:
    values = np.array(changes)
    return Step(number, len(values), float(values.mean()), _share(values < 0), _share(values < -CLEARLY))


def _share(chosen: np.ndarray[tuple[int, ...], np.dtype[np.bool_]]) -> float:
    return float(chosen.mean()) if chosen.size else 0.0
