"""The original Scribble-to-Mask network in PyTorch, and its export to ONNX."""
