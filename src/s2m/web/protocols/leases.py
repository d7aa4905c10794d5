"""Clients of nnInteractive's protocol in, a lease for each out: bounded in number and bytes, and ended by silence."""

from __future__ import annotations

import asyncio
import secrets
import time
from collections.abc import Callable

from s2m.web.api.sessions import Limits, SessionRefused
from s2m.web.protocols.drawn_volume import DrawnVolume

LIVENESS_S = 120.0
"""A client that sends no heartbeat for so long is gone."""

_LOOK_EVERY_S = 5.0


class Lease:
    """What one client works with.

    Attributes:
        token: names it.
        volume: that was sent, if any.
        used_at: when the user did something.
        heard_at: when the client said anything.
    """

    def __init__(self, now: float) -> None:
        self.token = secrets.token_urlsafe(24)
        self.volume: DrawnVolume | None = None
        self.used_at = self.heard_at = now

    @property
    def drawn(self) -> DrawnVolume:
        """The volume.

        Raises:
            SessionRefused: there is none yet.
        """
        if self.volume is None:
            raise SessionRefused(400, "image", "there is no image yet; send it to /set_image")
        return self.volume


class Leases:
    """All leases.

    Args:
        limits: of sessions; they hold here, too.
        clock: gives seconds.
    """

    def __init__(self, limits: Limits, clock: Callable[[], float] = time.monotonic) -> None:
        self.limits, self._clock = limits, clock
        self._leases: dict[str, Lease] = {}

    def __len__(self) -> int:
        return len(self._leases)

    def claim(self) -> Lease:
        """A new lease.

        Raises:
            SessionRefused: there are as many as may be.
        """
        self.end_silent()
        if len(self) >= self.limits.sessions:
            raise SessionRefused(503, "full", f"{len(self)} clients are connected, the most; try again later")
        lease = Lease(self._clock())
        self._leases[lease.token] = lease
        return lease

    def get(self, token: str, is_used: bool) -> Lease:
        """The lease of a token, heard of now; ``is_used`` where the user did something.

        Raises:
            SessionRefused: it has ended, or never was.
        """
        self.end_silent()
        lease = self._leases.get(token)
        if lease is None:
            raise SessionRefused(410, "session", "the lease has ended, or never was; connect again")
        lease.heard_at = self._clock()
        if is_used:
            lease.used_at = lease.heard_at
        return lease

    def remaining_s(self, lease: Lease) -> float:
        """Seconds until a lease ends if the user does nothing."""
        return max(0.0, self.limits.idle_s - (self._clock() - lease.used_at))

    def left_bytes(self, lease: Lease) -> int:
        """What the volume of a lease may take beside those of the others."""
        others = [one.volume for one in self._leases.values() if one is not lease]
        return self.limits.nbytes - sum(volume.nbytes for volume in others if volume is not None)

    def release(self, token: str) -> None:
        """End a lease, if it is there."""
        self._leases.pop(token, None)

    def end_silent(self) -> None:
        """End those that were left idle, or whose client is gone."""
        now = self._clock()
        for lease in tuple(self._leases.values()):
            if now - lease.used_at > self.limits.idle_s or now - lease.heard_at > LIVENESS_S:
                self.release(lease.token)

    async def watch(self) -> None:
        """End silent leases as long as there are any."""
        while self._leases:
            await asyncio.sleep(_LOOK_EVERY_S)
            self.end_silent()
