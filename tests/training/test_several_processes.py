"""Two gloo processes: the gradients are those of the joined batch, restarts cost nothing, one writes."""

from __future__ import annotations

import json
import os
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Sequence
from pathlib import Path

import numpy as np
import pytest
import torch

from data_miniatures import shard_miniature
from s2m.data.layouts import open_set
from s2m.errors import ConfigError
from s2m.training.checkpoints import read_checkpoint
from s2m.training.processes import Processes, ShardedOrder, join_processes

PROBE = Path(__file__).parent / "gradient_probe.py"

pytestmark = [
    pytest.mark.slow,
    pytest.mark.timeout(900),
]  # Each test starts several processes; seconds on an idle machine.

ORIGINAL = """
architecture = "deeplabv3plus_resnet50"
[data]
sets = {"train/shapes" = 1, "train/more" = 1}
crop_size = 64
workers = 0
[optimiser]
batch_size = 4
accumulate = ACCUMULATE
iterations = 1
"""

# With this seed no activation lies so close to zero that rounding decides on which side.
COMPACT = """
seed = 1
[data]
sets = {"train/shapes" = 1, "train/more" = 1}
crop_size = 64
workers = 0
distractor = 0
[rounds]
sessions = 1
count = [1, 1]
[optimiser]
batch_size = 4
iterations = ITERATIONS
warmup = 1
decay = 1
gradient_norm = 1e9
"""


# Without the second one PyTorch gives restarted workers the addresses of the dead ones (pytorch issue 135712).
ENVIRONMENT = {**os.environ, "OMP_NUM_THREADS": "1", "TORCH_DISABLE_SHARE_RDZV_TCP_STORE": "1"}


def torchrun(*arguments: str | Path, restarts: int = 0) -> list[str]:
    return [
        *(sys.executable, "-m", "torch.distributed.run", "--nproc-per-node=2", "--standalone"),
        f"--max-restarts={restarts}",
        *map(str, arguments),
    ]


def run(command: list[str]) -> None:
    done = subprocess.run(command, capture_output=True, text=True, env=ENVIRONMENT)
    assert done.returncode == 0, done.stderr[-3000:]


@pytest.mark.parametrize(
    "recipe",
    [
        ORIGINAL.replace("ACCUMULATE", "1"),
        ORIGINAL.replace("ACCUMULATE", "2").replace("batch_size = 4", "batch_size = 8"),
        COMPACT.replace("ITERATIONS", "2"),
    ],
    ids=["original", "original-accumulated", "compact"],
)
def test_gradients_of_two_processes_equal_one_with_the_joined_batch(
    recipe: str, pairs_root: Path, tmp_path: Path
) -> None:
    (tmp_path / "recipe.toml").write_text(recipe)
    arguments = (PROBE, tmp_path / "recipe.toml", pairs_root)
    run([sys.executable, *map(str, arguments), str(tmp_path / "one.pt")])
    run(torchrun(*arguments, tmp_path / "two.pt"))
    one, two = (torch.load(tmp_path / name, weights_only=True) for name in ("one.pt", "two.pt"))
    assert one["gradients"].keys() == two["gradients"].keys()
    for part, tolerance in (("gradients", 1e-3), ("statistics", 1e-4)):
        joined = [torch.cat([value.flatten() for value in each[part].values()]) for each in (one, two)]
        assert joined[0].norm() > 0
        assert (joined[0] - joined[1]).norm() / joined[0].norm() < tolerance


EVERY_LAYOUT = (
    '"lvis" = 1, "static/fss" = 1, "static/ecssd" = 1, "coco/instances.json" = 1, "pairs/train/shapes" = 1, '
    '"shards" = 1, "pipe:cat ROOT/shards/{}" = 1'
)


