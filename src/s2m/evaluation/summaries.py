"""Folders of finished evaluations in; their figures, summary by summary, out."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from s2m.errors import DataError

SUMMARY_NAME = "summary.json"


@dataclass(frozen=True)
class Summary:
    """What ``summary.json`` holds of one contender under one protocol on one data set.

    Attributes:
        data: name of the data set.
        protocol: name of the protocol.
        contender: name of what was measured.
        figures: named means over objects, by variant.
        differences: mean, low and high of named differences, by what is compared.
        convergence: what interactions did, by variant.
        sizes: the mean IoU of the last answers on objects of each size, by variant.
        reliability: calibration errors of the "first" and of the "last" answers, by variant.
    """

    data: str
    protocol: str
    contender: str
    figures: Mapping[str, Mapping[str, float]]
    differences: Mapping[str, Mapping[str, Mapping[str, float]]]
    convergence: Mapping[str, Mapping[str, Any]]
    sizes: Mapping[str, Mapping[str, float]]
    reliability: Mapping[str, Mapping[str, Mapping[str, Any]]]


def read_summaries(folders: Sequence[Path]) -> tuple[Summary, ...]:
    """The summaries anywhere below some folders, in the order of their paths.

    Raises:
        DataError: there is none, one is damaged or of an older format, or two say they are of the same run.
    """
    found: dict[tuple[str, str, str], Summary] = {}
    for folder in folders:
        for path in sorted(folder.rglob(SUMMARY_NAME)):
            summary = _read(path)
            key = (summary.data, summary.protocol, summary.contender)
            if key in found:
                raise DataError(f"{path} is a second summary of {', '.join(key)}; give only one of the two")
            found[key] = summary
    if not found:
        places = ", ".join(str(folder) for folder in folders)
        raise DataError(f"no {SUMMARY_NAME} lies below {places}; run s2m evaluate, and give its --output")
    return tuple(found.values())


def _read(path: Path) -> Summary:
    try:
        content: Any = json.loads(path.read_text(encoding="utf-8"))
        settings = content["settings"]
        return Summary(
            settings["data"],
            settings["protocol"],
            settings["contender"],
            content["figures"],
            content["differences"],
            content["convergence"],
            {
                variant: {group["name"]: group["iou"] for group in groups}
                for variant, groups in content["sizes"].items()
            },
            content["reliability"],
        )
    except (OSError, ValueError, KeyError, TypeError) as error:
        raise DataError(
            f"{path} is damaged or of an older format ({error!r}); delete its folder and evaluate again"
        ) from error
