from __future__ import annotations

from pathlib import Path

import numpy as np
import onnx
import pytest
from click.testing import CliRunner
from onnx import TensorProto, helper, numpy_helper
from PIL import Image

from s2m.cli import main
from s2m.engine.model_cards import CARD_FILE, DECODER_FILE, ENCODER_FILE, ModelCard, card_as_json
from s2m.engine.models import Call, OnnxModel
from s2m.errors import ModelError
from s2m.networks.compact.export import halve_weights
from s2m.networks.quantisation import quantise

RNG = np.random.default_rng(5)


def _graph(
    nodes: list[onnx.NodeProto], inputs: dict[str, list[int | str | None]], output: str, out: list[int | str | None]
) -> bytes:
    weights = [
        numpy_helper.from_array(RNG.normal(0, 0.3, size).astype(np.float32), name) for name, size in SIZES.items()
    ]
    used = {name for node in nodes for name in node.input}
    graph = helper.make_graph(
        nodes,
        "small",
        [helper.make_tensor_value_info(name, TensorProto.FLOAT, shape) for name, shape in inputs.items()],
        [helper.make_tensor_value_info(output, TensorProto.FLOAT, out)],
        [weight for weight in weights if weight.name in used],
    )
    model = helper.make_model(graph, opset_imports=[helper.make_opsetid("", 17)], ir_version=9)
    return bytes(halve_weights(model).SerializeToString())


SIZES = {"look": (16, 3, 4, 4), "draw": (16, 3, 3, 3), "join": (16, 16, 3, 3), "say": (1, 16, 3, 3)}


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """A model of four convolutions."""
    make = helper.make_node
    encoder = [
        make("Conv", ["image", "look"], ["looked"], name="look", strides=[4, 4]),
        make("Relu", ["looked"], ["seen"], name="seen"),
    ]
    decoder = [
        make("Conv", ["prompts", "draw"], ["drawn"], name="draw", pads=[1, 1, 1, 1]),
        make("Add", ["drawn", "seen"], ["both"], name="both"),
        make("Relu", ["both"], ["positive"], name="positive"),
        make("Conv", ["positive", "join"], ["joined"], name="join", pads=[1, 1, 1, 1]),
        make("Relu", ["joined"], ["known"], name="known"),
        make("Conv", ["known", "say"], ["said"], name="say", pads=[1, 1, 1, 1]),
        make("ReduceMean", ["said"], ["logits"], name="logits", axes=[1], keepdims=0),
    ]
    (tmp_path / ENCODER_FILE).write_bytes(_graph(encoder, {"image": [1, 3, "h", "w"]}, "seen", [1, 16, "h4", "w4"]))
    (tmp_path / DECODER_FILE).write_bytes(
        _graph(decoder, {"seen": [1, 16, "h", "w"], "prompts": ["n", 3, "h", "w"]}, "logits", ["n", "h", "w"])
    )
    card = ModelCard("small", "four convolutions", "1", 64, 32, 4, 6.5)
    (tmp_path / CARD_FILE).write_bytes(card_as_json(card))
    return tmp_path


@pytest.fixture
def calls() -> list[Call]:
    return [
        (RNG.random((1, 3, 64, 96), dtype=np.float32), RNG.random((2, 3, 16, 24), dtype=np.float32)) for _ in range(6)
    ]


def test_graphs_of_integers_answer_nearly_as_those_of_floats(folder: Path, calls: list[Call]) -> None:
    done = quantise(folder, calls)

    assert [graph.file for graph in done] == ["encoder.int8.onnx", "decoder.int8.onnx"]
    assert [graph.layers for graph in done] == [1, 3]
    exact, quantised = OnnxModel(folder, 1, precision="float32"), OnnxModel(folder, 1, precision="int8")
    image, prompts = calls[0]
    wanted, got = exact.decode(exact.encode(image), prompts), quantised.decode(quantised.encode(image), prompts)
    assert 0 < np.abs(got - wanted).mean() < 0.05 * wanted.std()
    assert any(node.op_type == "QuantizeLinear" for node in onnx.load(folder / "decoder.int8.onnx").graph.node)


def test_layers_that_change_too_much_stay_in_floats(
    folder: Path, calls: list[Call], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("s2m.networks.quantisation.LARGEST_CHANGE", -1.0)

    done = quantise(folder, calls)

    assert [graph.in_floats for graph in done] == [("look",), ("draw", "join", "say")]
    operations = [node.op_type for node in onnx.load(folder / "encoder.int8.onnx").graph.node]
    assert operations.count("Conv") == 1


def test_without_calls_nothing_is_written(folder: Path) -> None:
    with pytest.raises(ModelError, match="nothing to take ranges from; name a data set with objects in it"):
        quantise(folder, [])
    assert not list(folder.glob("*.int8.onnx"))


def test_the_command_quantises_a_model_folder_and_names_the_images(folder: Path, tmp_path: Path) -> None:
    data = tmp_path / "data"
    data.mkdir()
    label = np.zeros((64, 96), np.uint8)
    label[16:48, 24:72] = 1
    for name in ("first", "second"):
        Image.fromarray(RNG.integers(0, 255, (64, 96, 3), dtype=np.uint8)).save(data / f"{name}.bmp")
        Image.fromarray(label).save(data / f"{name}.png")
    out = tmp_path / "quantised"

    done = CliRunner().invoke(main, ["export-model", str(folder), str(out), "--quantise", str(data)])

    assert done.exit_code == 0, done.output
    assert "wrote decoder.int8.onnx: logits change by 0.0" in done.output
    assert OnnxModel(out, precision="int8").card.notes["quantised_with"] == ["data/first", "data/second"]
    assert (out / ENCODER_FILE).read_bytes() == (folder / ENCODER_FILE).read_bytes()


def test_a_model_folder_alone_is_nothing_to_export(folder: Path, tmp_path: Path) -> None:
    done = CliRunner().invoke(main, ["export-model", str(folder), str(tmp_path / "out")])
    assert done.exit_code == 6
    assert "is a model folder already; with --quantise DATA it is quantised" in done.output


@pytest.mark.parametrize("option", [("--weights", "out.safetensors"), ("--mix", "in.safetensors", "0.25")])
def test_a_model_folder_has_no_weights_to_write_or_mix(folder: Path, tmp_path: Path, option: tuple[str, ...]) -> None:
    command = ["export-model", str(folder), str(tmp_path / "out"), "--quantise", str(tmp_path), *option]
    done = CliRunner().invoke(main, command)
    assert done.exit_code == 6
    assert "--weights and --mix are for compact checkpoints" in done.output
    assert not (tmp_path / "out").exists()
