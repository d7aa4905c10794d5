"""Work that takes long goes in, what it gives comes out: threads, each for one kind of work, and tasks beside them."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Coroutine
from concurrent.futures import Executor, ThreadPoolExecutor
from typing import Any, TypeVar

T = TypeVar("T")


class Workers:
    """The threads and background tasks of a server."""

    def __init__(self) -> None:
        self._network = ThreadPoolExecutor(1, "network")
        self._files = ThreadPoolExecutor(2, "files")
        self._background = ThreadPoolExecutor(1, "background")
        self._tasks: set[asyncio.Task[None]] = set()

    async def ask_network(self, work: Callable[[], T]) -> T:
        """Do what a page waits for and only the network can answer, one thing after the other."""
        return await _run(self._network, work)

    async def read(self, work: Callable[[], T]) -> T:
        """Do something with image files, beside the network."""
        return await _run(self._files, work)

    async def in_background(self, work: Callable[[], T]) -> T:
        """Do something that no page waits for, such as saving."""
        return await _run(self._background, work)

    def start(self, work: Coroutine[Any, Any, None]) -> asyncio.Task[None]:
        """Start a task that ends by itself, or with ``cancel_tasks``."""
        task = asyncio.create_task(work)
        self._tasks.add(task)
        task.add_done_callback(self._tasks.discard)
        return task

    async def cancel_tasks(self) -> None:
        """End all tasks."""
        for task in self._tasks:
            task.cancel()
        await asyncio.gather(*self._tasks, return_exceptions=True)

    def shut_down(self) -> None:
        """Finish what the threads have begun."""
        for executor in (self._network, self._files, self._background):
            executor.shutdown(wait=True, cancel_futures=True)


async def _run(executor: Executor, work: Callable[[], T]) -> T:
    return await asyncio.get_running_loop().run_in_executor(executor, work)
