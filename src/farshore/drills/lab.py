"""The lab as a drill sees it: tidepool's command line, and nothing of tidepool's code."""

import json
import sys
import time
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import Any

from farshore.drills.command import Progress, answer, outcome, program, relay
from farshore.model.failure import Refused

AUTHORITY = "203.0.113.53"


@dataclass(frozen=True, slots=True)
class Facts:
    """Of a lab that is up, with its store."""

    env: dict[str, Any]  # `tidepool env --json`
    store: dict[str, Any]  # what `tidepool store plain` printed

    @property
    def ca_file(self) -> str:
        return str(self.env["ca_file"])

    @property
    def domain(self) -> str:
        return str(self.store["domain"])

    @property
    def products(self) -> list[int]:
        return [int(number) for number in self.store["products"]]

    @property
    def writer(self) -> str:
        return str(self.store["writer"])

    @property
    def standby(self) -> str:
        return str(self.store["standby"])

    @property
    def promote_delay_s(self) -> float:
        return float(self.env["promote_delay_s"])

    @property
    def time_scale(self) -> float:
        return float(self.env["time_scale"])

    @property
    def token(self) -> str:
        return str(self.env["token"])

    def region(self, name: str) -> dict[str, Any]:
        return dict(self.store["regions"][name])


class Lab:
    """One lab by its name. What it starts, `down` ends."""

    def __init__(self, name: str) -> None:
        self.name = name

    async def is_up(self) -> bool:
        code, _, _ = await outcome(self._argv("env", "--json"))
        return code == 0

    async def up(self, store: Sequence[str], promote_delay_s: float, time_scale: float, say: Progress) -> Facts:
        """`store`: which shop, as `tidepool store` is told."""
        await relay(self._argv("up", "--promote-delay", f"{promote_delay_s:g}", "--time-scale", f"{time_scale:g}"), say)
        made = json.loads(await relay(self._argv("store", *store), say))
        return Facts(json.loads(await answer(self._argv("env", "--json"))), made)

    async def found(self) -> Facts:
        """A lab that somebody else brought up, store included. Refused where a drill would measure an old fault."""
        remedy = f"Take it down with `tidepool down --name {self.name}`, or choose another with --lab."
        if json.loads(await answer(self._argv("fault", "list", "--json"))):
            raise Refused(f"Lab {self.name} is up and has faults in force, perhaps of an earlier drill.", remedy)
        env = json.loads(await answer(self._argv("env", "--json")))
        store = _read_store(Path(env["lab_dir"]))
        if store is None:
            raise Refused(f"Lab {self.name} is up and has no whole store.", remedy)
        return Facts(env, store)

    async def down(self) -> None:
        await answer(self._argv("down"))

    async def fault(self, kind: str, target: str, *options: str) -> tuple[str, float]:
        """(its id, CLOCK_MONOTONIC of the moment when the lab began to inject it)."""
        number = (await answer(self._argv("fault", "add", kind, target, *options))).strip()
        wall_less_monotonic = time.time() - time.monotonic()
        for fault in json.loads(await answer(self._argv("fault", "list", "--json"))):
            if fault["id"] == number:
                return number, datetime.fromisoformat(fault["since"]).timestamp() - wall_less_monotonic
        raise AssertionError(f"the lab forgot fault {number}")

    async def mend(self, fault: str) -> None:
        await answer(self._argv("fault", "remove", fault))

    async def open_regions(self, facts: Facts) -> list[str]:
        """Those whose own balancer leads to a shop that takes orders, as seen from lon1."""
        doors = [f"{name}={facts.region(name)['balancer']['ip']}" for name in (facts.writer, facts.standby)]
        argv = [sys.executable, "-m", "farshore.drills.doors", "--domain", facts.domain, "--ca-file", facts.ca_file]
        return [str(name) for name in json.loads(await answer(self.inside("lon1", *argv, *doors)))]

    def inside(self, place: str, *argv: str) -> list[str]:
        """The command line that runs `argv` in a place's network."""
        return [*self._argv("exec"), place, "--", *argv]

    def _argv(self, *words: str) -> list[str]:
        """The lab's name goes after the verb, and after the second word of a verb that has two."""
        depth = 2 if words[0] in ("fault", "store") else 1
        return [program("tidepool"), *words[:depth], "--name", self.name, *words[depth:]]


def _read_store(folder: Path) -> dict[str, Any] | None:
    try:
        return dict(json.loads((folder / "store" / "store.json").read_text()))
    except (OSError, ValueError):
        return None
