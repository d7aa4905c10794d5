"""The compact network in PyTorch, and its export to ONNX."""
