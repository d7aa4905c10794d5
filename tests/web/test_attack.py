"""A few kills, some garbage, some pictures and a moment of drawing; ``make attack`` does much more of it."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import pytest

SCRIPT = Path(__file__).parents[2] / "scripts" / "attack.py"


@pytest.mark.slow
def test_the_server_holds_under_attack(tiny_model_folder: Path) -> None:
    few = ("--kills", "3", "--inputs", "300", "--size", "0.01", "--soak", "5", "--seed", "7")
    done = subprocess.run(
        [sys.executable, str(SCRIPT), *few, "--model", str(tiny_model_folder)],
        capture_output=True,
        text=True,
        timeout=300,
        check=False,
    )
    assert done.returncode == 0, done.stdout + done.stderr
    assert "3 kills" in done.stdout
    assert "no traceback, no 5xx, no death" in done.stdout
    assert "5 pictures at 1 % of the limits" in done.stdout
