"""Small things that many tests share: a model that needs no weights, and a picture of two discs."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
import onnx
import pytest
from onnx import TensorProto, helper, numpy_helper
from PIL import Image

from s2m.engine.model_cards import ModelCard, card_as_json
from s2m.engine.models import OnnxModel
from s2m.types import ByteArray, LabelMap

pytest_plugins = ["data_miniatures"]

STRIDE = 4


OWN_ENVIRONMENTS = ("readers", "ray", "clients", "labelstudio", "notebook")
"""Markers of tests that ask programs in an environment of their own."""

TORCH_FOLDERS = ("networks", "training")
TESTS = Path(__file__).parent


def pytest_addoption(parser: pytest.Parser) -> None:
    """Environments of large programs that some tests ask; ``make test-readers`` and its like name them."""
    for name in OWN_ENVIRONMENTS:
        parser.addoption(f"--{name}", type=Path, help=f"Python of the environment for the tests marked {name}")


def pytest_collection_modifyitems(config: pytest.Config, items: list[pytest.Item]) -> None:
    """Mark tests by what they need: a real browser, PyTorch.  Large programs are only asked where they are."""
    missing = [name for name in OWN_ENVIRONMENTS if config.getoption(f"--{name}") is None]
    unasked = [item for item in items if any(item.get_closest_marker(name) for name in missing)]
    config.hook.pytest_deselected(items=unasked)
    items[:] = [item for item in items if item not in unasked]
    for item in items:
        if "browser" in getattr(item, "fixturenames", ()):
            item.add_marker(pytest.mark.browser)
        if item.path.relative_to(TESTS).parts[0] in TORCH_FOLDERS:
            item.add_marker(pytest.mark.torch)


def tiny_encoder() -> onnx.ModelProto:
    """The image, averaged over cells of 4 x 4 pixels, under the name "colours"."""
    node = helper.make_node("AveragePool", ["image"], ["colours"], kernel_shape=[4, 4], strides=[4, 4])
    image = helper.make_tensor_value_info("image", TensorProto.FLOAT, [1, 3, "h", "w"])
    colours = helper.make_tensor_value_info("colours", TensorProto.FLOAT, [1, 3, "h4", "w4"])
    return _model([node], [image], [colours], [])


def tiny_decoder() -> onnx.ModelProto:
    """Logits that are high where a cell has the colour of the positive strokes, low elsewhere and under negatives.

    z = 20 * (0.2 - distance to the mean colour under the positive strokes) - 80 * negative + 50 * previous.
    """
    constants: dict[str, np.ndarray[tuple[int, ...], np.dtype[Any]]] = {
        "positive_index": np.array([0], np.int64),
        "negative_index": np.array([1], np.int64),
        "previous_index": np.array([2], np.int64),
        "tiny": np.array(1e-4, np.float32),
        "reach": np.array(0.2, np.float32),
        "slope": np.array(20, np.float32),
        "negative_weight": np.array(80, np.float32),
        "previous_weight": np.array(50, np.float32),
        "places": np.array([2, 3], np.int64),
        "channels": np.array([1], np.int64),
        "scales": np.array([1, 1, 2, 2], np.float32),
    }
    make = helper.make_node
    nodes = [
        make("Gather", ["prompts", "positive_index"], ["positive"], axis=1),
        make("Gather", ["prompts", "negative_index"], ["negative"], axis=1),
        make("Gather", ["prompts", "previous_index"], ["previous"], axis=1),
        make("Mul", ["colours", "positive"], ["under"]),
        make("ReduceSum", ["under", "places"], ["sum"], keepdims=1),
        make("ReduceSum", ["positive", "places"], ["bare_count"], keepdims=1),
        make("Add", ["bare_count", "tiny"], ["count"]),
        make("Div", ["sum", "count"], ["mean"]),
        make("Sub", ["colours", "mean"], ["difference"]),
        make("Abs", ["difference"], ["distances"]),
        make("ReduceSum", ["distances", "channels"], ["distance"], keepdims=1),
        make("Sub", ["reach", "distance"], ["margin"]),
        make("Mul", ["margin", "slope"], ["similarity"]),
        make("Mul", ["negative", "negative_weight"], ["repulsion"]),
        make("Mul", ["previous", "previous_weight"], ["memory"]),
        make("Sub", ["similarity", "repulsion"], ["stroked"]),
        make("Add", ["stroked", "memory"], ["coarse"]),
        make("Resize", ["coarse", "", "scales"], ["fine"], mode="nearest"),
        make("Squeeze", ["fine", "channels"], ["logits"]),
    ]
    inputs = [
        helper.make_tensor_value_info("colours", TensorProto.FLOAT, [1, 3, "h4", "w4"]),
        helper.make_tensor_value_info("prompts", TensorProto.FLOAT, ["n", 3, "h4", "w4"]),
    ]
    logits = helper.make_tensor_value_info("logits", TensorProto.FLOAT, ["n", "h2", "w2"])
    return _model(nodes, inputs, [logits], [numpy_helper.from_array(value, name) for name, value in constants.items()])


def _model(
    nodes: list[onnx.NodeProto],
    inputs: list[onnx.ValueInfoProto],
    outputs: list[onnx.ValueInfoProto],
    constants: list[onnx.TensorProto],
) -> onnx.ModelProto:
    graph = helper.make_graph(nodes, "tiny", inputs, outputs, constants)
    return helper.make_model(graph, opset_imports=[helper.make_opsetid("", 17)], ir_version=9)


def write_tiny_model(folder: Path) -> Path:
    """Write the tiny model's three files into a folder."""
    folder.mkdir(parents=True, exist_ok=True)
    onnx.save(tiny_encoder(), str(folder / "encoder.onnx"))
    onnx.save(tiny_decoder(), str(folder / "decoder.onnx"))
    card = ModelCard(
        name="tiny",
        architecture="nearest colour",
        version="1",
        working_size=128,
        size_multiple=32,
        prompt_stride=STRIDE,
        prompt_diameter_px=5,
    )
    (folder / "model.json").write_bytes(card_as_json(card))
    return folder


