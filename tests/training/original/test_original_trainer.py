"""The original's training in miniature, on one process, from every data layout."""

from __future__ import annotations

import json
from pathlib import Path
from unittest.mock import patch

import pytest
import torch
from tensorboard.backend.event_processing.event_accumulator import EventAccumulator

from s2m.data.labelled_images import DataSet
from s2m.data.layouts import find_sets
from s2m.errors import ConfigError, DataError, ModelError
from s2m.networks.loading import load_model
from s2m.networks.original.model import read_original_network
from s2m.training.checkpoints import Checkpoint, read_checkpoint, write_checkpoint
from s2m.training.original.config import OriginalConfig
from s2m.training.original.stream import OriginalStream
from s2m.training.original.trainer import OriginalTrainer, check_share
from s2m.training.processes import Processes
from s2m.training.run_folder import CHECKPOINT_NAME, METRICS_NAME, WEIGHTS_NAME

pytestmark = pytest.mark.slow

ALONE = Processes(0, 1, torch.device("cpu"))


def small(iterations: int, **optimiser: object) -> OriginalConfig:
    return OriginalConfig.model_validate(
        {
            "architecture": "deeplabv3plus_resnet50",
            "data": {"crop_size": 32, "workers": 0},
            "optimiser": {"batch_size": 2, "iterations": iterations, **optimiser},
            "log_every": 1,
            "panel_every": 2,
        }
    )


@pytest.fixture
def sets(lvis_root: Path, static_root: Path, coco_file: Path, pairs_root: Path) -> tuple[DataSet, ...]:
    return tuple(found for root in (lvis_root, static_root, coco_file, pairs_root) for found in find_sets(root))


def test_a_run_leaves_checkpoint_weights_metrics_pictures_and_its_record(
    sets: tuple[DataSet, ...], tmp_path: Path
) -> None:
    folder = tmp_path / "run"
    OriginalTrainer(small(2), sets, folder, ALONE).run()
    lines = [json.loads(line) for line in (folder / METRICS_NAME).read_text().splitlines()]
    assert [line["iteration"] for line in lines] == [1, 2]
    assert {"loss", "iou", "seconds", "learning_rate"} <= set(lines[0])
    assert (folder / "panel-000002.png").stat().st_size > 1000
    board = EventAccumulator(str(folder))
    board.Reload()
    assert {"loss", "iou", "seconds", "seconds_waiting", "learning_rate"} <= set(board.Tags()["scalars"])
    assert [picture.step for picture in board.Images("samples")] == [2]
    assert json.loads((folder / "run.json").read_text())["processes"] == 1
    assert json.loads((folder / "config.json").read_text())["data"]["crop_size"] == 32
    assert load_model(folder / WEIGHTS_NAME).card.architecture == "deeplabv3plus_resnet50"


def test_weights_trained_at_output_stride_8_answer_at_output_stride_8(
    sets: tuple[DataSet, ...], tmp_path: Path
) -> None:
    trainer = OriginalTrainer(small(1).model_copy(update={"output_stride": 8}), sets, tmp_path, ALONE)
    trainer.run()
    inputs = torch.rand(1, 6, 48, 48, generator=torch.Generator().manual_seed(0))
    found = read_original_network(tmp_path / WEIGHTS_NAME).eval()
    with torch.inference_mode():
        assert torch.allclose(found(inputs), trainer.network.eval()(inputs), atol=1e-4)
        (tmp_path / "config.json").unlink()
        published = read_original_network(tmp_path / WEIGHTS_NAME).eval()
        assert not torch.allclose(found(inputs), published(inputs), atol=1e-4)


def test_a_resumed_run_ends_with_the_same_weights_as_one_in_one_go(sets: tuple[DataSet, ...], tmp_path: Path) -> None:
    whole = OriginalTrainer(small(2), sets, None, ALONE)
    whole.run()
    first = OriginalTrainer(small(2), sets, tmp_path, ALONE)
    first.step(next(first.batches(2, workers=0)))
    first.save()
    second = OriginalTrainer(small(2), sets, tmp_path, ALONE)
    second.resume()
    assert second.iteration == 1
    second.run()
    assert read_checkpoint(tmp_path / CHECKPOINT_NAME).iteration == 2
    for name, value in whole.network.state_dict().items():
        torch.testing.assert_close(second.network.state_dict()[name], value)


