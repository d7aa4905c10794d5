"""Weights files: the published form, the DeepLabV3+ checkpoint to start from, and files that are refused."""

from __future__ import annotations

import os
import pickle
from pathlib import Path

import numpy as np
import pytest
import torch
from torch import Tensor, nn

from s2m.errors import ModelError
from s2m.networks.checkpoints import load_deeplab, load_weights, read_tensor_file, save_weights
from s2m.networks.original.deeplabv3plus import deeplabv3plus_resnet50

pytestmark = pytest.mark.slow


def deeplab_checkpoint(path: Path, **replaced: Tensor) -> dict[str, Tensor]:
    """A checkpoint as DeepLabV3Plus-Pytorch writes them for 21 classes: a dict with the weights and a NumPy score."""
    state = deeplabv3plus_resnet50().state_dict()
    state["backbone.conv1.weight"] = torch.randn(64, 3, 7, 7)
    state["classifier.classifier.3.weight"] = torch.randn(21, 256, 1, 1)
    state["classifier.classifier.3.bias"] = torch.randn(21)
    state |= replaced
    torch.save({"cur_itrs": 30000, "model_state": state, "best_score": np.float64(0.772)}, path)
    return state


def test_a_published_state_dict_loads_strictly_and_is_saved_back_the_same(
    tmp_path: Path, reference_weights: dict[str, Tensor]
) -> None:
    torch.save(reference_weights, tmp_path / "s2m.pth")
    network = deeplabv3plus_resnet50()
    load_weights(network, tmp_path / "s2m.pth")
    save_weights(network, tmp_path / "again.pth")
    again = torch.load(tmp_path / "again.pth", weights_only=True)
    assert list(again) == list(reference_weights)
    assert all(torch.equal(again[name], value) for name, value in reference_weights.items())


def test_a_deeplab_checkpoint_gets_three_orthogonal_channels_and_one_class(tmp_path: Path) -> None:
    theirs = deeplab_checkpoint(tmp_path / "voc.pth")
    network = deeplabv3plus_resnet50()
    load_deeplab(network, tmp_path / "voc.pth")
    ours = network.state_dict()
    first = ours["backbone.conv1.weight"]
    assert torch.equal(first[:, :3], theirs["backbone.conv1.weight"])
    rows = first[:, 3:].flatten(1)
    torch.testing.assert_close(rows @ rows.T, torch.eye(64), atol=1e-5, rtol=0)
    torch.testing.assert_close(ours["classifier.classifier.3.weight"].norm(), torch.tensor(1.0))
    assert ours["classifier.classifier.3.bias"].tolist() == [0.0]
    name = "classifier.aspp.convs.2.0.weight"
    assert torch.equal(ours[name], theirs[name])


def test_the_new_values_of_a_deeplab_checkpoint_repeat_with_their_seed(tmp_path: Path) -> None:
    deeplab_checkpoint(tmp_path / "voc.pth")
    first, second, other = (deeplabv3plus_resnet50() for _ in range(3))
    load_deeplab(first, tmp_path / "voc.pth", seed=3)
    load_deeplab(second, tmp_path / "voc.pth", seed=3)
    load_deeplab(other, tmp_path / "voc.pth", seed=4)
    assert torch.equal(first.backbone.conv1.weight, second.backbone.conv1.weight)
    assert not torch.equal(first.backbone.conv1.weight, other.backbone.conv1.weight)


def test_a_deeplab_checkpoint_of_another_backbone_is_refused_and_changes_nothing(tmp_path: Path) -> None:
    deeplab_checkpoint(tmp_path / "other.pth", **{"backbone.layer3.7.conv1.weight": torch.zeros(1)})
    network = deeplabv3plus_resnet50()
    before = network.backbone.conv1.weight.clone()
    with pytest.raises(ModelError, match=r"has unknown backbone\.layer3\.7\.conv1\.weight"):
        load_deeplab(network, tmp_path / "other.pth")
    assert torch.equal(before, network.backbone.conv1.weight)


def test_each_door_names_the_other_for_a_file_of_the_wrong_form(tmp_path: Path) -> None:
    deeplab_checkpoint(tmp_path / "voc.pth")
    with pytest.raises(ModelError, match="--load-deeplab"):
        load_weights(nn.Linear(1, 1), tmp_path / "voc.pth")
    torch.save({"weight": torch.zeros(1)}, tmp_path / "plain.pth")
    with pytest.raises(ModelError, match="--load-network"):
        load_deeplab(deeplabv3plus_resnet50(), tmp_path / "plain.pth")


def test_differing_names_and_shapes_are_listed(tmp_path: Path) -> None:
    torch.save({"weight": torch.zeros(2, 3), "extra": torch.zeros(1)}, tmp_path / "w.pth")
    with pytest.raises(ModelError) as caught:
        load_weights(nn.Linear(4, 2), tmp_path / "w.pth")
    assert "lacks bias" in str(caught.value)
    assert "unknown extra" in str(caught.value)
    assert "weight (2, 3) instead of (2, 4)" in str(caught.value)


class Surprise:
    """An object that runs code when it is unpickled."""

    def __reduce__(self) -> tuple[object, tuple[str]]:
        return (os.mkdir, ("surprise",))


def test_a_file_that_could_run_code_is_refused_with_the_reason(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    torch.save({"weight": torch.zeros(1), "more": Surprise()}, tmp_path / "evil.pth")
    with pytest.raises(ModelError, match=r"could run code") as caught:
        read_tensor_file(tmp_path / "evil.pth")
    assert "mkdir" in str(caught.value)
    assert not (tmp_path / "surprise").exists()


def test_a_whole_pickled_network_is_refused(tmp_path: Path) -> None:
    torch.save(nn.Linear(1, 1), tmp_path / "network.pth")
    with pytest.raises(ModelError, match=r"torch\.nn\.modules\.linear\.Linear.*state_dict"):
        read_tensor_file(tmp_path / "network.pth")


@pytest.mark.parametrize("content", [b"", b"not a network", pickle.dumps([1, 2])], ids=["empty", "text", "pickle"])
def test_damaged_and_foreign_files_are_model_errors(tmp_path: Path, content: bytes) -> None:
    (tmp_path / "w.pth").write_bytes(content)
    with pytest.raises(ModelError, match=r"w\.pth"):
        load_weights(nn.Linear(1, 1), tmp_path / "w.pth")


def test_a_truncated_file_is_a_model_error(tmp_path: Path) -> None:
    save_weights(nn.Linear(40, 40), tmp_path / "w.pth")
    whole = (tmp_path / "w.pth").read_bytes()
    (tmp_path / "w.pth").write_bytes(whole[: len(whole) // 2])
    with pytest.raises(ModelError, match="damaged"):
        read_tensor_file(tmp_path / "w.pth")


def test_a_missing_file_is_a_model_error(tmp_path: Path) -> None:
    with pytest.raises(ModelError, match="no such weights file"):
        read_tensor_file(tmp_path / "absent.pth")
