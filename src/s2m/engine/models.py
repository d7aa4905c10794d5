"""A folder of model files in; ``encode`` (image -> features) and ``decode`` (features, prompts -> logits) out."""

from __future__ import annotations

import os
from collections.abc import Callable
from pathlib import Path
from typing import Protocol

import numpy as np
import onnxruntime

from s2m.engine.model_cards import CARD_FILE, DECODER_FILE, ENCODER_FILE, ModelCard, int8_file, read_card
from s2m.engine.precision import Precision, choose_precision
from s2m.engine.providers import Provider, choose_provider
from s2m.errors import ModelError
from s2m.types import FloatArray

SHIPPED_MODEL = Path(__file__).parents[1] / "assets" / "compact"
"""The model that the package brings with it."""

Call = tuple[FloatArray, FloatArray]
"""What a model is asked: an image (1, 3, h, w) and prompts (N, 3, h / s, w / s), as ``Model`` takes them."""


class Model(Protocol):
    """An encode-once network: the slow half sees the image, the fast half the strokes."""

    @property
    def card(self) -> ModelCard:
        """The settings that the model was trained with."""

    def encode(self, image: FloatArray) -> tuple[FloatArray, ...]:
        """Features of an image (1, 3, h, w) float32 in 0..1, RGB; h and w multiples of ``card.size_multiple``."""

    def decode(self, features: tuple[FloatArray, ...], prompts: FloatArray) -> FloatArray:
        """Logits (N, h', w') float32 of each object alone, from prompts (N, 3, h / s, w / s) float32 in 0..1.

        The logits cover what the image of ``encode`` showed, at any resolution.
        """


class OnnxModel:
    """A model run by ONNX Runtime on the processor.

    Args:
        folder: holds ``encoder.onnx``, ``decoder.onnx`` and ``model.json``, and graphs of 8-bit integers if it has
            some; by default the shipped model.
        threads: how many to use; by default as many as the process has cores.
        provider: what computes; see ``s2m.engine.providers``.
        precision: in which numbers; see ``s2m.engine.precision``.

    Raises:
        ModelError: a file is missing, damaged or not of this kind; the provider is not installed.
    """

    def __init__(
        self,
        folder: Path = SHIPPED_MODEL,
        threads: int | None = None,
        provider: Provider = "auto",
        precision: Precision = "auto",
    ) -> None:
        self.folder = Path(folder)
        self.threads = available_cores() if threads is None else threads
        if self.threads < 1:
            raise ModelError(f"a model needs at least 1 thread, got {self.threads}")
        self.card = read_card(self.folder / CARD_FILE)
        self.provider = choose_provider(provider, self._encoding_with)
        execution_provider = self.provider.execution_provider
        has_int8 = all((self.folder / int8_file(file)).is_file() for file in (ENCODER_FILE, DECODER_FILE))
        self.precision = choose_precision(precision, has_int8, execution_provider)
        self.files = tuple(
            int8_file(file) if self.precision.name == "int8" else file for file in (ENCODER_FILE, DECODER_FILE)
        )
        self._encoder, self._decoder = (
            open_graph(self.folder / file, self.threads, execution_provider) for file in self.files
        )
        self.feature_names = tuple(output.name for output in self._encoder.get_outputs())
        self._check_graphs()

    def _encoding_with(self, execution_provider: str) -> Callable[[], object]:
        """Encoding one square image with a provider."""
        graph = open_graph(self.folder / ENCODER_FILE, self.threads, execution_provider)
        image = np.zeros((1, 3, self.card.working_size, self.card.working_size), dtype=np.float32)
        return lambda: graph.run(None, {"image": image})

    def encode(self, image: FloatArray) -> tuple[FloatArray, ...]:
        """See ``Model.encode``."""
        return tuple(self._encoder.run(None, {"image": image}))

    def decode(self, features: tuple[FloatArray, ...], prompts: FloatArray) -> FloatArray:
        """See ``Model.decode``."""
        inputs = dict(zip(self.feature_names, features, strict=True))
        logits: FloatArray = self._decoder.run(["logits"], {**inputs, "prompts": prompts})[0]
        return logits

    def _check_graphs(self) -> None:
        """Refuse graphs with other inputs and outputs than ours, before the first stroke does."""
        encoder, decoder = self.files
        checks = (
            (encoder, "inputs", {"image"}, {given.name for given in self._encoder.get_inputs()}),
            (
                decoder,
                "inputs",
                {*self.feature_names, "prompts"},
                {given.name for given in self._decoder.get_inputs()},
            ),
            (decoder, "outputs", {"logits"}, {given.name for given in self._decoder.get_outputs()}),
        )
        for file, side, wanted, got in checks:
            if wanted != got:
                raise ModelError(
                    f"{self.folder / file} is not a graph of this product: wanted {side} {sorted(wanted)}, "
                    f"got {sorted(got)}; export the model again"
                )


def available_cores() -> int:
    """How many processor cores this process may use."""
    if hasattr(os, "sched_getaffinity"):
        return len(os.sched_getaffinity(0))
    return os.cpu_count() or 1


def open_graph(
    path: Path, threads: int, execution_provider: str = "CPUExecutionProvider"
) -> onnxruntime.InferenceSession:
    """A graph ready to run.

    Raises:
        ModelError: it is missing or damaged.
    """
    if not path.is_file():
        raise ModelError(f"{path} does not exist; name a folder with {CARD_FILE}, {ENCODER_FILE} and {DECODER_FILE}")
    options = onnxruntime.SessionOptions()
    options.intra_op_num_threads = threads
    options.inter_op_num_threads = 1
    options.graph_optimization_level = onnxruntime.GraphOptimizationLevel.ORT_ENABLE_ALL
    options.log_severity_level = 3
    # Each graph has threads of its own.  Those that wait for work in a loop take the cores from the graph that runs
    # next: with them, encoding a box and decoding it takes nearly twice the time on two cores.
    options.add_session_config_entry("session.intra_op.allow_spinning", "0")
    try:
        return onnxruntime.InferenceSession(str(path), options, providers=[execution_provider])
    except Exception as error:  # ONNX Runtime raises a dozen kinds without a common base.
        reason = str(error).splitlines()[0]
        raise ModelError(f"{path} cannot be loaded ({reason}); get a fresh copy of the model") from error
