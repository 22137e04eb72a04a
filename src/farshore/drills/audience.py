"""The customers of a drill: shoppers outside, and residents inside the writer's region where a drill has them."""

import asyncio
import sys
import time
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from farshore.drills.command import Progress, Running, start
from farshore.drills.entry import FRESH, Entry, read_ledger
from farshore.drills.lab import AUTHORITY, Facts, Lab
from farshore.drills.scenes import Scene
from farshore.drills.stagehand import StageHand
from farshore.drills.stopwatch import CACHED_MARGIN_S, clocks, quiet_since
from farshore.model.failure import Refused

STEADY_S = 5.0
STEADY_WITHIN_S = 60.0
RESIDENT_BUYERS = 3


@dataclass(frozen=True, slots=True)
class Load:
    browse_every_ms: float = 100.0
    buyers: int = 5


USUAL = Load()


class Audience:
    def __init__(
        self, lab: Lab, facts: Facts, out: Path, load: Load, say: Progress, shoppers: Sequence[str] = ()
    ) -> None:
        """`shoppers`: what they are told of this kind of shop."""
        self._shoppers = shoppers
        self._lab, self._facts, self._out, self._load, self._say = lab, facts, out, load, say
        self._running: list[Running] = []

    @property
    def public(self) -> list[Entry]:
        return read_ledger(self._out / "ledger.jsonl")

    @property
    def residents(self) -> list[Entry]:
        file = self._out / "residents.jsonl"
        return read_ledger(file) if file.exists() else []

    async def come_in(self, *, residents: bool) -> None:
        facts, load = self._facts, self._load
        argv = ["--browse-every-ms", f"{load.browse_every_ms:g}", "--buyers", str(load.buyers)]
        self._running.append(await self._start("shoppers", "internet", "ledger.jsonl", *argv))
        if residents:
            # At the region's router: as near as a customer can be, and it lives on when all cables outside are cut.
            door = facts.region(facts.writer)["balancer"]["ip"]
            argv = ["--address", door, "--browse-every-ms", "500", "--buyers", str(RESIDENT_BUYERS)]
            argv += ["--buy-pause-s", "0.3"]
            self._running.append(await self._start("residents", facts.writer, "residents.jsonl", *argv))

    async def until_steady(self) -> None:
        """Orders come in and nobody fails: a fault before that would be blamed on the wrong thing."""
        began = time.monotonic()
        while True:
            await asyncio.sleep(0.5)
            now, entries, residents = time.monotonic(), self.public, self.residents
            self._must_live()
            well = quiet_since(entries, began, now, STEADY_S)
            if now - began > STEADY_S and well and self._residents_well(residents, now):
                rate = sum(entry.acknowledged for entry in entries + residents) / (now - began)
                count = (len(entries) + len(residents)) / (now - began)
                self._say(f"shoppers are in: {count:.0f} requests and {rate:.1f} orders a second, all well")
                return
            if now - began > STEADY_WITHIN_S:
                bad = next((entry for entry in reversed(entries + residents) if not entry.good), None)
                raise Refused(f"The shop was not steady within 60 s before any fault; the last failure: {bad}.", "")

    async def until_over(self, scene: Scene, stage: StageHand, fault_s: float) -> None:
        """Until everybody has been served quietly for a while; one record's TTL after the first are the last."""
        facts, say = self._facts, self._say
        first_page = first_order = False
        deadline = fault_s + scene.give_up_s
        while time.monotonic() < deadline or stage.waiting:
            await asyncio.sleep(0.5)
            now, entries = time.monotonic(), self.public
            found = clocks(entries, fault_s)
            moved = [e for e in entries if e.good and e.population == FRESH and e.region == facts.standby]
            if moved and not first_page:
                first_page = True
                say(f"first page from {facts.standby} {moved[0].ended - fault_s:.1f} s after the fault")
            if found.first_order_s is not None and not first_order:
                first_order = True
                say(f"first order in {facts.standby} {found.first_order_s:.1f} s after the fault")
                say(f"waiting until DNS answers kept for {facts.store['ttl_s']} s have run out")
                # Whatever else happens: a TTL and a margin after that, every customer has had the chance to come back.
                deadline = min(deadline, now + facts.store["ttl_s"] + CACHED_MARGIN_S)
            seen = (first_order or 0 in scene.moves) and now - fault_s >= scene.watch_s and not stage.waiting
            if seen and quiet_since(entries, fault_s, now, STEADY_S, everybody=True):
                say(f"quiet for {STEADY_S:.0f} s")
                return
        say("the time of observation is over")

    async def until_quiet(self, within_s: float) -> None:
        """After something that customers may have felt."""
        began = time.monotonic()
        while time.monotonic() - began < within_s:
            await asyncio.sleep(0.5)
            if quiet_since(self.public, began, time.monotonic(), STEADY_S, everybody=True):
                return

    async def leave(self) -> None:
        for running in self._running:
            await running.end()

    async def _start(self, name: str, place: str, ledger: str, *more: str) -> Running:
        facts = self._facts
        argv = [sys.executable, "-m", "farshore.drills.shopper_main", "--domain", facts.domain]
        argv += ["--products", ",".join(str(number) for number in facts.products)]
        argv += ["--ledger", str(self._out / ledger), "--ca-file", facts.ca_file]
        argv += ["--authority", AUTHORITY, "--resolver", str(facts.env["dns_server"]), *self._shoppers, *more]
        return await start(name, self._lab.inside(place, *argv), self._out / "work" / f"{name}.log")

    def _must_live(self) -> None:
        for running in self._running:
            if not running.alive:
                raise Refused(f"The {running.name} ended: {running.last_words()}", f"See {running.log}.")

    def _residents_well(self, entries: list[Entry], now: float) -> bool:
        """Where there are any."""
        recent = [e for e in entries if e.ended > now - STEADY_S]
        here = any(running.name == "residents" for running in self._running)
        return not here or (all(e.good for e in recent) and any(e.acknowledged for e in recent))


def everybody(audience: Audience) -> list[Entry]:
    """All lines of all ledgers, in the order in which requests ended."""
    return sorted(audience.public + audience.residents, key=lambda entry: entry.ended)
