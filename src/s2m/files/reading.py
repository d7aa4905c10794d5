"""A path in, the bytes of its file out; and which file was at hand when something went wrong."""

from __future__ import annotations

from pathlib import Path

from s2m.errors import S2MError

MAX_FILE_BYTES = 1_000_000_000
"""Larger files are refused before they are read."""

_at_hand: list[str] = []


def read_bytes(path: Path | str, error: type[S2MError], limit_bytes: int = MAX_FILE_BYTES) -> bytes:
    """The bytes of a file.

    Args:
        path: the file.
        error: what to raise.
        limit_bytes: of the file; a larger one is not read.

    Raises:
        S2MError: of the kind ``error``: missing, a folder, a device, unreadable or too large.
    """
    path = Path(path)
    note(path)
    try:
        if path.is_char_device() or path.is_block_device():
            raise error(f"{path} is a device; name a file")
        if path.is_file() and path.stat().st_size > limit_bytes:
            raise error(f"{path} is over {limit_bytes / 1e6:,.0f} MB, the most that is read; cut it into parts")
        return path.read_bytes()
    except FileNotFoundError as refusal:
        raise error(f"{path} does not exist; check its name") from refusal
    except IsADirectoryError as refusal:
        raise error(f"cannot read {path}: it is a folder; name a file") from refusal
    except (OSError, ValueError) as refusal:
        reason = getattr(refusal, "strerror", None) or refusal
        raise error(f"cannot read {path}: {reason}; check its permissions") from refusal


def note(path: object) -> None:
    """Remember the file that is read now."""
    _at_hand[:] = [str(path)]


def file_at_hand() -> str | None:
    """The file that was read last, or None."""
    return _at_hand[0] if _at_hand else None


def printable(name: object) -> str:
    r"""A name as it can be printed and sent: bytes that are no UTF-8 stand as \\xNN."""
    return str(name).encode("utf-8", "surrogateescape").decode("utf-8", "backslashreplace")


def is_utf8(name: str) -> bool:
    """Whether the bytes of a file name are UTF-8."""
    return printable(name) == name