@pytest.mark.parametrize("recipe", [ORIGINAL.replace("ACCUMULATE", "1"), COMPACT], ids=["original", "compact"])
@pytest.mark.usefixtures("lvis_root", "static_root", "coco_file")
def test_both_networks_train_on_every_layout_on_two_processes(recipe: str, pairs_root: Path, tmp_path: Path) -> None:
    shard_miniature(open_set(pairs_root / "train" / "more"), tmp_path / "shards")
    sets = EVERY_LAYOUT.replace("ROOT", str(tmp_path))
    recipe = recipe.replace('"train/shapes" = 1, "train/more" = 1', sets).replace("ITERATIONS", "3")
    recipe = recipe.replace("iterations = 1", "iterations = 3").replace("workers = 0", "workers = 1")
    recipe = recipe.replace("[data]", f'log_every = 1\n[data]\nshard_copies = "{tmp_path}/copies"')
    (tmp_path / "recipe.toml").write_text(recipe)
    arguments = ("--data", tmp_path, "--id", "every", "--runs", tmp_path / "runs", "--device", "cpu")
    run(torchrun("-m", "s2m.cli", "train", tmp_path / "recipe.toml", *arguments))
    lines = [json.loads(line) for line in (tmp_path / "runs" / "every" / "metrics.jsonl").read_text().splitlines()]
    assert [line["iteration"] for line in lines] == [1, 2, 3]
    assert all(np.isfinite(line["loss"]) for line in lines)
    assert len(list((tmp_path / "runs" / "every").glob("events.*"))) == 1


def test_the_original_trains_on_two_processes_one_goes_on_and_then_two_again(pairs_root: Path, tmp_path: Path) -> None:
    recipe = tmp_path / "recipe.toml"
    recipe.write_text(
        "log_every = 1\n" + ORIGINAL.replace("ACCUMULATE", "1").replace("iterations = 1", "iterations = 2")
    )
    run_on = (recipe, "--data", pairs_root, "--id", "s2m", "--runs", tmp_path, "--device", "cpu")
    run(torchrun("-m", "s2m.cli", "train", *run_on))
    assert json.loads((tmp_path / "s2m" / "run.json").read_text())["processes"] == 2
    assert len(list((tmp_path / "s2m").glob("events.*"))) == 1
    recipe.write_text(recipe.read_text().replace("iterations = 2", "iterations = 3"))
    run([sys.executable, "-m", "s2m.cli", "train", *map(str, run_on), "--resume"])
    recipe.write_text(recipe.read_text().replace("iterations = 3", "iterations = 4"))
    run(torchrun("-m", "s2m.cli", "train", *run_on, "--resume"))
    lines = (tmp_path / "s2m" / "metrics.jsonl").read_text().splitlines()
    assert [json.loads(line)["iteration"] for line in lines] == [1, 2, 3, 4]
    assert read_checkpoint(tmp_path / "s2m" / "checkpoint.pt").iteration == 4


@pytest.mark.parametrize(
    ("recipe", "last"),
    [
        ("checkpoint_every = 2\n" + COMPACT.replace("ITERATIONS", "14"), 14),
        (
            "checkpoint_every = 2\n" + ORIGINAL.replace("ACCUMULATE", "1").replace("iterations = 1", "iterations = 9"),
            9,
        ),
    ],
    ids=["compact", "original"],
)
def test_a_killed_worker_is_restarted_from_the_checkpoint(
    recipe: str, last: int, pairs_root: Path, tmp_path: Path
) -> None:
    recipe = "log_every = 1\n" + recipe
    (tmp_path / "recipe.toml").write_text(recipe)
    arguments = (
        tmp_path / "recipe.toml",
        "--data",
        pairs_root,
        "--id",
        "killed",
        "--runs",
        tmp_path,
        "--device",
        "cpu",
    )
    folder = tmp_path / "killed"
    with (tmp_path / "log").open("w") as log:
        launcher = subprocess.Popen(
            torchrun("-m", "s2m.cli", "train", *arguments, restarts=1), env=ENVIRONMENT, stdout=log, stderr=log
        )
        try:
            while launcher.poll() is None and not (folder / "checkpoint.pt").exists():
                time.sleep(0.02)
            os.kill(workers_of(launcher.pid)[1], signal.SIGKILL)
            launcher.wait(timeout=200)
        finally:
            launcher.terminate()
    assert launcher.returncode == 0, (tmp_path / "log").read_text()[-3000:]
    assert read_checkpoint(folder / "checkpoint.pt").iteration == last
    iterations = [json.loads(line)["iteration"] for line in (folder / "metrics.jsonl").read_text().splitlines()]
    assert sorted(set(iterations)) == list(range(1, last + 1))
    assert iterations.count(1) == 1
    starts = list(folder.glob("events.*"))
    assert len(starts) == 2


