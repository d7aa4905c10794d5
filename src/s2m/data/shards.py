"""A folder of numbered .tar shards with its index in; labelled images, read from their place in a shard, out.

FOLDER/shards.json        the index: name, size and checksum of every shard, place of every file in it
FOLDER/shard-000000.tar   00000000.jpg, 00000000.json, 00000000.label.png, 00000001.jpg, ...

The shards are ordinary ones of WebDataset.  The index makes them more: any image can be read without those
before it, so a set in shards is a set like any other.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path, PurePosixPath
from typing import Annotated, Literal, Protocol

from pydantic import BaseModel, ConfigDict, Field, ValidationError

from s2m.data.labelled_images import AlphaChannel, Kind, LabelFile, LabelledImage, LabelReader
from s2m.errors import DataError

SHARD_INDEX_NAME = "shards.json"

_PlainName = Annotated[str, Field(pattern=r"^[\w-][\w.-]*$")]
_Place = tuple[Annotated[int, Field(ge=0)], Annotated[int, Field(ge=1)]]
"""Offset and length in bytes of a file in its shard."""


class _Part(BaseModel):
    model_config = ConfigDict(frozen=True, extra="forbid")


class ShardSample(_Part):
    """One labelled image of a shard.

    Attributes:
        name: of the labelled image.
        kind: what the numbers of its label mean.
        image_name: the photograph's file name in the shard.
        image: the photograph's place.
        label: the label's place; None where the photograph's alpha channel is the label.
    """

    name: str
    kind: Kind
    image_name: _PlainName
    image: _Place
    label: _Place | None


class Shard(_Part):
    """One shard.

    Attributes:
        name: its file name.
        size: in bytes.
        sha256: of its bytes.
        samples: in their order.
    """

    name: _PlainName
    size: Annotated[int, Field(ge=1)]
    sha256: Annotated[str, Field(pattern=r"^[0-9a-f]{64}$")]
    samples: tuple[ShardSample, ...]


class ShardIndex(_Part):
    """What ``shards.json`` says."""

    format: Literal["s2m-shards"] = "s2m-shards"
    version: Literal[1] = 1
    shards: tuple[Shard, ...]


@dataclass(frozen=True)
class ShardFile:
    """One shard without its list of samples; see ``Shard``."""

    name: str
    size: int
    sha256: str


class ShardStore(Protocol):
    """Where shards come from."""

    def local_file(self, shard: ShardFile) -> Path:
        """The shard as a file of this machine; raises ``DataError`` where it cannot be had."""


@dataclass(frozen=True)
class LocalShards:
    """Shards that lie in a folder, on a local or a network disk."""

    folder: Path

    def local_file(self, shard: ShardFile) -> Path:
        """The file itself."""
        return self.folder / shard.name


@dataclass(frozen=True)
class PackedPicture:
    """A picture file inside a shard; a ``PictureFile``.

    Attributes:
        store: where the shard comes from.
        shard: which one.
        path: the file as if the shard were a folder, for messages.
        offset: of the file in the shard, bytes.
        size: of the file, bytes.
    """

    store: ShardStore
    shard: ShardFile
    path: Path
    offset: int
    size: int

    @property
    def suffix(self) -> str:
        """The end of the name, as ".jpg"."""
        return self.path.suffix

    def __str__(self) -> str:
        return str(self.path)

    def read_bytes(self) -> bytes:
        """The picture file; nothing else of the shard is read.

        Raises:
            DataError: the shard is missing or ends too early.
        """
        path = self.store.local_file(self.shard)
        try:
            with path.open("rb") as file:
                file.seek(self.offset)
                content = file.read(self.size)
        except FileNotFoundError:
            raise DataError(f"{path} is missing, which {SHARD_INDEX_NAME} lists; fetch the set again") from None
        if len(content) != self.size:
            raise DataError(f"{path} ends before {self.path.name}; wanted {self.shard.size:,} bytes, fetch it again")
        return content


def is_sharded(folder: Path) -> bool:
    """Whether a set in shards lies in a folder."""
    return (folder / SHARD_INDEX_NAME).is_file()


def open_shards(folder: Path) -> tuple[LabelledImage, ...]:
    """The labelled images of a folder of shards, in their order.

    Raises:
        DataError: the index is missing, damaged or lists no image.
    """
    path = folder / SHARD_INDEX_NAME
    try:
        content = path.read_bytes()
    except FileNotFoundError:
        raise DataError(f"{path} is missing; make shards with: s2m data shard SOURCE DESTINATION") from None
    return images_of_index(read_shard_index(content, str(path)), LocalShards(folder), folder)


def read_shard_index(content: bytes, words: str) -> ShardIndex:
    """The content of ``shards.json``.

    Args:
        content: the file.
        words: its name in messages.

    Raises:
        DataError: it is no index of shards, of another version, or lists no image.
    """
    try:
        index = ShardIndex.model_validate_json(content)
    except ValidationError as error:
        first = error.errors()[0]
        place = ".".join(map(str, first["loc"])) or "the file"
        raise DataError(
            f"{words} is no index of shards of version 1 ({place}: {first['msg']}); make it again"
        ) from None
    if not any(shard.samples for shard in index.shards):
        raise DataError(f"{words} lists no image; make the shards again")
    return index


def images_of_index(index: ShardIndex, store: ShardStore, folder: Path) -> tuple[LabelledImage, ...]:
    """The labelled images of an index.

    Args:
        index: what the shards hold.
        store: where they come from.
        folder: where they are said to lie.
    """
    return tuple(image for shard in index.shards for image in _images_of(shard, store, folder))


def _images_of(shard: Shard, store: ShardStore, folder: Path) -> Iterator[LabelledImage]:
    file = ShardFile(shard.name, shard.size, shard.sha256)
    inside = folder / shard.name
    for sample in shard.samples:
        photograph = PackedPicture(store, file, inside / sample.image_name, *sample.image)
        reader: LabelReader = AlphaChannel(photograph)
        if sample.label is not None:
            reader = LabelFile(PackedPicture(store, file, inside / label_name(sample.image_name), *sample.label))
        yield LabelledImage(sample.name, sample.kind, photograph.path, reader, photograph)


def label_name(image_name: str) -> str:
    """The name of the label in the shard, beside a photograph of a name."""
    return f"{PurePosixPath(image_name).stem}.label.png"
