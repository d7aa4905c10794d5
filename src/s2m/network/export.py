"""A trained network in; a model folder (encoder.onnx, decoder.onnx, model.json) out.

Weights are stored as 16-bit floats with a cast before use, which halves the files; the runtime widens
them once when it loads the graph, so speed is that of 32-bit floats.
"""

from __future__ import annotations

PROMPT_DIAMETER_PX = 6.5
"""Thickness of a drawn stroke in network pixels; training, evaluation and use must agree on it."""
