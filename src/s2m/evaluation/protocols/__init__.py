"""The protocols by name: fixed ways to draw on an image and to count what it takes."""

from __future__ import annotations

from collections.abc import Mapping
from types import MappingProxyType

from s2m.evaluation.protocols.clicks import ClicksProtocol
from s2m.evaluation.protocols.human_strokes import HumanStrokesProtocol
from s2m.evaluation.turns import EvaluationProtocol

PROTOCOLS: Mapping[str, EvaluationProtocol] = MappingProxyType(
    {protocol.name: protocol for protocol in (ClicksProtocol(), HumanStrokesProtocol())}
)
