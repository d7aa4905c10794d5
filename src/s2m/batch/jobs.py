"""Folders of images, strokes, boxes and masks in; a job for each image out."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from s2m.errors import OutputError, StrokeError
from s2m.files.images import IMAGE_SUFFIXES, find_images
from s2m.files.mask_pictures import MaskKind
from s2m.files.scribble_pictures import ScribbleStyle

STROKE_SUFFIXES = (".json", *IMAGE_SUFFIXES)
BOX_SUFFIXES = (".txt",)


@dataclass(frozen=True)
class Job:
    """One image to segment.

    Attributes:
        image: the photograph.
        strokes: JSON file or scribble picture.
        boxes: text file of boxes; see ``s2m.files.box_files``.
        mask: label map to start from.
        style: what the indices of a scribble picture mean.
        mask_kind: what the values of the mask mean.
    """

    image: Path
    strokes: Path | None
    boxes: Path | None = None
    mask: Path | None = None
    style: ScribbleStyle = "objects"
    mask_kind: MaskKind = "auto"

    @property
    def inputs(self) -> tuple[Path, ...]:
        """The files that it is made from."""
        return tuple(path for path in (self.image, self.strokes, self.boxes, self.mask) if path is not None)


@dataclass(frozen=True)
class Wanted:
    """What to write, and where.

    Attributes:
        folder: of the output.
        overlay: whether to write ``NAME-overlay.jpg`` too.
        soft_masks: whether to write ``NAME-object-ID.png`` too.
    """

    folder: Path
    overlay: bool = False
    soft_masks: bool = False


def find_jobs(
    images: Path,
    strokes: Path | None,
    boxes: Path | None = None,
    masks: Path | None = None,
    style: ScribbleStyle = "objects",
    mask_kind: MaskKind = "auto",
) -> list[Job]:
    """The images of a folder with what other folders hold for them, in files of the same names.

    An image takes part if it has strokes or boxes, where folders of them are given; or else if it has a mask.

    Raises:
        ImageError: the folder holds no image.
        StrokeError: an input is no folder, or no image has anything in them.
        OutputError: two images would be written to one file.
    """
    for option, folder in (("--strokes", strokes), ("--boxes", boxes), ("--mask", masks)):
        if folder is not None and not folder.is_dir():
            raise StrokeError(f"{images} is a folder, so {option} must be one too; {folder} is not")
    stroke_files, box_files = _Files(strokes, STROKE_SUFFIXES), _Files(boxes, BOX_SUFFIXES)
    mask_files = _Files(masks, IMAGE_SUFFIXES)
    jobs = []
    for image in find_images(images):
        drawn, boxed, mask = (files.of(image) for files in (stroke_files, box_files, mask_files))
        has_prompts = drawn is not None or boxed is not None
        if has_prompts or (strokes is None and boxes is None and mask is not None):
            jobs.append(Job(image, drawn, boxed, mask, style, mask_kind))
    if not jobs:
        folders = " or ".join(str(folder) for folder in (strokes, boxes, masks) if folder is not None)
        raise StrokeError(
            f"no image of {images} has anything in {folders}; wanted NAME.json or NAME.png for NAME.jpg, "
            "and NAME.txt for boxes"
        )
    seen: dict[str, Path] = {}
    for job in jobs:
        twin = seen.setdefault(job.image.stem.lower(), job.image)
        if twin is not job.image:
            raise OutputError(f"{twin.name} and {job.image.name} would be written to one file; rename one of them")
    return jobs


class _Files:
    """The files of a folder by their names, whatever the case; none without a folder."""

    def __init__(self, folder: Path | None, suffixes: Sequence[str]) -> None:
        self._order = {suffix: place for place, suffix in enumerate([".json", ".png", *suffixes][::-1])}
        self._found: dict[str, list[Path]] = {}
        for path in sorted(folder.iterdir()) if folder is not None else ():
            if path.suffix.lower() in suffixes and path.is_file():
                self._found.setdefault(path.stem.lower(), []).append(path)

    def of(self, image: Path) -> Path | None:
        """The file that has the name of an image, with or without its ending, and is not the image itself."""
        names = dict.fromkeys((image.name.lower(), image.stem.lower()))
        found = [path for name in names for path in self._found.get(name, ()) if path != image]
        return min(
            sorted(found), key=lambda path: (-self._order[path.suffix.lower()], path.stem != image.stem), default=None
        )
