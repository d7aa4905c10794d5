"""A model folder and what its network was asked in use in; graphs of 8-bit integers beside its own out.

Static quantisation of ONNX Runtime: weights per channel, activations by the ranges seen, each around convolutions
and activations.  A convolution that alone changes the logits too much stays in floats.
"""

from __future__ import annotations

import tempfile
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import onnx
from onnx import numpy_helper
from onnxruntime.quantization import (
    CalibrationDataReader,
    QDQQuantizer,
    QuantType,
    TensorsData,
    create_calibrator,
    quant_pre_process,
)

from s2m.engine.model_cards import DECODER_FILE, ENCODER_FILE, int8_file
from s2m.engine.models import Call, OnnxModel, available_cores, open_graph
from s2m.errors import ModelError
from s2m.files.atomic import write_atomically
from s2m.types import FloatArray

LARGEST_CHANGE = 0.01
"""Mean change of the logits that one layer may cause; logits are clipped to ``_CLIP`` on both sides for it."""

MOST_CALLS = 40
"""Calls that ranges are taken from."""

_JUDGED_EVERY = 2
_CLIP = 6.0
_LAYER = "Conv"
_ACTIVATIONS = ("Relu", "Clip")

_Feed = dict[str, FloatArray]
_Outputs = tuple[FloatArray, ...]


@dataclass(frozen=True)
class Quantised:
    """What was done to one graph.

    Attributes:
        file: its name.
        layers: how many convolutions it has.
        in_floats: names of those that stay in floats.
        change: mean change of the logits by all other layers together.
    """

    file: str
    layers: int
    in_floats: tuple[str, ...]
    change: float


def quantise(folder: Path, calls: Sequence[Call]) -> list[Quantised]:
    """Write ``encoder.int8.onnx`` and ``decoder.int8.onnx`` into a model folder.

    Args:
        folder: with graphs of floats; they stay as they are.
        calls: of a few dozen photographs such as the model is made for.

    Raises:
        ModelError: there are no calls, or the folder holds no model.
    """
    if not calls:
        raise ModelError("there is nothing to take ranges from; name a data set with objects in it")
    model = OnnxModel(folder, precision="float32")
    chosen = [calls[index] for index in np.linspace(0, len(calls) - 1, min(len(calls), MOST_CALLS)).astype(int)]
    images = [{"image": image} for image, _ in chosen]
    features = [
        {**dict(zip(model.feature_names, model.encode(image), strict=True)), "prompts": prompts}
        for image, prompts in chosen
    ]
    return [
        _quantise(folder, ENCODER_FILE, images, lambda outputs, index: model.decode(outputs, chosen[index][1])),
        _quantise(folder, DECODER_FILE, features, lambda outputs, _: outputs[0]),
    ]


def _quantise(
    folder: Path, file: str, feeds: Sequence[_Feed], logits_of: Callable[[_Outputs, int], FloatArray]
) -> Quantised:
    """Quantise one graph; ``logits_of`` has the logits from its outputs for one of the feeds, given by its number."""
    with tempfile.TemporaryDirectory() as scratch:
        wide, prepared = Path(scratch) / "wide.onnx", Path(scratch) / "prepared.onnx"
        onnx.save(_widen_weights(onnx.load(folder / file)), wide)
        quant_pre_process(wide, prepared, skip_symbolic_shape=True)
        graph = onnx.load(prepared)
        ranges = _ranges(prepared, feeds, Path(scratch))

        def logits(path: Path) -> list[FloatArray]:
            session = open_graph(path, available_cores())
            return [logits_of(tuple(session.run(None, feed)), index) for index, feed in judged]

        judged = list(enumerate(feeds))[::_JUDGED_EVERY]
        exact = logits(prepared)

        def change(nodes: Sequence[str]) -> tuple[bytes, float]:
            data = _with_integers(prepared, ranges, nodes)
            written = Path(scratch) / "tried.onnx"
            written.write_bytes(data)
            changes = [_distance(one, other) for one, other in zip(exact, logits(written), strict=True)]
            return data, float(np.mean(changes))

        layers = [node.name for node in graph.graph.node if node.op_type == _LAYER]
        activations = [node.name for node in graph.graph.node if node.op_type in _ACTIVATIONS]
        in_floats = tuple(name for name in layers if change([name])[1] > LARGEST_CHANGE)
        data, together = change([*(name for name in layers if name not in in_floats), *activations])
    write_atomically(folder / int8_file(file), data)
    return Quantised(int8_file(file), len(layers), in_floats, together)


def _distance(one: FloatArray, other: FloatArray) -> float:
    return float(np.abs(np.clip(one, -_CLIP, _CLIP) - np.clip(other, -_CLIP, _CLIP)).mean())


class _Feeds(CalibrationDataReader):  # type: ignore[misc]
    """Hands feeds to the calibration one by one."""

    def __init__(self, feeds: Sequence[_Feed]) -> None:
        self._feeds = iter(feeds)

    def get_next(self) -> _Feed | None:
        return next(self._feeds, None)


def _ranges(path: Path, feeds: Sequence[_Feed], scratch: Path) -> TensorsData:
    """The least and the greatest value of each tensor that a convolution or an activation puts out."""
    augmented = scratch / "augmented.onnx"
    calibrator = create_calibrator(path, [_LAYER, *_ACTIVATIONS], str(augmented))
    calibrator.collect_data(_Feeds(feeds))
    return calibrator.compute_data()


def _with_integers(path: Path, ranges: TensorsData, nodes: Sequence[str]) -> bytes:
    """A graph in which some nodes compute in 8-bit integers."""
    quantizer = QDQQuantizer(
        onnx.load(path),
        per_channel=True,
        reduce_range=False,
        weight_qType=QuantType.QInt8,
        activation_qType=QuantType.QUInt8,
        tensors_range=ranges,
        nodes_to_quantize=list(nodes),
        nodes_to_exclude=[],
        op_types_to_quantize=[_LAYER, *_ACTIVATIONS],
        extra_options={},
    )
    quantizer.quantize_model()
    model = quantizer.model.model
    used = {node.domain for node in model.graph.node}
    for opset in [opset for opset in model.opset_import if opset.domain not in used]:
        model.opset_import.remove(opset)
    data: bytes = model.SerializeToString()
    return data


def _widen_weights(model: onnx.ModelProto) -> onnx.ModelProto:
    """Weights as 32-bit floats again: the opposite of ``s2m.networks.compact.export.halve_weights``."""
    graph = model.graph
    halves = {tensor.name: tensor for tensor in graph.initializer if tensor.data_type == onnx.TensorProto.FLOAT16}
    kept = []
    for node in graph.node:
        if node.op_type == "Cast" and node.input[0] in halves:
            values = numpy_helper.to_array(halves[node.input[0]]).astype(np.float32)
            graph.initializer.append(numpy_helper.from_array(values, node.output[0]))
        else:
            kept.append(node)
    del graph.node[:]
    graph.node.extend(kept)
    for tensor in halves.values():
        graph.initializer.remove(tensor)
    return model
