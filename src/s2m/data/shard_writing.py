"""A set of labelled images in; a folder of numbered .tar shards with its index out."""

from __future__ import annotations

import hashlib
import io
import json
import tarfile
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from pathlib import Path

import webdataset

from s2m.data.labelled_images import LabelledImage
from s2m.data.shards import SHARD_INDEX_NAME, Shard, ShardIndex, ShardSample, label_name
from s2m.errors import OutputError
from s2m.files.atomic import write_atomically
from s2m.files.label_files import label_map_bytes


def shard_set(
    images: Sequence[LabelledImage], folder: Path, shard_bytes: int, report_progress: Callable[[], object]
) -> ShardIndex:
    """Write a set as shards; photographs are packed byte for byte, in the order of the set.

    The index is written last, so a folder without one is no set.

    Args:
        images: the set.
        folder: new or empty.
        shard_bytes: a shard is closed as soon as its files are this many bytes.
        report_progress: called after each image.

    Raises:
        DataError: an image or label cannot be read.
        OutputError: a file cannot be written, or the folder already holds files.
    """
    if folder.exists() and any(folder.iterdir()):
        raise OutputError(f"{folder} already holds files; choose another destination or remove it")
    shards: list[Shard] = []
    pack = _Pack()
    for number, image in enumerate(images):
        pack.add(number, image)
        if pack.size >= shard_bytes or number + 1 == len(images):
            shards.append(pack.close(folder / f"shard-{len(shards):06d}.tar"))
            pack = _Pack()
        report_progress()
    index = ShardIndex(shards=tuple(shards))
    write_atomically(folder / SHARD_INDEX_NAME, index.model_dump_json().encode())
    return index


@dataclass
class _Pack:
    """A shard that is being filled, in memory; ``size`` is that of its files so far, bytes."""

    content: io.BytesIO = field(default_factory=io.BytesIO)
    images: dict[str, LabelledImage] = field(default_factory=dict)
    size: int = 0

    def __post_init__(self) -> None:
        # Times and owners are left out: the same set gives the same bytes.
        self.writer = webdataset.TarWriter(self.content, user="", group="", encoder=False, mtime=0)

    def add(self, number: int, image: LabelledImage) -> None:
        """Pack photograph, label and description; the image is read to be sure that it can be."""
        _, label = image.load()
        key, suffix = f"{number:08d}", image.photograph.suffix.lower()
        members = {
            suffix[1:]: image.photograph.read_bytes(),
            "json": json.dumps({"name": image.name, "kind": image.kind}).encode(),
        }
        if image.kind != "alpha":
            members["label.png"] = label_map_bytes(label.astype("int32"))
        self.size += int(self.writer.write({"__key__": key, **members}))
        self.images[key + suffix] = image

    def close(self, path: Path) -> Shard:
        """Write the shard."""
        self.writer.close()
        content = self.content.getvalue()
        with tarfile.open(fileobj=io.BytesIO(content)) as packed:
            places = {member.name: (member.offset_data, member.size) for member in packed}
        samples = tuple(
            ShardSample(
                name=image.name,
                kind=image.kind,
                image_name=name,
                image=places[name],
                label=places.get(label_name(name)),
            )
            for name, image in self.images.items()
        )
        write_atomically(path, content)
        return Shard(name=path.name, size=len(content), sha256=hashlib.sha256(content).hexdigest(), samples=samples)
