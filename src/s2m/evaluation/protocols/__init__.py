"""The protocols by name: fixed ways to draw on an image and to count what it takes."""

from __future__ import annotations

from collections.abc import Mapping
from types import MappingProxyType

from s2m.evaluation.protocol import EvaluationProtocol
from s2m.evaluation.protocols.clicks import ClicksProtocol
from s2m.evaluation.protocols.correcting import CorrectingProtocol
from s2m.evaluation.protocols.erasing import ErasingProtocol
from s2m.evaluation.protocols.human_strokes import HumanStrokesProtocol
from s2m.evaluation.protocols.objects import ObjectsProtocol
from s2m.evaluation.protocols.robustness import RobustnessProtocol
from s2m.evaluation.protocols.strokes import StrokesProtocol

_ALL: tuple[EvaluationProtocol, ...] = (
    ClicksProtocol(),
    StrokesProtocol(),
    HumanStrokesProtocol(),
    ObjectsProtocol(),
    CorrectingProtocol(),
    ErasingProtocol(),
    RobustnessProtocol(),
)

PROTOCOLS: Mapping[str, EvaluationProtocol] = MappingProxyType({protocol.name: protocol for protocol in _ALL})
