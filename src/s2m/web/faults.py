"""Errors of ``s2m.errors`` in, their HTTP status out."""

from __future__ import annotations

from collections.abc import Mapping
from types import MappingProxyType

HTTP_STATUS: Mapping[str, int] = MappingProxyType(
    {
        "error": 500,
        "image": 404,
        "strokes": 422,
        "mask": 422,
        "model": 500,
        "output": 507,
        "journal": 409,
        "data": 422,
        "config": 422,
        "server": 409,
        "batch": 422,
        "read_only": 403,
    }
)
"""The HTTP status of each error of ``s2m.errors``, by its code."""
