"""What a run has to say in; its folder of configuration, code version, metrics and pictures out.

Only the first process writes; a run called ``NULL`` writes nothing.
"""

from __future__ import annotations

import json
import platform
import subprocess
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from importlib.metadata import PackageNotFoundError, version
from io import TextIOWrapper
from pathlib import Path

import cv2
import numpy as np
import torch
from torch.utils.tensorboard import SummaryWriter

from s2m.files.atomic import write_atomically
from s2m.networks.original.model import RUN_CONFIG_NAME

CHECKPOINT_NAME = "checkpoint.pt"
CONFIG_NAME = RUN_CONFIG_NAME
METRICS_NAME = "metrics.jsonl"
RECORD_NAME = "run.json"
WEIGHTS_NAME = "weights.pth"

NO_RUN = "NULL"
"""The id of a run that leaves nothing behind."""


class MetricsWriter:
    """Writes figures as lines of JSON and as TensorBoard scalars."""

    def __init__(self, lines: TextIOWrapper, board: SummaryWriter) -> None:
        self._lines = lines
        self._board = board

    def write(self, iteration: int, figures: Mapping[str, float]) -> None:
        """Add the figures of one moment."""
        self._lines.write(json.dumps({"iteration": iteration, **figures}) + "\n")
        self._lines.flush()
        for name, value in figures.items():
            self._board.add_scalar(name, value, iteration)

    def write_picture(self, iteration: int, picture_png: bytes) -> None:
        """Add a sample picture to TensorBoard."""
        picture = cv2.imdecode(np.frombuffer(picture_png, dtype=np.uint8), cv2.IMREAD_COLOR_RGB)
        self._board.add_image("samples", np.asarray(picture), iteration, dataformats="HWC")


@contextmanager
def open_metrics(folder: Path) -> Iterator[MetricsWriter]:
    """The writer of a run folder, which is made if missing; a resumed run's lines are added."""
    folder.mkdir(parents=True, exist_ok=True)
    with SummaryWriter(str(folder)) as board, (folder / METRICS_NAME).open("a", encoding="utf-8") as lines:
        yield MetricsWriter(lines, board)


def write_record(folder: Path, processes: int, device: torch.device) -> None:
    """Write which code, libraries and machine a run was started with.

    Raises:
        OutputError: the file cannot be written.
    """
    record = {
        "s2m": _package_version(),
        "code": _commit(),
        "torch": torch.__version__,
        "python": platform.python_version(),
        "processes": processes,
        "device": torch.cuda.get_device_name(device) if device.type == "cuda" else platform.machine(),
    }
    write_atomically(folder / RECORD_NAME, (json.dumps(record, indent=1) + "\n").encode())


def _package_version() -> str:
    try:
        return version("s2m")
    except PackageNotFoundError:
        return "not installed"


def _commit() -> str | None:
    """The commit of the code, with "+" where files were changed since; None outside of a checkout."""
    folder = Path(__file__).parent
    try:
        commit = subprocess.run(
            ["git", "describe", "--always", "--dirty=+", "--abbrev=12"], cwd=folder, capture_output=True, text=True
        )
    except OSError:
        return None
    return commit.stdout.strip() if commit.returncode == 0 else None
