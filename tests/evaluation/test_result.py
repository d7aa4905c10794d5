from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import pytest

from s2m.errors import DataError
from s2m.evaluation.interaction import Curve, InteractionRow
from s2m.evaluation.journal import Settings
from s2m.evaluation.metrics import Difference
from s2m.evaluation.result import (
    RESULT_NAME,
    Convergence,
    Result,
    SizeGroup,
    by_size,
    convergence_of,
    read_results,
    result_json,
    size_of,
)

ROW = InteractionRow("a", 1, 0.1, "x", 1, 1, 10, 100, 0.5, 0.5, 0.5, 0.1, 0.0, 0.0, 0.1)


def curve(*ious: float, start: float | None = None) -> Curve:
    rows = tuple(replace(ROW, number=number, iou=iou) for number, iou in enumerate(ious, start=1))
    return Curve("a", 1, "x", rows, None if start is None else replace(ROW, number=0, iou=start))


def write(folder: Path, protocol: str = "clicks") -> Result:
    result = Result(
        Settings("discs", protocol, "tiny", "abc", 0),
        {"clicks": {"NoC@90": 2.0}},
        {"a - b": {"IoU@3": Difference(0.1, 0.0, 0.2)}},
        {"clicks": Convergence(3, 0.5, 0.25)},
        {"clicks": {"small": SizeGroup(3, 0.7)}},
        {},
    )
    folder.mkdir(parents=True)
    (folder / RESULT_NAME).write_bytes(result_json(replace(result, curves={"clicks": [curve(0.5)]})))
    return result


def test_results_are_found_anywhere_below_the_folders(tmp_path: Path) -> None:
    first = write(tmp_path / "a" / "discs" / "clicks" / "tiny")
    second = write(tmp_path / "b" / "deep", protocol="strokes")
    assert read_results([tmp_path / "a", tmp_path / "b"]) == (first, second)


def test_no_result_two_of_one_run_and_an_older_format_are_refused(tmp_path: Path) -> None:
    with pytest.raises(DataError, match=r"no summary.json lies below"):
        read_results([tmp_path])
    write(tmp_path / "a")
    write(tmp_path / "b")
    with pytest.raises(DataError, match="second result of discs, clicks, tiny"):
        read_results([tmp_path])
    (tmp_path / "b" / RESULT_NAME).write_text('{"settings": {"data": "discs"}}')
    with pytest.raises(DataError, match="older format"):
        read_results([tmp_path])


def test_changes_start_from_nothing_or_from_the_mask_that_was_there() -> None:
    assert curve(0.5, 0.8).changes == pytest.approx((0.5, 0.3))
    assert curve(0.5, start=0.7).changes == pytest.approx((-0.2,))


def test_the_share_of_all_interactions_leaves_out_the_first_of_each_object() -> None:
    found = convergence_of([curve(0.5, 0.7, 0.695), curve(0.6, 0.5)])
    assert found.interactions == 3
    assert found.lowered == pytest.approx(2 / 3)
    assert found.clearly_lowered == pytest.approx(1 / 3)


def test_nothing_drawn_is_no_convergence() -> None:
    assert convergence_of([]).interactions == 0


@pytest.mark.parametrize(("share", "size"), [(0.009, "small"), (0.05, "medium"), (0.2, "large")])
def test_the_size_of_an_object_is_its_share_of_the_image(share: float, size: str) -> None:
    assert size_of(share) == size


def test_sizes_state_the_mean_of_the_last_answers() -> None:
    assert by_size([curve(0.5, 0.75), curve(0.25)]) == {"medium": SizeGroup(2, 0.5)}