def test_a_checkpoint_of_another_network_is_refused(sets: tuple[DataSet, ...], tmp_path: Path) -> None:
    write_checkpoint(tmp_path / CHECKPOINT_NAME, Checkpoint(3, {}, {"decoder.weight": torch.zeros(1)}, {}, {}))
    with pytest.raises(ModelError, match="weights of another network"):
        OriginalTrainer(small(1), sets, tmp_path, ALONE).resume()


def test_only_the_first_process_writes(sets: tuple[DataSet, ...], tmp_path: Path) -> None:
    """A process of rank 1 that nobody waits for: it trains, and leaves nothing."""
    OriginalTrainer(small(1), sets, tmp_path / "run", Processes(1, 1, torch.device("cpu"))).run()
    assert not (tmp_path / "run").exists()


def test_gathered_passes_give_the_gradients_of_one_batch_but_for_the_statistics(sets: tuple[DataSet, ...]) -> None:
    """With frozen statistics two passes of two samples learn what one pass of four does."""
    gradients = []
    for accumulate in (1, 2):
        trainer = OriginalTrainer(small(1, batch_size=4, accumulate=accumulate), sets, None, ALONE)
        trainer.network.eval()
        with patch.object(trainer.network, "train"):
            trainer.step(next(trainer.batches(1, workers=0)))
        gradients.append(torch.cat([p.grad.flatten() for p in trainer.network.parameters() if p.grad is not None]))
    assert gradients[0].norm() > 0
    assert (gradients[0] - gradients[1]).norm() / gradients[0].norm() < 1e-3


def test_16_bit_convolutions_leave_weights_and_losses_in_32(sets: tuple[DataSet, ...]) -> None:
    losses, gradients = [], []
    for precision in ("float32", "bfloat16"):
        trainer = OriginalTrainer(small(1, batch_size=4, precision=precision), sets, None, ALONE)
        seen: list[torch.dtype] = []
        first = trainer.network.backbone.conv1
        first.register_forward_hook(lambda _layer, _inputs, answer, seen=seen: seen.append(answer.dtype))
        results, figures = trainer.step(next(trainer.batches(1, workers=0)))
        assert seen == [getattr(torch, precision)]
        assert results[0].loss.dtype == torch.float32
        assert all(value.dtype != torch.bfloat16 for value in trainer.network.state_dict().values())
        losses.append(float(figures["loss"]))
        gradients.append(trainer.network.classifier.classifier[3].weight.grad)
    assert losses[1] == pytest.approx(losses[0], rel=0.25)
    assert gradients[1] is not None
    assert gradients[1].dtype == torch.float32


def test_an_epoch_passes_over_each_set_as_often_as_its_repeats_say(sets: tuple[DataSet, ...]) -> None:
    repeated = [DataSet(each.name, each.images, repeats) for repeats, each in enumerate(sets, start=1)]
    stream = OriginalStream(repeated, small(1))
    length = sum(len(each.images) * each.repeats for each in repeated)
    assert stream.epoch_length == length
    for epoch in (0, 1):
        seen = [stream.image_of(epoch * length + place).image_path for place in range(length)]
        for each in repeated:
            assert sum(path in {image.image_path for image in each.images} for path in seen) == (
                len(each.images) * each.repeats
            )
    orders = [[stream.image_of(epoch * length + place).image_path for place in range(length)] for epoch in (0, 1)]
    assert orders[0] != orders[1]


def test_the_learning_rate_falls_at_its_steps() -> None:
    optimiser = small(9, steps=[3, 6], gamma=0.5, learning_rate=1.0).optimiser
    assert [optimiser.rate_factor(iteration) for iteration in (0, 2, 3, 5, 6, 8)] == [1, 1, 0.5, 0.5, 0.25, 0.25]


@pytest.mark.parametrize(
    ("processes", "optimiser", "words"),
    [(3, {"batch_size": 4}, "multiple of 3"), (1, {"batch_size": 2, "accumulate": 2}, "at least 2 samples")],
)
def test_batches_that_cannot_be_shared_are_refused(processes: int, optimiser: dict[str, int], words: str) -> None:
    with pytest.raises(ConfigError, match=words):
        check_share(small(1, **optimiser).optimiser, Processes(0, processes, torch.device("cpu")))


def test_a_run_without_data_says_what_to_give() -> None:
    with pytest.raises(DataError, match="--lvis-root, --static-root"):
        OriginalStream((), small(1))
