"""The engine, without PyTorch: images, strokes and previous masks in; logits, masks and label maps out."""
