from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import cv2
import numpy as np
import pytest
import torch
from PIL import Image
from tensorboard.backend.event_processing.event_accumulator import EventAccumulator

from s2m.errors import ModelError
from s2m.networks.compact.export import write_weights
from s2m.training.checkpoints import read_checkpoint
from s2m.training.compact.config import CompactConfig, CompactDataConfig, CompactOptimiserConfig, RoundsConfig
from s2m.training.compact.trainer import CompactTrainer, has_fast_bfloat16
from s2m.training.processes import Processes
from s2m.training.run_folder import CHECKPOINT_NAME, METRICS_NAME

pytestmark = pytest.mark.slow

ALONE = Processes(0, 1, torch.device("cpu"))


@pytest.fixture
def data_root(tmp_path: Path) -> Path:
    folder = tmp_path / "data" / "train" / "discs"
    folder.mkdir(parents=True)
    for index in range(4):
        rng = np.random.default_rng(index)
        label = np.zeros((80, 100), np.uint8)
        cv2.circle(label, (30 + 10 * index, 40), 18, 1, -1)
        image = rng.integers(0, 90, (80, 100, 3), dtype=np.uint8)
        image[label == 1] += 120
        Image.fromarray(image).save(folder / f"{index}.webp", quality=95)
        Image.fromarray(label).save(folder / f"{index}.png")
    return tmp_path / "data"


def small_config(iterations: int) -> CompactConfig:
    return CompactConfig(
        data=CompactDataConfig(sets={"train/discs": 1.0}, crop_size=64, workers=0),
        rounds=RoundsConfig(count=(1, 2)),
        optimiser=CompactOptimiserConfig(batch_size=2, iterations=iterations, warmup=2, decay=2, learning_rate=2e-3),
        log_every=1,
        panel_every=2,
    )


def read_metrics(folder: Path) -> list[dict[str, Any]]:
    return [json.loads(line) for line in (folder / METRICS_NAME).read_text().splitlines()]


def test_a_run_learns_and_leaves_checkpoint_metrics_and_pictures(data_root: Path, tmp_path: Path) -> None:
    CompactTrainer(small_config(14), data_root, tmp_path / "run", ALONE).run()
    metrics = read_metrics(tmp_path / "run")
    assert [line["iteration"] for line in metrics] == list(range(1, 15))
    assert np.mean([line["loss"] for line in metrics[-4:]]) < np.mean([line["loss"] for line in metrics[:4]])
    assert read_checkpoint(tmp_path / "run" / CHECKPOINT_NAME).iteration == 14
    assert (tmp_path / "run" / "panel-000002.png").is_file()
    board = EventAccumulator(str(tmp_path / "run"), size_guidance={"images": 0})
    board.Reload()
    assert {"loss", "iou/first", "iou/last", "learning_rate", "seconds", "seconds_waiting"} <= set(
        board.Tags()["scalars"]
    )
    assert [picture.step for picture in board.Images("samples")] == [2, 4, 6, 8, 10, 12, 14]


def test_a_resumed_run_follows_the_same_curve(data_root: Path, tmp_path: Path) -> None:
    whole = CompactTrainer(small_config(4), data_root, tmp_path / "whole", ALONE)
    whole.run()
    first = CompactTrainer(small_config(4), data_root, tmp_path / "parts", ALONE)
    for batch in first.batches(2, workers=0):
        first.step(batch)
    first.save()
    second = CompactTrainer(small_config(4), data_root, tmp_path / "parts", ALONE)
    second.resume()
    second.run()
    expected = [line["loss"] for line in read_metrics(tmp_path / "whole")][2:]
    assert [line["loss"] for line in read_metrics(tmp_path / "parts")] == pytest.approx(expected, rel=2e-2)
    for name, value in whole.average.state_dict().items():
        assert torch.allclose(second.average.state_dict()[name].float(), value.float(), atol=2e-3), name


def test_a_run_starts_from_exported_weights(data_root: Path, tmp_path: Path) -> None:
    first = CompactTrainer(small_config(2), data_root, tmp_path / "first", ALONE)
    with torch.no_grad():
        first.average.encoder.keys.weight.fill_(0.25)
    write_weights(first.average, tmp_path / "weights.safetensors")
    second = CompactTrainer(small_config(2), data_root, tmp_path / "second", ALONE)
    second.load_network(tmp_path / "weights.safetensors")
    for network in (second.network, second.average):
        assert bool((network.encoder.keys.weight == 0.25).all())
    assert second.iteration == 0


