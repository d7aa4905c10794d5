"""The time from the pen to the mask is measured in the page."""

from __future__ import annotations

import runpy
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

SCRIPT = Path(__file__).parents[2] / "scripts" / "page_latency.py"


def test_times_are_measured_for_one_and_for_more_objects(two_discs_file: Path, tiny_model_folder: Path) -> None:
    measure_stroke_to_mask = runpy.run_path(str(SCRIPT))["measure_stroke_to_mask"]

    # In a thread of its own: Playwright's browser of the other tests may still be open in this one.
    with ThreadPoolExecutor(1) as pool:
        measured = pool.submit(
            measure_stroke_to_mask, two_discs_file, tiny_model_folder, 1, object_counts=(1, 2), strokes=2
        )
        one, two = measured.result()

    assert (one.objects, two.objects) == (1, 2)
    for times in (one, two):
        assert times.answers >= 2
        assert 0 < times.median_ms <= times.p95_ms
        assert min(times.answers_a_second, times.pen_up_p95_ms, times.three_strokes_ms) > 0
