"""The time from the pen to the mask is measured in the page."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest

from s2m.errors import ServerError
from s2m.web import latency_probe
from s2m.web.latency_probe import measure_stroke_to_mask


def test_times_are_measured_for_one_and_for_more_objects(two_discs_file: Path, tiny_model_folder: Path) -> None:
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


def test_without_a_browser_one_sentence_says_what_is_missing(
    monkeypatch: pytest.MonkeyPatch, two_discs_file: Path, tiny_model_folder: Path
) -> None:
    monkeypatch.setattr(latency_probe, "CHROMIUM_NAMES", ("no-such-browser",))
    with pytest.raises(ServerError, match="no-such-browser"):
        measure_stroke_to_mask(two_discs_file, tiny_model_folder, 1)
