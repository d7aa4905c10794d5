"""Masks are saved soon after a change, and again where the disk refused."""

from __future__ import annotations

import asyncio
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, cast

import pytest

from s2m.errors import OutputError
from s2m.session import Project
from s2m.web import saving
from s2m.web.open_image import OpenImage
from s2m.web.saving import MaskSaver
from s2m.web.workers import Workers


@dataclass
class Shown:
    """An open image that only notes what its pages are told."""

    name: str = "a.png"
    session: object = None
    told: list[str] = field(default_factory=list)

    def tell_all(self, message: dict[str, Any]) -> None:
        self.told.append(message["type"])


@dataclass
class Saved:
    """What a project gives back once it has written masks."""

    path: Path = Path("out/a.png")
    backup: Path | None = None


class Disk:
    """A project on a disk that refuses some times."""

    def __init__(self, refusals: int) -> None:
        self.refusals, self.tries = refusals, 0

    def save(self, _: object) -> Saved:
        self.tries += 1
        if self.tries <= self.refusals:
            raise OutputError("the disk is full")
        return Saved()


@pytest.fixture(autouse=True)
def soon(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(saving, "SAVE_AFTER_S", 0.01)
    monkeypatch.setattr(saving, "SAVE_AGAIN_AFTER_S", 0.02)


def saved_after(disk: Disk, changes: int) -> tuple[list[str], list[str]]:
    """What the pages and the folder lists are told of some changes that come at once."""
    shown, names = Shown(), list[str]()

    async def change() -> None:
        workers = Workers()
        saver = MaskSaver(cast(Project, disk), workers, names.append)
        for _ in range(changes):
            saver.save_soon(cast(OpenImage, shown))
        assert not saver.is_saved("a.png")
        while not saver.is_saved("a.png") or not names:
            await asyncio.sleep(0.01)
        workers.shut_down()

    # In a thread of its own: the browser tests leave an event loop in this one.
    with ThreadPoolExecutor(1) as thread:
        thread.submit(lambda: asyncio.run(asyncio.wait_for(change(), 10))).result()
    return shown.told, names


def test_changes_that_follow_at_once_are_saved_together() -> None:
    disk = Disk(refusals=0)

    assert saved_after(disk, changes=3) == (["saved"], ["a.png"])
    assert disk.tries == 1


def test_a_refusal_is_told_and_saving_is_tried_again() -> None:
    disk = Disk(refusals=2)

    assert saved_after(disk, changes=1) == (["notice", "notice", "saved"], ["a.png"])
