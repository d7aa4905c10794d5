from __future__ import annotations

from pathlib import Path

import numpy as np
import onnx
import pytest
import torch

from s2m.engine.model_cards import ModelCard
from s2m.engine.models import OnnxModel
from s2m.errors import ModelError
from s2m.networks.compact.export import PROMPT_DIAMETER_PX, export_compact, mix_weights, read_weights, write_weights
from s2m.networks.compact.network import CompactNetwork, CompactSettings
from s2m.types import FloatArray

CARD = ModelCard("test", "compact", "0", 64, 32, 4, PROMPT_DIAMETER_PX)

pytestmark = [pytest.mark.slow, pytest.mark.filterwarnings("ignore:.*LeafSpec.*:FutureWarning")]


@pytest.fixture(scope="module")
def network() -> CompactNetwork:
    torch.manual_seed(3)
    network = CompactNetwork(CompactSettings(fine_channels=16))
    with torch.no_grad():
        for parameter in network.parameters():
            parameter.copy_(parameter.half().float())
    return network.eval()


@pytest.fixture(scope="module")
def folder(network: CompactNetwork, tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("model")
    export_compact(network, CARD, folder)
    return folder


@pytest.mark.parametrize(("height", "width", "objects"), [(64, 64, 1), (96, 160, 2), (224, 32, 5)])
def test_onnx_and_pytorch_give_the_same_probabilities(
    network: CompactNetwork, folder: Path, height: int, width: int, objects: int
) -> None:
    rng = np.random.default_rng(height)
    image = rng.random((1, 3, height, width), dtype=np.float32)
    prompts = rng.random((objects, 3, height // 4, width // 4), dtype=np.float32)
    model = OnnxModel(folder, threads=1)
    logits = model.decode(model.encode(image), prompts)
    with torch.no_grad():
        expected = network(torch.from_numpy(image), torch.from_numpy(prompts)[None])[0].numpy()
    assert np.abs(_sigmoid(logits) - _sigmoid(expected)).max() < 1e-3


def test_large_weights_are_stored_as_halves(folder: Path) -> None:
    graph = onnx.load(folder / "encoder.onnx").graph
    large = [tensor for tensor in graph.initializer if np.prod(tensor.dims) >= 256]
    assert large
    assert all(tensor.data_type == onnx.TensorProto.FLOAT16 for tensor in large if tensor.data_type != 7)


@pytest.mark.parametrize("name", ["encoder.onnx", "decoder.onnx"])
def test_graphs_say_nothing_of_the_machine_they_were_made_on(folder: Path, name: str) -> None:
    content = (folder / name).read_bytes()
    assert b"stack_trace" not in content
    assert str(Path(torch.__file__).parent).encode() not in content


def test_weights_come_back_from_their_file(network: CompactNetwork, tmp_path: Path) -> None:
    write_weights(network, tmp_path / "weights.safetensors")
    other = CompactNetwork(CompactSettings(fine_channels=16))
    read_weights(other, tmp_path / "weights.safetensors")
    assert torch.equal(other.encoder.keys.weight, network.encoder.keys.weight)


def test_weights_of_another_network_are_refused(network: CompactNetwork, tmp_path: Path) -> None:
    write_weights(network, tmp_path / "weights.safetensors")
    with pytest.raises(ModelError, match="does not hold the weights of this network"):
        read_weights(CompactNetwork(CompactSettings()), tmp_path / "weights.safetensors")


@pytest.mark.parametrize("share", [0.0, 0.25, 1.0])
def test_a_mix_has_a_share_of_the_weights_of_the_file(network: CompactNetwork, tmp_path: Path, share: float) -> None:
    write_weights(network, tmp_path / "weights.safetensors")
    other = CompactNetwork(CompactSettings(fine_channels=16))
    before = {name: value.clone() for name, value in other.state_dict().items()}
    mix_weights(other, tmp_path / "weights.safetensors", share)
    for name, value in network.state_dict().items():
        if value.is_floating_point():
            wanted = (1 - share) * before[name] + share * value.half().float()
            torch.testing.assert_close(other.state_dict()[name], wanted)


def _sigmoid(logits: FloatArray) -> FloatArray:
    return np.asarray(1 / (1 + np.exp(-logits)), dtype=np.float32)