@pytest.mark.parametrize("restarts", [(0, 2), (2, 0)], ids=["second-counts", "first-counts"])
def test_all_processes_go_on_where_any_counts_a_restart(
    restarts: tuple[int, int], pairs_root: Path, tmp_path: Path
) -> None:
    recipe = tmp_path / "recipe.toml"
    recipe.write_text(ORIGINAL.replace("ACCUMULATE", "1"))
    command = [sys.executable, "-m", "s2m.cli", "train", str(recipe), "--data", str(pairs_root), "--id", "s2m"]
    command += ["--runs", str(tmp_path), "--device", "cpu"]
    run(command)
    recipe.write_text(recipe.read_text().replace("iterations = 1", "iterations = 2"))
    said = run_ranks(command, restarts)
    assert f"going on from step 1 of {tmp_path}/s2m/checkpoint.pt" in said[0]
    assert "going on" not in said[1]
    assert read_checkpoint(tmp_path / "s2m" / "checkpoint.pt").iteration == 2


def run_ranks(command: list[str], restarts: Sequence[int]) -> list[str]:
    """What processes print that are started as the agents of several machines start them, one each."""
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        place = {"MASTER_ADDR": "127.0.0.1", "MASTER_PORT": str(free.getsockname()[1])}
    started = []
    for rank, count in enumerate(restarts):
        own = {"RANK": str(rank), "WORLD_SIZE": str(len(restarts)), "TORCHELASTIC_RESTART_COUNT": str(count)}
        environment = {**ENVIRONMENT, **place, **own, "LOCAL_RANK": "0"}
        started.append(
            subprocess.Popen(command, env=environment, text=True, stdout=subprocess.PIPE, stderr=subprocess.STDOUT)
        )
    try:
        said = [process.communicate(timeout=300)[0] for process in started]
    finally:
        for process in started:
            process.kill()
    assert [process.returncode for process in started] == [0] * len(restarts), said
    return said


def workers_of(launcher: int) -> list[int]:
    """The training processes of a launcher, by rank."""
    children = Path(f"/proc/{launcher}/task/{launcher}/children").read_text().split()
    ranks = {}
    for child in map(int, children):
        environment = Path(f"/proc/{child}/environ").read_bytes().split(b"\0")
        ranks.update({int(entry[5:]): child for entry in environment if entry.startswith(b"RANK=")})
    return [ranks[rank] for rank in sorted(ranks)]


@pytest.mark.parametrize("processes", [1, 2, 4])
def test_any_number_of_processes_share_the_same_samples(processes: int) -> None:
    orders = [
        list(ShardedOrder(3, 5, 8, 2, Processes(rank, processes, torch.device("cpu")))) for rank in range(processes)
    ]
    assert sorted(index for order in orders for index in order) == list(range(24, 40))
    in_first_iteration = {index for order in orders for index in order[: len(order) // 2]}
    assert in_first_iteration == set(range(24, 32))


@pytest.fixture
def one_gpu(monkeypatch: pytest.MonkeyPatch) -> None:
    """A machine that seems to have one GPU, and the environment of its second process, joined by nobody else."""
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
    monkeypatch.setattr(torch.cuda, "is_available", lambda: True)
    monkeypatch.setattr(torch.cuda, "device_count", lambda: 1)
    monkeypatch.setattr(torch.cuda, "set_device", lambda index: None)  # noqa: ARG005
    environment = {"RANK": "0", "LOCAL_RANK": "1", "WORLD_SIZE": "1", "MASTER_ADDR": "127.0.0.1"}
    for name, value in {**environment, "MASTER_PORT": str(port)}.items():
        monkeypatch.setenv(name, value)


@pytest.mark.usefixtures("one_gpu")
def test_a_process_without_a_gpu_of_its_own_is_told_what_to_do() -> None:
    with pytest.raises(ConfigError, match="--share-gpus"), join_processes("cuda"):
        pass


@pytest.mark.usefixtures("one_gpu")
def test_processes_that_share_a_gpu_talk_through_gloo(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("s2m.training.processes._restarts_of_any", lambda device: 0)  # noqa: ARG005
    with join_processes("cuda", share_gpus=True) as processes:
        assert processes.device == torch.device("cuda", 0)
        assert torch.distributed.get_backend() == "gloo"
