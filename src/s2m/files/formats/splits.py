"""Names of images in, the split of each out: by shares and a seed, or by lists."""

from __future__ import annotations

import hashlib
import math
import re
from collections.abc import Mapping, Sequence
from pathlib import Path

from s2m.errors import ConfigError, DataError

_NAME = re.compile(r"[A-Za-z0-9_-]{1,40}")


def assigned_splits(names: Sequence[str], splits: Mapping[str, str], seed: int) -> dict[str, str]:
    """The split of each image.

    Args:
        names: of the images.
        splits: for each split a share such as "0.8", or the path of a text file with a name of an image a line.
        seed: another seed draws other images; the same one draws the same, whatever their order.

    Returns:
        the split by the name of the image; images that stand in no list are left out.

    Raises:
        ConfigError: the names of splits cannot be folders, shares and lists are mixed, or shares are not above 0.
        DataError: a list cannot be read, names an image that is not there, or names one twice.
    """
    for name in splits:
        if not _NAME.fullmatch(name):
            raise ConfigError(f'a split cannot be called "{name}"; use letters, digits, "-" and "_"')
    shares = {name: share for name, text in splits.items() if (share := _share(text)) is not None}
    if shares and len(shares) < len(splits):
        raise ConfigError("splits are given all by share or all by list; got both")
    return _by_share(names, shares, seed) if shares else _by_list(names, splits)


def _share(text: str) -> float | None:
    try:
        return float(text)
    except ValueError:
        return None


def _by_share(names: Sequence[str], shares: Mapping[str, float], seed: int) -> dict[str, str]:
    total = math.fsum(shares.values())
    if not all(share > 0 and math.isfinite(share) for share in shares.values()):
        given = ", ".join(f"{share:g}" for share in shares.values())
        raise ConfigError(f"the share of a split is above 0, got {given}")
    # Drawn by the hash of its name, an image mostly stays in its split when others come and go.
    drawn = sorted(names, key=lambda name: hashlib.sha256(f"{seed}/{name}".encode("utf-8", "surrogateescape")).digest())
    assigned, start, upto = {}, 0, 0.0
    for split, share in shares.items():
        upto += share
        end = round(len(drawn) * upto / total)
        assigned.update(dict.fromkeys(drawn[start:end], split))
        start = end
    return assigned


def _by_list(names: Sequence[str], lists: Mapping[str, str]) -> dict[str, str]:
    by_stem: dict[str, list[str]] = {}
    for name in names:
        by_stem.setdefault(Path(name).stem, []).append(name)
    assigned: dict[str, str] = {}
    for split, text in lists.items():
        try:
            lines = Path(text).read_text(encoding="utf-8-sig").split("\n")
        except (OSError, UnicodeDecodeError) as error:
            raise DataError(
                f"cannot read {text} for the split {split}: {error}; wanted a share or a text file"
            ) from error
        for line in filter(None, map(str.strip, lines)):
            found = [line] if line in names else by_stem.get(line, [])
            if len(found) != 1:
                raise DataError(f'{text} names "{line}", which is {len(found)} of the images; name each as its file')
            if found[0] in assigned:
                raise DataError(f"{found[0]} stands in two lists; an image has one split")
            assigned[found[0]] = split
    return assigned
