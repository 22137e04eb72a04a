"""Which faults are in force: add, list, remove. One at a time, since two at once could not be told apart afterwards."""

import asyncio
from collections.abc import Callable
from dataclasses import dataclass
from datetime import UTC, datetime
from itertools import count
from typing import Any

from tidepool.faults.api import ApiFault
from tidepool.faults.clock import Clock
from tidepool.faults.fault import Fault, Options, StillHeldError, World
from tidepool.faults.flap import Flap
from tidepool.faults.freeze import Freeze
from tidepool.faults.kill import Kill
from tidepool.faults.partition import Partition
from tidepool.faults.slow import Slow
from tidepool.lab.home import LabError

KINDS: dict[str, Callable[[str, Options], Fault]] = {
    "kill": Kill.parse,
    "freeze": Freeze.parse,
    "partition": Partition.parse,
    "flap": Flap.parse,
    "slow": Slow.parse,
    "clock": Clock.parse,
    "api": ApiFault.parse,
}


@dataclass(frozen=True, slots=True)
class Entry:
    id: str
    kind: str
    target: str
    options: Options
    since: str
    fault: Fault

    def as_json(self) -> dict[str, Any]:
        words = [self.kind, self.target, *(f"{key}={value}" for key, value in self.options.items())]
        facts = {"id": self.id, "kind": self.kind, "target": self.target, "options": dict(self.options)}
        return facts | {"since": self.since, "text": " ".join(words)}


class FaultBook:
    def __init__(self, world: World) -> None:
        self._world = world
        self._entries: dict[str, Entry] = {}
        self._serial = count(1)
        self._lock = asyncio.Lock()

    async def add(self, kind: str, target: str, options: Options) -> str:
        if kind not in KINDS:
            raise LabError(f"there is no fault {kind!r}; kinds are {', '.join(KINDS)}")
        fault = KINDS[kind](target, options)
        async with self._lock:
            fault_id = f"f{next(self._serial)}"
            now = datetime.now(UTC).isoformat(timespec="milliseconds")
            await fault.inject(self._world, fault_id)
            self._entries[fault_id] = Entry(fault_id, kind, target, options, now, fault)
            return fault_id

    def in_force(self) -> list[dict[str, Any]]:
        return [entry.as_json() for entry in self._entries.values()]

    async def remove(self, fault_id: str) -> list[str]:
        """`all` takes the latest first, but thaws before anything must boot. Returns what was
        removed; an error in mending one does not spare the others."""
        latest_first = list(reversed(self._entries.values()))
        latest_first.sort(key=lambda entry: entry.kind != "freeze")
        wanted = [entry.id for entry in latest_first] if fault_id == "all" else [fault_id]
        if fault_id != "all" and fault_id not in self._entries:
            raise LabError(f"there is no fault {fault_id!r}; `tidepool fault list` shows those in force")
        errors = []
        async with self._lock:
            for known in wanted:
                entry = self._entries.pop(known)
                try:
                    await entry.fault.heal(self._world, known)
                except StillHeldError:
                    self._entries[known] = entry
                    raise
                except Exception as error:
                    errors.append(f"{known}: {error}")
        if errors:
            raise LabError("; ".join(errors))
        return wanted
