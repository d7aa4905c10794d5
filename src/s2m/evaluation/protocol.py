"""What every protocol is: a fixed way to draw on a scene, and the measures that count what it takes."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Protocol

import numpy as np

from s2m.evaluation.contenders import View
from s2m.evaluation.measures import Measure
from s2m.evaluation.scenes import Scene
from s2m.evaluation.turns import Turn


class EvaluationProtocol(Protocol):
    """A fixed way to draw and to count."""

    @property
    def name(self) -> str:
        """As on the command line."""

    @property
    def most(self) -> int:
        """Turns an object at most."""

    @property
    def compared(self) -> Mapping[str, str]:
        """Variants whose differences are reported, each with the variant that it is compared with."""

    @property
    def measures(self) -> Mapping[str, Measure]:
        """What is measured of each object under each variant, by name."""

    def turns(self, view: View, scene: Scene, rng: np.random.Generator) -> Iterator[Turn]:
        """Work on all objects of a scene; every choice comes from ``rng``."""
