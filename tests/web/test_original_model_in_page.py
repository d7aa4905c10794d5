"""The page with a .pth file of the original network: a stroke is answered by a mask."""

from __future__ import annotations

from pathlib import Path

from page_driver import PageDriver, Serve
from s2m.files.label_files import read_label_map


def test_a_stroke_is_answered_by_a_mask_on_the_screen_and_in_the_file(
    driver: PageDriver, serve: Serve, two_discs_file: Path, original_weights: Path, tmp_path: Path
) -> None:
    driver.open(serve(two_discs_file, tmp_path / "out", "--model", str(original_weights)).url)
    assert not driver.mask(1).any()
    driver.draw((24, 48), (40, 48))
    assert driver.mask(1).all()  # The weights are sure that everything is the object.
    assert [stroke["object_id"] for stroke in driver.strokes()] == [1]
    driver.press("s")
    driver.wait_for("document.getElementById('status-text').textContent.includes('saved')")
    assert (read_label_map(tmp_path / "out" / "discs.png") == 1).all()
