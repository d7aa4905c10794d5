"""A few strokes on a photograph become pixel-accurate masks of its objects.

Start with ``open_image`` for one photograph, ``open_project`` for a folder of them, or ``Segmenter`` to keep strokes
and masks yourself.  Every name is imported when it is first used, so ``import s2m`` is quick.
"""

from __future__ import annotations

from importlib import import_module
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from s2m.engine.segmenter import Segmenter as Segmenter
    from s2m.errors import S2MError as S2MError
    from s2m.files.images import read_image as read_image
    from s2m.session.exports import export as export
    from s2m.session.opening import open_image as open_image
    from s2m.session.opening import open_project as open_project
    from s2m.session.project import Project as Project
    from s2m.session.session import Session as Session
    from s2m.types import Box as Box
    from s2m.types import Stroke as Stroke

_MODULES = {
    "Box": "s2m.types",
    "Project": "s2m.session.project",
    "S2MError": "s2m.errors",
    "Segmenter": "s2m.engine.segmenter",
    "Session": "s2m.session.session",
    "Stroke": "s2m.types",
    "export": "s2m.session.exports",
    "open_image": "s2m.session.opening",
    "open_project": "s2m.session.opening",
    "read_image": "s2m.files.images",
}

__all__ = [*_MODULES]


def __getattr__(name: str) -> object:
    if name not in _MODULES:
        raise AttributeError(f"module 's2m' has no attribute {name!r}; it offers {', '.join(_MODULES)}")
    return getattr(import_module(_MODULES[name]), name)


def __dir__() -> list[str]:
    return [*_MODULES]