def test_late_steps_begin_with_rounds_that_are_answered_and_not_learned_from(data_root: Path, tmp_path: Path) -> None:
    config = small_config(6)
    late = config.rounds.model_copy(update={"count": (1, 1), "late": 1.0, "late_rounds": 9})
    trainer = CompactTrainer(config.model_copy(update={"rounds": late}), data_root, tmp_path, ALONE)
    rounds: list[tuple[bool, float]] = []

    def note(_: torch.nn.Module, arguments: tuple[torch.Tensor, ...]) -> None:
        rounds.append((torch.is_grad_enabled(), float(arguments[-1][:, :2].sum())))

    trainer.network.decoder.register_forward_pre_hook(note)
    ahead = []
    for batch in trainer.batches(3, workers=0):
        rounds.clear()
        trainer.step(batch)
        learns, drawn = zip(*rounds, strict=True)
        assert learns == (*[False] * (len(rounds) - 1), True)
        assert drawn[-1] > drawn[0]
        ahead.append(len(rounds) - 1)
    assert 1 <= min(ahead) < max(ahead) <= 9
    counters = [value for name, value in trainer.network.decoder.named_buffers() if name.endswith("batches_tracked")]
    assert counters
    assert {int(counter) for counter in counters} == {3}


@pytest.mark.parametrize("frozen", [True, False])
def test_early_stages_and_depthwise_kernels_learn_where_the_recipe_frees_them(
    frozen: bool, data_root: Path, tmp_path: Path
) -> None:
    config = small_config(1).model_copy(update={"freeze_general": frozen})
    trainer = CompactTrainer(config, data_root, tmp_path / "run", ALONE)
    backbone = trainer.network.encoder.backbone
    before = backbone.stem.weight.detach().clone()
    trainer.run()
    assert torch.equal(backbone.stem.weight, before) == frozen


def test_a_frozen_encoder_stays_as_it_is_while_the_decoder_learns(data_root: Path) -> None:
    trainer = CompactTrainer(small_config(1).model_copy(update={"freeze_encoder": True}), data_root, None, ALONE)
    before = {name: value.clone() for name, value in trainer.network.named_parameters()}
    trainer.run()
    changed = {
        name.split(".")[0] for name, value in trainer.network.named_parameters() if not value.equal(before[name])
    }
    assert changed == {"decoder"}


@pytest.mark.parametrize(("has_instructions", "has_tiles"), [(False, False), (True, False), (False, True)])
def test_bfloat16_is_used_on_processors_that_have_it_and_not_where_it_is_imitated(
    monkeypatch: pytest.MonkeyPatch, has_instructions: bool, has_tiles: bool
) -> None:
    monkeypatch.setattr(torch.cpu, "_is_avx512_bf16_supported", lambda: has_instructions)
    monkeypatch.setattr(torch.cpu, "_is_amx_tile_supported", lambda: has_tiles)
    assert has_fast_bfloat16(torch.device("cpu")) == (has_instructions or has_tiles)


def test_a_run_does_not_start_from_a_damaged_file(data_root: Path, tmp_path: Path) -> None:
    (tmp_path / "weights.safetensors").write_bytes(b"nonsense")
    trainer = CompactTrainer(small_config(2), data_root, tmp_path / "run", ALONE)
    with pytest.raises(ModelError, match="does not hold the weights of this network"):
        trainer.load_network(tmp_path / "weights.safetensors")


def test_resuming_without_a_checkpoint_is_refused(data_root: Path, tmp_path: Path) -> None:
    with pytest.raises(ModelError, match="does not exist"):
        CompactTrainer(small_config(2), data_root, tmp_path / "run", ALONE).resume()


def test_a_checkpoint_with_code_in_it_is_refused(tmp_path: Path) -> None:
    torch.save({"version": 1, "iteration": Path}, tmp_path / "bad.pt")
    with pytest.raises(ModelError, match="read safely"):
        read_checkpoint(tmp_path / "bad.pt")


def test_the_learning_rate_warms_up_stays_and_falls() -> None:
    config = CompactOptimiserConfig(iterations=100, warmup=10, decay=50)
    rates = [config.rate_factor(iteration) for iteration in range(100)]
    assert rates[0] == pytest.approx(0.1)
    assert rates[10] == rates[49] == 1.0
    assert rates[75] == pytest.approx(0.5)
    assert rates[99] < 0.01
