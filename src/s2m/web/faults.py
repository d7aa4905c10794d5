"""Errors in, their HTTP status and what to say of them out."""

from __future__ import annotations

from collections.abc import Mapping
from types import MappingProxyType

from pydantic import ValidationError

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


def first_fault(error: ValidationError, whole: str = "") -> str:
    """Where the first fault of something that was sent is, and what is wrong there; ``whole`` is what it is all in."""
    first = error.errors(include_url=False, include_input=False, include_context=False)[0]
    where = ".".join(str(part) for part in first["loc"]) or whole
    return f"{where}: {first['msg']}" if where else first["msg"]
