"""The networks, in PyTorch: tensors in, per-object logits out.  Imported only where training needs it."""
