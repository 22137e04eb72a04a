"""Thin shell around the machine: performs effects, feeds what happened back. Runs as daemon and for one failover."""

import asyncio
from collections.abc import Callable
from dataclasses import dataclass

from farshore.engine.world import World
from farshore.model.group import Group
from farshore.plan.journal import Event


@dataclass(frozen=True, slots=True)
class Ending:
    """How a one-shot run ended: `finished`, `stuck`, `aborted` or `refused` (with the verdict's sentence)."""

    how: str
    why: str
    plan: str = ""


class Controller:
    """One observer that may lead. `name` is its own in the store of record; `place` any name outside both regions."""

    def __init__(
        self, group: Group, world: World, name: str, place: str, on_event: Callable[[Event], None] | None = None
    ) -> None:
        self.group = group
        self.world = world
        self.name = name
        self.place = place
        self.on_event = on_event  # each journal line as it becomes durable: the daemon prints it

    async def run(self, stop: asyncio.Event) -> None:
        """Watch, and lead when nobody else does, until `stop`. Returns with leadership resigned."""
        raise NotImplementedError

    async def fail_over(self, who: str, checksum: str = "", timeout_s: float = 900.0) -> Ending:
        """One shot: give the operator's word, lead, carry the plan to its end. Refused when somebody else leads."""
        raise NotImplementedError
