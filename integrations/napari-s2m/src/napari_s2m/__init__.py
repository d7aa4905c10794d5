"""Scribbles of a napari labels layer in, masks in another labels layer out."""
