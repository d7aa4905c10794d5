"""A trained network in; a model folder (encoder.onnx, decoder.onnx, model.json) out.

Weights are stored as 16-bit floats with a cast before use, which halves the files; the runtime widens
them once when it loads the graph, so speed is that of 32-bit floats.
"""

from __future__ import annotations

import copy
from collections.abc import Sequence
from pathlib import Path

import numpy as np
import onnx
import safetensors.torch
import torch
from onnx import numpy_helper
from torch import Tensor, nn

from s2m.engine.model_cards import CARD_FILE, DECODER_FILE, ENCODER_FILE, ModelCard, card_as_json
from s2m.errors import ModelError
from s2m.files.atomic import write_atomically
from s2m.networks.compact.network import FEATURE_NAMES, PROMPT_CHANNELS, PROMPT_STRIDE, CompactNetwork

PROMPT_DIAMETER_PX = 6.5
"""Thickness of a drawn stroke in network pixels; training, evaluation and use must agree on it."""

OPSET = 18

SMALLEST_HALVED = 256
"""Weights with fewer values than this stay 32-bit floats: they are few, and scales matter most."""

EXAMPLE_SIDE_HW = (96, 128)
"""The size that is traced; any other multiple of ``SIZE_MULTIPLE`` works afterwards."""

EXAMPLE_OBJECTS = 3


def export_compact(network: CompactNetwork, card: ModelCard, folder: Path) -> None:
    """Write both graphs and the card; sizes and the number of objects stay dynamic.

    Args:
        network: in any mode, on any device; it is not changed.
        card: written as ``model.json``.
        folder: made if missing; files of the same names are replaced, each as a whole.
    """
    network = copy.deepcopy(network).cpu().float().eval()
    height, width = EXAMPLE_SIDE_HW
    image = torch.rand(1, 3, height, width)
    prompts = torch.rand(EXAMPLE_OBJECTS, PROMPT_CHANNELS, height // PROMPT_STRIDE, width // PROMPT_STRIDE)
    with torch.no_grad():
        features = network.encoder(image)
    sides = {2: "h", 3: "w"}
    maps = {name: {2: f"{name}_h", 3: f"{name}_w"} for name in FEATURE_NAMES}
    encoder = trace(network.encoder, (image,), ("image",), FEATURE_NAMES, {"image": sides, **maps})
    decoder = trace(
        network.decoder,
        (*features, prompts),
        (*FEATURE_NAMES, "prompts"),
        ("logits",),
        {**maps, "prompts": {0: "objects", **sides}, "logits": {0: "objects", 1: "h", 2: "w"}},
    )
    write_atomically(folder / ENCODER_FILE, halve_weights(encoder).SerializeToString())
    write_atomically(folder / DECODER_FILE, halve_weights(decoder).SerializeToString())
    write_atomically(folder / CARD_FILE, card_as_json(card))


def trace(
    module: nn.Module,
    arguments: tuple[Tensor, ...],
    inputs: Sequence[str],
    outputs: Sequence[str],
    dynamic: dict[str, dict[int, str]],
) -> onnx.ModelProto:
    """One module as an ONNX graph with named, partly dynamic inputs and outputs."""
    shapes = tuple(dict.fromkeys(dynamic.get(name, {}), torch.export.Dim.DYNAMIC) for name in inputs)
    program = torch.onnx.export(
        module.eval(),
        arguments,
        input_names=list(inputs),
        output_names=list(outputs),
        dynamic_shapes=shapes,
        opset_version=OPSET,
        dynamo=True,
        verbose=False,
    )
    if program is None:
        raise ModelError("the network could not be traced for export")
    return without_notes(program.model_proto)


def without_notes(model: onnx.ModelProto) -> onnx.ModelProto:
    """The same graph without what the exporter notes about the code and the folders it ran in."""
    del model.metadata_props[:]
    for part in (model.graph, *model.functions):
        for noted in (part, *part.node, *part.value_info):
            del noted.metadata_props[:]
            noted.doc_string = ""
    for named in (*model.graph.input, *model.graph.output, *model.graph.initializer):
        del named.metadata_props[:]
        named.doc_string = ""
    return model


def halve_weights(model: onnx.ModelProto) -> onnx.ModelProto:
    """Store large 32-bit weights as 16-bit floats, each followed by a cast back."""
    graph = model.graph
    casts = []
    for tensor in graph.initializer:
        if tensor.data_type != onnx.TensorProto.FLOAT or np.prod(tensor.dims) < SMALLEST_HALVED:
            continue
        values = numpy_helper.to_array(tensor).astype(np.float16)
        name = tensor.name
        tensor.CopyFrom(numpy_helper.from_array(values, f"{name}.half"))
        casts.append(onnx.helper.make_node("Cast", [f"{name}.half"], [name], to=onnx.TensorProto.FLOAT))
    for index, cast in enumerate(casts):
        graph.node.insert(index, cast)
    onnx.checker.check_model(model)
    return model


def write_weights(network: nn.Module, path: Path) -> None:
    """The weights as 16-bit floats in a safetensors file, for further training."""
    state = {
        name: value.detach().cpu().half().contiguous() if value.is_floating_point() else value.cpu()
        for name, value in network.state_dict().items()
    }
    write_atomically(path, safetensors.torch.save(state))


def read_weights(network: nn.Module, path: Path) -> None:
    """Load what ``write_weights`` wrote into a network of the same settings.

    Raises:
        ModelError: the file is missing, damaged or of another network.
    """
    try:
        state = safetensors.torch.load_file(path)
        network.load_state_dict(state)
    except (OSError, RuntimeError, safetensors.SafetensorError) as error:
        raise ModelError(f"{path} does not hold the weights of this network: {error}") from error


def mix_weights(network: nn.Module, path: Path, share: float) -> None:
    """Take a share (0 to 1) of the weights in a safetensors file, and the rest of the network's own.

    After Wortsman et al., "Robust fine-tuning of zero-shot models", CVPR 2022 (weight-space ensembles).

    Raises:
        ModelError: see ``read_weights``.
    """
    own = {name: value.clone() for name, value in network.state_dict().items()}
    read_weights(network, path)
    other = network.state_dict()
    network.load_state_dict(
        {
            name: value if not value.is_floating_point() else torch.lerp(value, other[name], share)
            for name, value in own.items()
        }
    )
