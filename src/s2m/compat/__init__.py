"""Interfaces of other programs, answered by s2m, so that scripts written for them run."""

from s2m.compat.sam_predictor import SamPredictor

__all__ = ["SamPredictor"]
