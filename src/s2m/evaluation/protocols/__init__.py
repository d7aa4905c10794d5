"""The protocols: fixed ways to draw on a scene, and the metrics that count what it takes."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from types import MappingProxyType
from typing import Protocol

import numpy as np

from s2m.evaluation.interaction import Interaction
from s2m.evaluation.method import EncodedImage
from s2m.evaluation.metrics import Metric
from s2m.evaluation.protocols.clicks import ClicksProtocol
from s2m.evaluation.protocols.correcting import CorrectingProtocol
from s2m.evaluation.protocols.erasing import ErasingProtocol
from s2m.evaluation.protocols.finished import FinishedProtocol
from s2m.evaluation.protocols.human_strokes import HumanStrokesProtocol
from s2m.evaluation.protocols.objects import ObjectsProtocol
from s2m.evaluation.protocols.robustness import RobustnessProtocol
from s2m.evaluation.protocols.strokes import StrokesProtocol
from s2m.evaluation.protocols.thin import ThinProtocol
from s2m.evaluation.protocols.wholes import WholesProtocol
from s2m.evaluation.scene import Scene


class EvaluationProtocol(Protocol):
    """A fixed way to draw and to count."""

    @property
    def name(self) -> str:
        """As on the command line."""

    @property
    def most(self) -> int:
        """Interactions an object at most."""

    @property
    def compared(self) -> Mapping[str, str]:
        """Variants whose differences are reported, each with the variant that it is compared with."""

    @property
    def metrics(self) -> Mapping[str, Metric]:
        """The metrics of each object under each variant, by name."""

    def interactions(self, encoded: EncodedImage, scene: Scene, rng: np.random.Generator) -> Iterator[Interaction]:
        """Interactions on all objects of a scene; every choice comes from ``rng``."""


_ALL: tuple[EvaluationProtocol, ...] = (
    ClicksProtocol(),
    StrokesProtocol(),
    HumanStrokesProtocol(),
    ObjectsProtocol(),
    FinishedProtocol(),
    CorrectingProtocol(),
    ErasingProtocol(),
    RobustnessProtocol(),
    WholesProtocol(),
    ThinProtocol(),
)

PROTOCOLS: Mapping[str, EvaluationProtocol] = MappingProxyType({protocol.name: protocol for protocol in _ALL})
"""Every protocol by its name."""
