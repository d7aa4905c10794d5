"""Ray itself is asked by ``make test-ray``; what goes to it and comes back is tested with a stand-in everywhere."""

from __future__ import annotations

import os
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from types import ModuleType, SimpleNamespace
from typing import Any

import numpy as np
import pytest
from click.testing import CliRunner
from PIL import Image

from s2m.batch.jobs import Job, Wanted, find_jobs
from s2m.batch.ray_engine import job_of, row_of
from s2m.batch.run import segment_jobs
from s2m.batch.segmenting import ModelSettings
from s2m.cli import main
from s2m.files.stroke_files import write_strokes
from s2m.types import ByteArray, Stroke


@pytest.fixture
def folders(two_discs: ByteArray, tmp_path: Path) -> tuple[Path, Path]:
    """Four photographs that differ, strokes for three of them, and one file that holds none."""
    images, strokes = tmp_path / "images", tmp_path / "strokes"
    images.mkdir()
    for number in range(4):
        Image.fromarray(np.roll(two_discs, number, axis=1)).save(images / f"{number}.png")
        write_strokes(strokes / f"{number}.json", [Stroke(np.array([[30.0, 48.0], [40.0, 48.0]]))], (96, 128))
    (strokes / "2.json").write_text("{}")
    return images, strokes


class FakeDataset:
    """Rows that go through one actor; the row of an image named in ``lost`` is lost, as with an actor that dies."""

    def __init__(self, rows: list[dict[str, Any]], lost: str) -> None:
        self.rows, self._lost = rows, lost

    def map(self, actor: type, fn_constructor_args: tuple[Any, ...], compute: Any, num_cpus: int) -> FakeDataset:
        assert (compute.size, num_cpus) == (2, 1)
        assert all(isinstance(value, str) for row in self.rows for value in row.values())
        done = actor(*fn_constructor_args)
        return FakeDataset([done(row) for row in self.rows if not row["image"].endswith(self._lost)], self._lost)

    def iter_rows(self) -> Iterator[dict[str, Any]]:
        return iter(self.rows)


def test_rows_go_to_ray_and_outcomes_come_back(
    folders: tuple[Path, Path], tiny_model_folder: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    context = SimpleNamespace(max_errored_blocks=0)
    ray, data = ModuleType("ray"), ModuleType("ray.data")
    vars(ray).update(data=data, is_initialized=lambda: True)
    vars(data).update(
        DataContext=SimpleNamespace(get_current=lambda: context),
        ActorPoolStrategy=lambda size: SimpleNamespace(size=size),
        from_items=lambda rows, override_num_blocks: FakeDataset(rows[:override_num_blocks], "3.png"),
    )
    monkeypatch.setitem(sys.modules, "ray", ray)
    monkeypatch.setitem(sys.modules, "ray.data", data)
    monkeypatch.chdir(tmp_path)
    jobs = find_jobs(folders[0].relative_to(tmp_path), folders[1].relative_to(tmp_path))

    report = segment_jobs(jobs, ModelSettings(tiny_model_folder), Wanted(Path("ray")), count=2, engine="ray")

    assert [outcome.status for outcome in report.outcomes] == ["segmented", "segmented", "failed", "failed"]
    assert report.outcomes[0].files == (tmp_path / "ray" / "0.png",)
    assert "2.json" in report.outcomes[2].error
    assert "its actor ended" in report.outcomes[3].error
    assert context.max_errored_blocks == -1


def test_a_job_is_the_same_after_its_row(tmp_path: Path) -> None:
    job = Job(tmp_path / "a.jpg", None, tmp_path / "a.txt", tmp_path / "a.png", "foreground-background", "binary")

    assert job_of(row_of(job)) == job


def test_without_ray_a_line_says_what_to_install(folders: tuple[Path, Path], monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "ray", None)

    result = CliRunner().invoke(main, ["segment", str(folders[0]), "--strokes", str(folders[1]), "--engine", "ray"])

    assert result.exit_code == 14
    assert "pip install 's2m[ray]'" in result.stderr


@pytest.mark.ray
def test_ray_with_two_actors_writes_the_bytes_of_the_local_engine(
    pytestconfig: pytest.Config, folders: tuple[Path, Path], tiny_model_folder: Path, tmp_path: Path
) -> None:
    command = [str(pytestconfig.getoption("--ray")), "-m", "s2m.cli", "segment", str(folders[0])]
    command += ["--strokes", str(folders[1]), "--model", str(tiny_model_folder), "--overlay", "--soft-masks"]
    command += ["--engine", "ray", "--jobs", "2", "-o", str(tmp_path / "ray")]
    source = Path(__file__).parents[2] / "src"
    run = subprocess.run(
        command, capture_output=True, text=True, check=False, env={**os.environ, "PYTHONPATH": str(source)}
    )

    assert run.returncode == 12, run.stderr
    assert "3 of 4 images segmented" in run.stdout
    assert "2.json" in run.stderr
    wanted = Wanted(tmp_path / "local", overlay=True, soft_masks=True)
    segment_jobs(find_jobs(*folders), ModelSettings(tiny_model_folder), wanted)
    files = {path.name: path.read_bytes() for path in (tmp_path / "ray").iterdir()}
    assert files == {path.name: path.read_bytes() for path in (tmp_path / "local").iterdir()}
    assert len(files) == 3 * 3
