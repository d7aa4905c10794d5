"""Requests and sessions in, numbers for Prometheus out."""

from __future__ import annotations

from collections.abc import Callable

from prometheus_client import CONTENT_TYPE_LATEST, CollectorRegistry, Counter, Gauge, Histogram, generate_latest

CONTENT_TYPE = CONTENT_TYPE_LATEST


class Metrics:
    """The numbers of one server.

    Args:
        sessions: gives the number of open sessions.
        nbytes: gives what they take.
    """

    def __init__(self, sessions: Callable[[], float], nbytes: Callable[[], float]) -> None:
        self._registry = CollectorRegistry()
        self._requests = Counter("s2m_requests", "Requests", ("operation", "status"), registry=self._registry)
        self._seconds = Histogram("s2m_request_seconds", "Seconds", ("operation",), registry=self._registry)
        Gauge("s2m_sessions", "Open sessions", registry=self._registry).set_function(sessions)
        Gauge("s2m_session_bytes", "Bytes of sessions", registry=self._registry).set_function(nbytes)

    def count(self, operation: str, status: int, seconds: float) -> None:
        """Take note of a request."""
        self._requests.labels(operation, str(status)).inc()
        self._seconds.labels(operation).observe(seconds)

    def text(self) -> bytes:
        """All numbers."""
        return generate_latest(self._registry)
