"""The one tree of exceptions: what was got, what is wanted, what to do.

Every error a user can cause is a ``S2MError`` with a stable ``code``; the command line turns it into an
exit status and the web package into an HTTP status, each through one table.
"""

from __future__ import annotations


class S2MError(Exception):
    """Something the user can mend; the message says how.  ``code`` is stable across versions."""

    code = "error"


class ImageError(S2MError):
    """An image file that cannot be read as a photograph, or an array that is no image."""

    code = "image"


class StrokeError(S2MError):
    """Strokes that are malformed: wrong file, wrong version, not finite, outside the image."""

    code = "strokes"


class MaskError(S2MError):
    """A mask or label map of the wrong size, kind or values."""

    code = "mask"


class ModelError(S2MError):
    """Model files that are missing, damaged or made for another version."""

    code = "model"


class OutputError(S2MError):
    """A file that cannot be written: read-only or full folder; nothing half-written is left behind."""

    code = "output"


class ReadOnlyError(S2MError):
    """A change of what can only be looked at, because its folder cannot be written."""

    code = "read_only"


class BatchError(S2MError):
    """Some files of a folder failed while the others were done; the message names each one and its reason."""

    code = "batch"


class JournalError(S2MError):
    """An annotation journal that cannot be opened, or a command that does not fit its state."""

    code = "journal"


class DataError(S2MError):
    """A data set folder or file that is missing, broken or laid out otherwise than expected."""

    code = "data"


class ConfigError(S2MError):
    """A configuration with unknown keys or values out of range."""

    code = "config"


class ServerError(S2MError):
    """A server that cannot start (port in use) or a request that is not allowed."""

    code = "server"


def fault(error: Exception) -> str:
    """An error that nobody foresaw, in one line."""
    reason = " ".join(str(error).split())[:200]
    return f"a fault of the program ({type(error).__name__}: {reason})"
