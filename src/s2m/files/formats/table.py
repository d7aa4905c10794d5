"""The formats, by name: what each is, what writes it and what reads it."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from pathlib import Path
from types import MappingProxyType

from s2m.errors import ConfigError
from s2m.files.formats import (
    arrays,
    coco,
    coco_reading,
    cvat,
    geojson,
    label_studio,
    labelme,
    picture_reading,
    pictures,
    voc,
    yolo,
)
from s2m.files.formats.reading import Source
from s2m.files.formats.writing import Target, Writer


@dataclass(frozen=True)
class Format:
    """One format.

    Attributes:
        title: what it is called where it comes from.
        files: what is written, for documents.
        write: makes its writer.
        strokes: whether strokes travel with the masks.
        overlaps: whether objects may overlap.
    """

    title: str
    files: str
    write: Callable[[Target], Writer]
    strokes: bool
    overlaps: bool


FORMATS: Mapping[str, Format] = MappingProxyType(
    {
        "coco": Format("COCO, run lengths", "`annotations.json`", coco.write_run_lengths, strokes=True, overlaps=True),
        "coco-polygons": Format(
            "COCO, polygons", "`annotations.json`", coco.write_polygons, strokes=True, overlaps=True
        ),
        "yolo": Format(
            "YOLO segmentation", "`data.yaml`, `labels/`, `images/`", yolo.YoloWriter, strokes=False, overlaps=True
        ),
        "voc": Format(
            "PASCAL VOC",
            "`SegmentationObject/`, `SegmentationClass/`, `JPEGImages/`, `ImageSets/`, `labelmap.txt`",
            voc.VocWriter,
            strokes=False,
            overlaps=False,
        ),
        "labelme": Format("labelme", "`NAME.json`, images", labelme.LabelmeWriter, strokes=True, overlaps=True),
        "cvat": Format(
            "CVAT for images 1.1", "`annotations.xml`, `images/`", cvat.CvatWriter, strokes=False, overlaps=True
        ),
        "label-studio": Format(
            "Label Studio, brush", "`tasks.json`, `labels.xml`", label_studio.brush, strokes=True, overlaps=True
        ),
        "label-studio-bitmask": Format(
            "Label Studio, bitmask", "`tasks.json`, `labels.xml`", label_studio.bitmask, strokes=True, overlaps=True
        ),
        "tiff": Format("TIFF labels, 16 bits", "`NAME.tif`", arrays.TiffWriter, strokes=True, overlaps=False),
        "geojson": Format("GeoJSON (QuPath)", "`NAME.geojson`", geojson.GeojsonWriter, strokes=True, overlaps=True),
        "npz": Format("NPZ with probabilities", "`NAME.npz`", arrays.NpzWriter, strokes=True, overlaps=True),
        "cutouts": Format(
            "RGBA cut-outs", "PNGs, `metadata.jsonl`", pictures.CutoutWriter, strokes=True, overlaps=True
        ),
        "masks": Format(
            "a black-and-white PNG an object",
            "PNGs, `metadata.jsonl`",
            pictures.MaskWriter,
            strokes=True,
            overlaps=True,
        ),
        "soft-masks": Format(
            "a grey PNG an object", "PNGs, `metadata.jsonl`", pictures.SoftMaskWriter, strokes=True, overlaps=True
        ),
        "imagefolder": Format(
            "Hugging Face ImageFolder",
            "`train/metadata.jsonl`, images, `train/masks/`",
            pictures.ImageFolderWriter,
            strokes=True,
            overlaps=False,
        ),
    }
)


READERS: Mapping[str, Callable[[Path], Source]] = MappingProxyType(
    {
        "coco": coco_reading.CocoSource,
        "coco-polygons": coco_reading.CocoSource,
        "yolo": yolo.YoloSource,
        "voc": voc.VocSource,
        "labelme": labelme.LabelmeSource,
        "cvat": cvat.CvatSource,
        "label-studio": label_studio.LabelStudioSource,
        "label-studio-bitmask": label_studio.LabelStudioSource,
        "tiff": arrays.TiffSource,
        "geojson": geojson.GeojsonSource,
        "npz": arrays.NpzSource,
        "cutouts": picture_reading.DescribedPictures,
        "masks": picture_reading.DescribedPictures,
        "soft-masks": picture_reading.DescribedPictures,
        "imagefolder": picture_reading.DescribedPictures,
        "label-maps": picture_reading.LabelMapFolder,
    }
)
"""What reads each format; plain label maps are read, too."""


def format_named(name: str) -> Format:
    """A format.

    Raises:
        ConfigError: there is none of this name.
    """
    if name not in FORMATS:
        raise ConfigError(f'there is no format "{name}"; there are {", ".join(FORMATS)}')
    return FORMATS[name]
