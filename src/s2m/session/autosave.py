"""Sessions that changed in, saved files out, a moment later and on a thread of its own."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable

from s2m.errors import S2MError
from s2m.session.project import Project, SaveResult
from s2m.session.session import Session


class Autosaver:
    """Saves sessions ``delay_s`` seconds after their last change.

    Args:
        project: what they belong to.
        delay_s: seconds.
        on_saved: called with the image's name after each save, on the thread that saves.
        on_error: called with the image's name and the error; the session is tried again at its next change.
    """

    def __init__(
        self,
        project: Project,
        delay_s: float = 1.0,
        on_saved: Callable[[str, SaveResult], None] | None = None,
        on_error: Callable[[str, S2MError], None] | None = None,
    ) -> None:
        self._project, self._delay_s = project, delay_s
        self._on_saved, self._on_error = on_saved, on_error
        self._due: dict[str, tuple[Session, float]] = {}
        self._changed = threading.Condition()
        self._saving = threading.Lock()
        self._closed = False
        self._thread = threading.Thread(target=self._run, name="autosave", daemon=True)
        self._thread.start()

    def touch(self, session: Session) -> None:
        """A session has changed."""
        with self._changed:
            self._due[session.state.image_name] = (session, time.monotonic() + self._delay_s)
            self._changed.notify()

    def flush(self) -> None:
        """Save everything that waits, now."""
        with self._changed:
            waiting, self._due = self._due, {}
        for session, _ in waiting.values():
            self._save(session)

    def close(self) -> None:
        """Save everything that waits and stop."""
        with self._changed:
            self._closed = True
            self._changed.notify()
        self._thread.join()
        self.flush()

    def _run(self) -> None:
        while True:
            with self._changed:
                if self._closed:
                    return
                now = time.monotonic()
                ready = [name for name, (_, at) in self._due.items() if at <= now]
                sessions = [self._due.pop(name)[0] for name in ready]
                if not sessions:
                    next_at = min((at for _, at in self._due.values()), default=None)
                    self._changed.wait(None if next_at is None else next_at - now)
            for session in sessions:
                self._save(session)

    def _save(self, session: Session) -> None:
        name = session.state.image_name
        with self._saving:
            try:
                result = self._project.save(session)
            except S2MError as error:
                if self._on_error is not None:
                    self._on_error(name, error)
                return
        if self._on_saved is not None:
            self._on_saved(name, result)
