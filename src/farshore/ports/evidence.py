"""Where what must not be forgotten is kept as files: differences between two databases, before one is thrown away."""

from collections.abc import Awaitable, Callable
from typing import Protocol

WriteLine = Callable[[str], None]


class Evidence(Protocol):
    async def keep(self, name: str, work: Callable[[WriteLine], Awaitable[None]]) -> str:
        """Run `work`, which is given a way to write lines, and keep them under `name`; returns where.

        Durable when this returns. Nothing is there under that name while `work` runs or when it fails; an older file of
        the name is replaced only by a complete one. RetryLater when the disk is full.
        """
        ...
