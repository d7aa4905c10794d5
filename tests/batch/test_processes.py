from __future__ import annotations

import multiprocessing
import os
import signal
import subprocess
import sys
import time
from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from s2m.batch.jobs import Wanted, find_jobs
from s2m.batch.processes import in_processes
from s2m.batch.run import segment_jobs
from s2m.batch.segmenting import ModelSettings, Outcome
from s2m.files.label_files import read_label_map
from s2m.files.stroke_files import write_strokes
from s2m.types import ByteArray, Stroke


@pytest.fixture
def folders(two_discs: ByteArray, tmp_path: Path) -> tuple[Path, Path]:
    """Eight photographs that differ, and their strokes."""
    images, strokes = tmp_path / "images", tmp_path / "strokes"
    images.mkdir()
    for number in range(8):
        Image.fromarray(np.roll(two_discs, number, axis=1)).save(images / f"{number}.png")
        drawn = [Stroke(np.array([[30.0, 48.0], [40.0, 48.0]])), Stroke(np.array([[96.0, 48.0]]), 2)]
        write_strokes(strokes / f"{number}.json", drawn, (96, 128))
    return images, strokes


def files_of(folder: Path) -> dict[str, bytes]:
    return {path.name: path.read_bytes() for path in sorted(folder.iterdir())}


def test_any_number_of_processes_writes_the_same_bytes_and_one_that_dies_costs_one_image(
    tiny_model_folder: Path, folders: tuple[Path, Path], tmp_path: Path
) -> None:
    jobs, settings = find_jobs(*folders), ModelSettings(tiny_model_folder)
    wanted = Wanted(tmp_path / "two", overlay=True, soft_masks=True)

    outcomes: list[Outcome] = []
    for outcome in in_processes(jobs, settings, wanted, again=False, count=2):
        if not outcomes:
            victim = multiprocessing.active_children()[0].pid
            assert victim is not None
            os.kill(victim, signal.SIGKILL)
        outcomes.append(outcome)
    assert sorted(outcome.image for outcome in outcomes) == [job.image.name for job in jobs]
    (failed,) = [outcome for outcome in outcomes if outcome.status == "failed"]
    assert "ended by signal 9" in failed.error
    assert multiprocessing.active_children() == []

    again = segment_jobs(jobs, settings, wanted)
    assert [outcome.status for outcome in again.outcomes].count("skipped") == 7
    assert [outcome.image for outcome in again.outcomes if outcome.status == "segmented"] == [failed.image]
    segment_jobs(jobs, settings, Wanted(tmp_path / "one", overlay=True, soft_masks=True))
    assert files_of(tmp_path / "two") == files_of(tmp_path / "one")
    assert len(files_of(tmp_path / "one")) == 8 * 4


def test_what_a_kill_leaves_is_whole_and_the_next_run_goes_on(
    tiny_model_folder: Path, folders: tuple[Path, Path], tmp_path: Path
) -> None:
    out = tmp_path / "out"
    command = [sys.executable, "-m", "s2m.cli", "segment", str(folders[0]), "--strokes", str(folders[1])]
    command += ["--model", str(tiny_model_folder), "-o", str(out), "--jobs", "2"]
    process = subprocess.Popen(command, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
    deadline = time.monotonic() + 60
    while not list(out.glob("*.png")) and time.monotonic() < deadline:
        time.sleep(0.005)
    process.kill()
    process.wait()
    # A kill in the middle of a write leaves such a folder; most kills leave none.
    (out / ".7.segmenting").mkdir(exist_ok=True)
    (out / ".7.segmenting" / "7.png").write_bytes(b"half a fi")

    left = {path.name for path in out.glob("*.png") if read_label_map(path).shape == (96, 128)}
    assert left
    report = segment_jobs(find_jobs(*folders), ModelSettings(tiny_model_folder), Wanted(out))
    skipped = {f"{Path(outcome.image).stem}.png" for outcome in report.outcomes if outcome.status == "skipped"}
    assert left <= skipped
    assert {path.name for path in out.iterdir()} == {f"{number}.png" for number in range(8)}
