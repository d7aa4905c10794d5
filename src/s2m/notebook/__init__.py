"""A photograph in a notebook to draw on; its masks follow, and Python has them."""

from __future__ import annotations

try:
    import anywidget as _  # noqa: F401
except ModuleNotFoundError as error:
    raise ModuleNotFoundError(
        'drawing in notebooks needs anywidget; install it with: pip install "s2m[notebook]"'
    ) from (error)

from s2m.notebook.scribbles import Scribbles

__all__ = ["Scribbles"]
