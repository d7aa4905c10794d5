"""Sets in shards give the samples of the folder they were made from: in any process, worker and resumed run."""

from __future__ import annotations

from collections import Counter
from pathlib import Path

import numpy as np
import pytest
import torch

from data_miniatures import shard_miniature
from s2m.data.labelled_images import DataSet
from s2m.data.layouts import open_named_set, open_set
from s2m.training.compact import stream as compact_stream
from s2m.training.compact.config import CompactConfig, CompactDataConfig, CompactOptimiserConfig, RoundsConfig
from s2m.training.compact.stream import CompactStream
from s2m.training.compact.trainer import CompactTrainer
from s2m.training.loading import make_loader, start_loading
from s2m.training.original import stream as original_stream
from s2m.training.original.config import OriginalConfig
from s2m.training.original.stream import OriginalStream
from s2m.training.original.trainer import OriginalTrainer
from s2m.training.processes import Processes, ShardedOrder

pytestmark = pytest.mark.slow

CPU = torch.device("cpu")
ALONE = Processes(0, 1, CPU)
ITERATIONS = 4
BATCH = 4


@pytest.fixture
def folder(pairs_root: Path) -> Path:
    """Eight pairs."""
    folder = pairs_root / "train" / "shapes"
    for number in range(2, 8):
        for suffix in (".webp", ".png"):
            (folder / f"shapes{number}{suffix}").write_bytes((folder / f"shapes{number % 2}{suffix}").read_bytes())
    return folder


@pytest.fixture(params=["disk", "address"])
def place(request: pytest.FixtureRequest, folder: Path, tmp_path: Path) -> str:
    """The name by which a recipe calls the same set in shards."""
    shards = shard_miniature(open_set(folder), tmp_path / "shards")
    return f"pipe:cat {shards}/{{}}" if request.param == "address" else "shards"


def compact(name: str, root: Path) -> CompactConfig:
    return CompactConfig(
        data=CompactDataConfig(sets={name: 1.0}, crop_size=64, workers=0, shard_copies=str(root / "copies")),
        rounds=RoundsConfig(sessions=1, count=(1, 1)),
        optimiser=CompactOptimiserConfig(batch_size=BATCH, iterations=ITERATIONS, warmup=1, decay=1),
    )


def original() -> OriginalConfig:
    return OriginalConfig.model_validate(
        {
            "architecture": "deeplabv3plus_resnet50",
            "data": {"crop_size": 32, "workers": 0},
            "optimiser": {"batch_size": BATCH, "iterations": ITERATIONS},
        }
    )


def published(name: str, root: Path) -> OriginalStream:
    return OriginalStream([DataSet("set", open_named_set(root, name, root / "copies"))], original())


def test_every_sample_is_that_of_the_folder(place: str, folder: Path, tmp_path: Path) -> None:
    packed, plain = published(place, tmp_path), published(str(folder), tmp_path)
    for number in range(16):
        one, other = packed[number], plain[number]
        np.testing.assert_array_equal(one.image_rgb, other.image_rgb)
        np.testing.assert_array_equal(one.prompts, other.prompts)
        np.testing.assert_array_equal(one.target, other.target)
    own, its = (CompactStream(tmp_path, compact(name, tmp_path)) for name in (place, str(folder)))
    for number in range(8):
        np.testing.assert_array_equal(own[number].image_rgb, its[number].image_rgb)
        np.testing.assert_array_equal(own[number].targets, its[number].targets)


def test_two_processes_of_two_workers_see_every_image_of_an_epoch_once(
    place: str, folder: Path, tmp_path: Path
) -> None:
    packed, plain = published(place, tmp_path), published(str(folder), tmp_path)
    assert packed.epoch_length == 8
    numbers, batches = [], []
    for rank in range(2):
        order = ShardedOrder(0, 2, BATCH, 1, Processes(rank, 2, CPU))
        numbers += list(order)
        batches += list(start_loading(make_loader(packed, original_stream.collate, order, workers=2)))
    assert sorted(numbers) == list(range(8))
    assert len({packed.image_of(number).name for number in numbers}) == 8
    seen = Counter(image.numpy().tobytes() for batch in batches for image in batch.images)
    expected = Counter(plain[number].image_rgb.transpose(2, 0, 1).tobytes() for number in range(8))
    assert seen == expected


def test_workers_give_the_compact_network_the_batches_of_one_process(place: str, folder: Path, tmp_path: Path) -> None:
    packed, plain = (CompactStream(tmp_path, compact(name, tmp_path)) for name in (place, str(folder)))
    order = ShardedOrder(0, 2, BATCH, 1, ALONE)
    for one, other in zip(
        start_loading(make_loader(packed, compact_stream.collate, order, workers=2)),
        start_loading(make_loader(plain, compact_stream.collate, order, workers=0)),
        strict=True,
    ):
        torch.testing.assert_close(one.pictures, other.pictures)
        torch.testing.assert_close(one.labels, other.labels)


def test_a_resumed_run_on_shards_follows_the_curve_of_one_on_the_folder(
    place: str, folder: Path, tmp_path: Path
) -> None:
    whole = CompactTrainer(compact(str(folder), tmp_path), tmp_path, tmp_path / "whole", ALONE)
    curve = [whole.step(batch)[1]["loss"] for batch in whole.batches(ITERATIONS, workers=0)]
    losses = []
    for end in (2, ITERATIONS):
        part = CompactTrainer(compact(place, tmp_path), tmp_path, tmp_path / "parts", ALONE)
        if end == ITERATIONS:
            part.resume()
        losses += [part.step(batch)[1]["loss"] for batch in part.batches(end, workers=0)]
        part.save()
    assert losses == pytest.approx(curve, rel=2e-2)


def test_the_original_resumes_on_shards_as_well(place: str, folder: Path, tmp_path: Path) -> None:
    def trainer(name: str) -> OriginalTrainer:
        sets = [DataSet("set", open_named_set(tmp_path, name, tmp_path / "copies"))]
        return OriginalTrainer(original(), sets, tmp_path / "parts", ALONE)

    whole = trainer(str(folder))
    curve = [float(whole.step(batches)[1]["loss"]) for batches in whole.batches(2, workers=0)]
    first, second = trainer(place), trainer(place)
    losses = [float(first.step(batches)[1]["loss"]) for batches in first.batches(1, workers=0)]
    first.save()
    second.resume()
    losses += [float(second.step(batches)[1]["loss"]) for batches in second.batches(2, workers=0)]
    assert losses == pytest.approx(curve, rel=1e-4)