@pytest.fixture(scope="session")
def tiny_model_folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder with a model whose answer is the pixels of the stroke's colour."""
    return write_tiny_model(tmp_path_factory.mktemp("tiny-model"))


@pytest.fixture
def tiny_model(tiny_model_folder: Path) -> OnnxModel:
    """A model whose answer is the pixels of the stroke's colour."""
    return OnnxModel(tiny_model_folder, threads=1)


@pytest.fixture(scope="session")
def original_weights(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A .pth of the original network with random weights, which is sure that everything is the object."""
    import torch

    from s2m.networks.checkpoints import save_weights
    from s2m.networks.original.deeplabv3plus import deeplabv3plus_resnet50

    torch.manual_seed(0)
    network = deeplabv3plus_resnet50()
    last = list(network.classifier.classifier)[-1]
    assert isinstance(last, torch.nn.Conv2d)
    assert last.bias is not None
    torch.nn.init.constant_(last.bias, 20.0)
    path = tmp_path_factory.mktemp("weights") / "s2m.pth"
    save_weights(network, path)
    return path


@pytest.fixture
def two_discs() -> ByteArray:
    """A picture (96, 128, 3): a red disc about (32, 48) and a blue one about (96, 48), radius 20, on green."""
    picture = np.full((96, 128, 3), (40, 160, 40), dtype=np.uint8)
    labels = disc_labels()
    picture[labels == 1] = (200, 30, 30)
    picture[labels == 2] = (30, 30, 200)
    return picture


@pytest.fixture
def two_discs_labels() -> LabelMap:
    """The truth of ``two_discs``, (96, 128): 1 red, 2 blue."""
    return disc_labels()


@pytest.fixture
def two_discs_file(tmp_path: Path, two_discs: ByteArray) -> Path:
    """``two_discs`` as a PNG file."""
    path = tmp_path / "discs.png"
    Image.fromarray(two_discs).save(path)
    return path


def disc_labels() -> LabelMap:
    """The label map (96, 128) of two discs of radius 20 about (32, 48) and (96, 48)."""
    y, x = np.mgrid[:96, :128] + 0.5
    labels = np.zeros((96, 128), dtype=np.int32)
    labels[(x - 32) ** 2 + (y - 48) ** 2 < 400] = 1
    labels[(x - 96) ** 2 + (y - 48) ** 2 < 400] = 2
    return labels
