"""Everything the account owns, in memory, and the tasks that bring objects to life.

Routes change it; the backend makes it real.
"""

import asyncio
import itertools
import logging
import uuid
from collections import defaultdict
from collections.abc import Awaitable, Coroutine, Iterator
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import Any, TypeVar

from tidepool.api.backend import Backend, Json
from tidepool.api.objects import Certificate, Database, Domain
from tidepool.api.pace import Pace
from tidepool.api.store import Store

log = logging.getLogger(__name__)
T = TypeVar("T")


@dataclass
class Account:
    backend: Backend
    pace: Pace
    vpcs: Store[Json] = field(default_factory=Store)
    peerings: Store[Json] = field(default_factory=Store)
    keys: Store[Json] = field(default_factory=Store)
    tags: Store[Json] = field(default_factory=Store)
    droplets: Store[Json] = field(default_factory=Store)
    actions: Store[Json] = field(default_factory=Store)
    balancers: Store[Json] = field(default_factory=Store)
    certificates: Store[Certificate] = field(default_factory=Store)
    domains: Store[Domain] = field(default_factory=Store)
    databases: Store[Database] = field(default_factory=lambda: Store("not found"))
    locks: defaultdict[str, asyncio.Lock] = field(default_factory=lambda: defaultdict(asyncio.Lock))
    _numbers: Iterator[int] = field(default_factory=lambda: itertools.count(1001))
    _tasks: set[asyncio.Task[None]] = field(default_factory=set)

    def number(self) -> int:
        """A fresh integer id: droplets, keys, actions and records have those."""
        return next(self._numbers)

    def spawn(self, work: Coroutine[Any, Any, None]) -> None:
        """Go on after the answer was sent."""
        task = asyncio.create_task(work)
        self._tasks.add(task)
        task.add_done_callback(self._finished)

    def _finished(self, task: asyncio.Task[None]) -> None:
        self._tasks.discard(task)
        if not task.cancelled() and (failure := task.exception()):
            log.error("a change of the account failed half way", exc_info=failure)

    async def at_least(self, seconds: float, work: Awaitable[T]) -> T:
        """The work's result, not before DigitalOcean would have it ready."""
        made, _ = await asyncio.gather(work, asyncio.sleep(self.pace.scaled(seconds)))
        return made

    async def close(self) -> None:
        for task in list(self._tasks):
            task.cancel()
        await asyncio.gather(*self._tasks, return_exceptions=True)


def fresh_id() -> str:
    return str(uuid.uuid4())


def now() -> str:
    return datetime.now(UTC).strftime("%Y-%m-%dT%H:%M:%SZ")
