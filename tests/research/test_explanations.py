from __future__ import annotations

from dataclasses import replace

import pytest

from research.explanations import by_reason, by_size, explanation_of, reason_of
from research.faults import Faults, ObjectFacts
from research.findings import Finding

FACTS = ObjectFacts(area_px=10_000, area_share=0.05, parts=1, thickness_px=50, contrast=40)
FINDING = Finding("a", 1, "x", "object", 20, 0.2, 0.7, 0.6, 9.0, FACTS, Faults(0.3, 0.1, 0.2, 0.5, 0.0, 0.2))


@pytest.mark.parametrize(
    ("faults", "reason"),
    [
        (Faults(0.3, 0.1, 0.2, 0.5, 0.0, 0.2), "missed part"),
        (Faults(0.3, 0.6, 0.4, 0.0, 0.0, 0.0), "thin parts"),
        (Faults(0.3, 0.4, 0.6, 0.0, 0.0, 0.0), "ragged outline"),
        (Faults(0.3, 0.0, 0.2, 0.0, 0.5, 0.3), "leak to a neighbour"),
        (Faults(0.3, 0.0, 0.2, 0.0, 0.3, 0.5), "leak"),
        (Faults(1.0, 0.0, 0.2, 0.8, 0.0, 0.0), "nothing found"),
        (Faults(0.01, 1.0, 0.0, 0.0, 0.0, 0.0), "good"),
    ],
)
def test_the_reason_is_the_fault_with_the_largest_share(faults: Faults, reason: str) -> None:
    assert reason_of(replace(FINDING, iou=1 - faults.wrong, faults=faults)) == reason


def test_what_should_be_empty_and_is_not_was_not_erased() -> None:
    left = replace(FINDING, wanted="nothing", iou=0.4, faults=Faults(1.0, 0, 0, 0, 0, 1.0))
    assert reason_of(left) == "not erased"
    assert explanation_of(left) == "60 % of the mask is left"
    assert reason_of(replace(left, iou=0.99)) == "good"


def test_the_explanation_names_the_share_and_what_makes_the_object_hard() -> None:
    assert explanation_of(FINDING) == "a part is missed (50 % of the error)"
    hard = ObjectFacts(area_px=400, area_share=0.002, parts=4, thickness_px=2, contrast=5)
    assert explanation_of(replace(FINDING, facts=hard)) == (
        "a part is missed (50 % of the error); small object; 4 separate parts; thin or branched; "
        "colours like its surroundings"
    )


def test_groups_state_their_mean_and_their_part_of_all_error() -> None:
    small = replace(FINDING, iou=0.1, facts=replace(FACTS, area_share=0.001), faults=Faults(0.9, 0, 0, 1, 0, 0))
    groups = by_size([FINDING, small])
    assert [(group.name, group.objects, group.iou) for group in groups] == [("small", 1, 0.1), ("medium", 1, 0.7)]
    assert [group.wrong for group in groups] == pytest.approx([0.75, 0.25])
    (group,) = by_reason([FINDING, small])
    assert (group.name, group.objects) == ("missed part", 2)
