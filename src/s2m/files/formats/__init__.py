"""Annotations of images in, files of one format each out, and back; ``table`` lists the formats."""
