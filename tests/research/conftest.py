"""Small data sets in the form of the evaluation sets."""

from __future__ import annotations

from evaluation_miniatures import disc_folder, scene_folder

__all__ = ["disc_folder", "scene_folder"]
