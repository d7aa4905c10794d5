"""Inputs of a label map in; what the label map keeps about them, to know later whether it is up to date, out.

The record is a text in the PNG of the label map itself, so it appears and goes with it.
"""

from __future__ import annotations

import hashlib
import json
from pathlib import Path

from PIL import Image
from pydantic import Field, ValidationError

from s2m.batch.jobs import Job
from s2m.engine.channel_order import ChannelOrder
from s2m.types import Frozen

TEXT_KEY = "s2m-segment"
"""The key of the text in the PNG."""


class Record(Frozen):
    """What a label map is made from.

    Attributes:
        made_from: SHA-256 of image, strokes, boxes, mask, model and settings together.
        objects: ids in the prediction.
        beside: names of the other files that were written with it.
    """

    made_from: str = Field(pattern="^[0-9a-f]{64}$")
    objects: tuple[int, ...]
    beside: tuple[str, ...] = ()


def read_record(path: Path) -> Record | None:
    """The record in a label map; None where there is no such file, or none that can be read, or no record in it."""
    try:
        with Image.open(path, formats=("PNG",)) as picture:
            return Record.model_validate_json(str(picture.info.get(TEXT_KEY, "")))
    except (OSError, ValueError, SyntaxError, ValidationError):
        return None


def job_digest(job: Job, contents: dict[Path, bytes], model: str, channel_order: ChannelOrder) -> str:
    """SHA-256 of all that the label map of a job depends on.

    Args:
        job: the image and its inputs.
        contents: of the files of ``job.inputs``.
        model: its digest.
        channel_order: in which it is shown images.
    """
    parts = {
        "image": job.image,
        "strokes": job.strokes,
        "boxes": job.boxes,
        "mask": job.mask,
    }
    about: dict[str, str] = {
        name: hashlib.sha256(contents[path]).hexdigest() for name, path in parts.items() if path is not None
    }
    if job.strokes is not None:
        about |= {"strokes are": "JSON" if job.strokes.suffix.lower() == ".json" else job.style}
    if job.mask is not None:
        about |= {"mask is": job.mask_kind}
    about |= {"model": model, "channel order": channel_order}
    return hashlib.sha256(json.dumps(about, sort_keys=True).encode()).hexdigest()
