"""What every route of the API works with: sessions, the network, the project if there is one, and the numbers."""

from __future__ import annotations

from s2m.engine.segmenter import Segmenter
from s2m.web.api.metrics import Metrics
from s2m.web.api.sessions import ApiSessions, Limits
from s2m.web.workers import Workers
from s2m.web.workspace import Workspace


class ApiService:
    """The state of the API.

    Args:
        segmenter: answers strokes.
        limits: of sessions.
        workspace: the project, if there is one.
    """

    def __init__(self, segmenter: Segmenter, limits: Limits | None = None, workspace: Workspace | None = None) -> None:
        self.segmenter = segmenter
        self.workspace = workspace
        self.workers = workspace.workers if workspace is not None else Workers()
        self.sessions = ApiSessions(segmenter, self.workers, limits or Limits(), workspace)
        self.metrics = Metrics(lambda: len(self.sessions), lambda: self.sessions.nbytes)

    @property
    def model_id(self) -> str:
        """Name and version of the model."""
        return self.segmenter.model.card.model_id

    def start(self) -> None:
        """Begin to close idle sessions."""
        self.workers.start(self.sessions.watch())

    async def close(self) -> None:
        """End what was begun; a project closes by itself."""
        if self.workspace is None:
            await self.workers.cancel_tasks()
            self.workers.shut_down()
