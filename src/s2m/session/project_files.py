"""What a project keeps beside its label maps: settings and views; values in, JSON files out, and back."""

from __future__ import annotations

import json
from collections.abc import Mapping
from pathlib import Path
from typing import Literal

from pydantic import JsonValue

from s2m.errors import ConfigError
from s2m.session.classes import Classes
from s2m.session.commands import LocalEdits
from s2m.session.masks import Overlap
from s2m.session.packed_masks import Value


class ProjectSettings(Value):
    """What holds for all images of a project.

    Attributes:
        classes: in the order offered.
        overlap: whether objects of images begun from now on exclude one another.
        local_edits: when strokes change only what they touch, in images begun from now on.
        preferences: whatever the page wants to keep, such as keys.
    """

    classes: Classes = ()
    overlap: Overlap = "exclusive"
    local_edits: LocalEdits = "after_commit"
    preferences: Mapping[str, JsonValue] = {}

    @property
    def class_names(self) -> tuple[str, ...]:
        """The names of the classes."""
        return tuple(one.name for one in self.classes)


class ViewState(Value):
    """Where the annotator was in an image.

    Attributes:
        zoom: screen pixels to an image pixel.
        centre_xy: image pixel in the middle of the screen.
        fitted: whether the whole image is shown, whatever the screen.
        selected_object_id: the object drawn on.
        contrast_limits: the values of a 16-bit or float image shown as black and as white; None for the usual ones.
        preferences: whatever else the page wants to keep.
    """

    zoom: float | None = None
    centre_xy: tuple[float, float] | None = None
    fitted: bool = True
    selected_object_id: int = 1
    contrast_limits: tuple[float, float] | None = None
    preferences: Mapping[str, JsonValue] = {}


class ProjectFile(Value):
    """What ``s2m-project.json`` holds: where the images were, settings, and which image was open last."""

    s2m_project: Literal[1] = 1
    source: str
    settings: ProjectSettings
    last_image: str | None = None


def read_project_file(path: Path) -> ProjectFile:
    """Read a project file.

    Raises:
        ConfigError: unreadable, damaged or of another version; it is left as it is.
    """
    try:
        data = path.read_bytes()
        version = json.loads(data).get("s2m_project")
        if version != 1:
            raise ConfigError(f"{path} has version {version}, wanted 1; open it with the s2m that wrote it")
        return ProjectFile.model_validate_json(data)
    except (OSError, ValueError, AttributeError) as error:
        raise ConfigError(
            f"{path} is damaged ({type(error).__name__}); move it away, no annotation is in it"
        ) from error
