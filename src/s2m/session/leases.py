"""Who edits which image: one editor at a time, others look on and may take over."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable


class Leases:
    """The editors of images.  A lease that is not renewed for ``lasts_s`` seconds is free for others.

    Args:
        lasts_s: seconds.
        clock: gives seconds that only rise.
    """

    def __init__(self, lasts_s: float = 30.0, clock: Callable[[], float] = time.monotonic) -> None:
        self._lasts_s, self._clock = lasts_s, clock
        self._held: dict[str, tuple[str, float]] = {}
        self._lock = threading.Lock()

    def acquire(self, image_name: str, holder: str) -> bool:
        """Become the editor, or stay it; False where someone else is."""
        with self._lock:
            present = self._present(image_name)
            if present not in (None, holder):
                return False
            self._held[image_name] = (holder, self._clock())
            return True

    def renew(self, image_name: str, holder: str) -> bool:
        """Say that one is still there; False where someone else has taken over."""
        return self.acquire(image_name, holder)

    def take_over(self, image_name: str, holder: str) -> str | None:
        """Become the editor whoever was it; gives the one who was, or None."""
        with self._lock:
            before = self._present(image_name)
            self._held[image_name] = (holder, self._clock())
            return before if before != holder else None

    def release(self, image_name: str, holder: str) -> None:
        """Stop being the editor; nothing happens where one is not."""
        with self._lock:
            if self._present(image_name) == holder:
                del self._held[image_name]

    def holder_of(self, image_name: str) -> str | None:
        """The editor, or None."""
        with self._lock:
            return self._present(image_name)

    def _present(self, image_name: str) -> str | None:
        holder, since = self._held.get(image_name, (None, 0.0))
        return holder if holder is not None and self._clock() - since <= self._lasts_s else None
