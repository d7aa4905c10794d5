"""The address of a set in shards in; its labelled images, copied shard by shard when they are needed, out.

An address is a URL, or a command that writes a file to its output with {} for the file's name:
"https://example.org/train/lvis", "gs://bucket/train/lvis", "pipe:aws s3 cp s3://bucket/train/lvis/{} -".
WebDataset opens it.
"""

from __future__ import annotations

import hashlib
import os
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import IO

from filelock import FileLock

from s2m.data.labelled_images import LabelledImage
from s2m.data.shards import SHARD_INDEX_NAME, ShardFile, images_of_index, read_shard_index
from s2m.errors import DataError

PAUSES_S = (1.0, 5.0, 20.0)
"""How long to wait before a shard that could not be fetched is tried again."""

_CHUNK = 1 << 20

_NAME = "{}"


def is_address(name: str) -> bool:
    """Whether a set's name is an address and no folder."""
    return name.startswith("pipe:") or "://" in name


def open_address(address: str, copies: Path) -> tuple[LabelledImage, ...]:
    """The labelled images of a set in shards; the index is fetched now, a shard when one of its images is read.

    Args:
        address: see the module.
        copies: folder of this machine that shards are copied into; all sets may share it.

    Raises:
        DataError: the index cannot be fetched, or is no index of shards.
    """
    index_address = address_of(address, SHARD_INDEX_NAME)
    try:
        with _opened(index_address) as source:
            content = source.read()
    except (OSError, ValueError) as error:
        raise DataError(f"{index_address} cannot be fetched ({error}); check the address and the connection") from error
    index = read_shard_index(content, index_address)
    return images_of_index(index, ShardCopies(address, copies), Path(address))


def address_of(address: str, file_name: str) -> str:
    """The address of one file of a set.

    Raises:
        DataError: the address is a command without a place for the name.
    """
    if _NAME in address:
        return address.replace(_NAME, file_name)
    if address.startswith("pipe:"):
        raise DataError(f"{address} does not say where the file's name goes; write {_NAME} there")
    return f"{address.rstrip('/')}/{file_name}"


@dataclass(frozen=True)
class ShardCopies:
    """Shards of an address, copied to this machine; a ``ShardStore``.

    Copies are named after their checksum, so a set that has changed at its address is never mixed with its
    former self.

    Attributes:
        address: of the set.
        folder: of the copies.
    """

    address: str
    folder: Path

    def local_file(self, shard: ShardFile) -> Path:
        """The copy; fetched by one process of this machine while the others wait.

        Raises:
            DataError: the shard cannot be fetched, or is not what the index says.
        """
        path = self.folder / f"{shard.sha256}.tar"
        if path.is_file():
            return path
        try:
            self.folder.mkdir(parents=True, exist_ok=True)
            with FileLock(path.with_suffix(".lock")):
                if not path.is_file():
                    self._fetch_patiently(shard, path)
        except (OSError, ValueError) as error:
            raise DataError(
                f"{address_of(self.address, shard.name)} cannot be copied into {self.folder} ({error}); "
                "check the address and the free space on that disk"
            ) from error
        return path

    def _fetch_patiently(self, shard: ShardFile, path: Path) -> None:
        """Try again after a pause: networks fail now and then, and runs last for days."""
        for pause_s in PAUSES_S:
            try:
                return self._fetch(shard, path)
            except (OSError, ValueError, DataError):
                time.sleep(pause_s)
        return self._fetch(shard, path)

    def _fetch(self, shard: ShardFile, path: Path) -> None:
        """Copy beside, check and rename."""
        address = address_of(self.address, shard.name)
        beside = path.with_suffix(f".{os.getpid()}.part")
        try:
            with _opened(address) as source, beside.open("wb") as part:
                size, sha256 = _copy(source, part)
            if (size, sha256) != (shard.size, shard.sha256):
                raise DataError(
                    f"{address} is {size:,} bytes, wanted {shard.size:,} with the checksum of {SHARD_INDEX_NAME}; "
                    "upload the set again"
                )
            beside.replace(path)
        finally:
            beside.unlink(missing_ok=True)


def _copy(source: IO[bytes], target: IO[bytes]) -> tuple[int, str]:
    """Size and SHA-256 of what was copied."""
    checksum, size = hashlib.sha256(), 0
    while chunk := source.read(_CHUNK):
        target.write(chunk)
        checksum.update(chunk)
        size += len(chunk)
    return size, checksum.hexdigest()


@contextmanager
def _opened(address: str) -> Iterator[IO[bytes]]:
    """What lies at an address, as a stream."""
    from webdataset import gopen  # Imports PyTorch, which reading local shards does without.

    with gopen(address) as source:
        yield source
