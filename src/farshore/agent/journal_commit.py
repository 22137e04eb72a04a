"""Group commit: what several ask for while the disk is busy is written together, with one fsync for all of them."""

import asyncio
from collections.abc import Callable, Sequence
from concurrent.futures import ThreadPoolExecutor
from typing import TypeVar

from farshore.model.order_entry import OrderEntry

R = TypeVar("R")


class GroupCommit:
    """All work on one file goes through one thread of its own, so that a disk that hangs holds up nothing else."""

    def __init__(self, name: str, write: Callable[[list[OrderEntry]], None]) -> None:
        self._write = write
        self._thread = ThreadPoolExecutor(1, name)
        self._waiting: list[tuple[Sequence[OrderEntry], asyncio.Future[None]]] = []
        self._writing: asyncio.Task[None] | None = None
        self._stopped = False

    async def put(self, entries: Sequence[OrderEntry]) -> None:
        """Returns when they are on disk; raises what `write` raised. Who stops waiting does not stop the writing."""
        done: asyncio.Future[None] = asyncio.get_running_loop().create_future()
        self._waiting.append((entries, done))
        if self._writing is None or self._writing.done():
            self._writing = asyncio.create_task(self._drain())
        await done

    async def run(self, work: Callable[[], R]) -> R:
        """Something else on the same file, between two writes."""
        return await asyncio.get_running_loop().run_in_executor(self._thread, work)

    async def stop(self, close: Callable[[], None]) -> None:
        """What is being written is written. Twice is once."""
        if self._stopped:
            return
        self._stopped = True
        if self._writing is not None:
            await asyncio.gather(self._writing, return_exceptions=True)
        await self.run(close)
        self._thread.shutdown(wait=False)

    async def _drain(self) -> None:
        while self._waiting:
            batch, self._waiting = self._waiting, []
            entries = [entry for asked, _ in batch for entry in asked]
            try:
                await self.run(lambda entries=entries: self._write(entries))  # type: ignore[misc]
            except Exception as error:
                for _, done in batch:
                    if not done.done():
                        done.set_exception(error)
            else:
                for _, done in batch:
                    if not done.done():
                        done.set_result(None)
