"""The drill `region`: a whole region dies under load. Brings up what it needs, breaks it, measures, cleans up."""

import asyncio
import sys
import time
from collections.abc import Callable
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from pathlib import Path

from farshore.drills.command import Progress, Running, start
from farshore.drills.contestant import Contestant
from farshore.drills.entry import FRESH, Entry, read_ledger
from farshore.drills.lab import AUTHORITY, Facts, Lab
from farshore.drills.order_rows import read_rows
from farshore.drills.orders import fate
from farshore.drills.report import Report, write_report
from farshore.drills.result import Conditions, Result
from farshore.drills.stages import course
from farshore.drills.stopwatch import CACHED_MARGIN_S, clocks, quiet_since
from farshore.model.failure import Refused

STEADY_S = 5.0


@dataclass(frozen=True, slots=True)
class Scenario:
    engine: str  # mysql | pg
    lab: str
    out: Path
    promote_delay_s: float = 1.0
    time_scale: float = 0.05
    keep: bool = False  # leave the lab up afterwards
    permit: bool = True  # the shop's orders need a permit of farshore's agents
    name: str = "region"
    give_up_s: float = 120.0  # after the fault
    browse_every_ms: float = 100.0
    buyers: int = 5


MakeContestant = Callable[[Lab, Facts, Path, Progress], Contestant]


async def run_region(scenario: Scenario, contestant: MakeContestant, say: Progress) -> tuple[Result, Report]:
    lab = Lab(scenario.lab)
    began_here = not await lab.is_up()
    try:
        if began_here:
            say(f"a DigitalOcean account in miniature, lab {scenario.lab}, and a shop on {scenario.engine} in it")
            facts = await lab.up(scenario.engine, scenario.promote_delay_s, scenario.time_scale, say, scenario.permit)
        else:
            say(f"lab {scenario.lab} is up already and is used as it is")
            facts = await lab.found()
            _must_fit(facts, scenario)
        _clear(scenario.out)
        return await _drill(scenario, lab, facts, contestant(lab, facts, scenario.out / "work", say), say)
    finally:
        if began_here and not scenario.keep:
            say("taking the lab down")
            await lab.down()


async def _drill(
    scenario: Scenario, lab: Lab, facts: Facts, contestant: Contestant, say: Progress
) -> tuple[Result, Report]:
    ledger_file = scenario.out / "ledger.jsonl"
    shoppers: Running | None = None
    try:
        await contestant.prepare()
        shoppers = await _start_shoppers(scenario, lab, facts, ledger_file)
        await _until_steady(shoppers, ledger_file, say)
        await contestant.ready_for_fault()
        say(f"FAULT: everything in {facts.writer} is killed")
        _, fault_s = await lab.fault("kill", f"region:{facts.writer}")
        await _until_over(scenario, facts, ledger_file, fault_s, say)
        await shoppers.end()
        result = await _measure(scenario, lab, facts, contestant, ledger_file, fault_s, say)
        return result, write_report(scenario.out, result, read_ledger(ledger_file), fault_s)
    finally:
        if shoppers is not None:
            await shoppers.end()
        await contestant.end()


async def _start_shoppers(scenario: Scenario, lab: Lab, facts: Facts, ledger: Path) -> Running:
    argv = [sys.executable, "-m", "farshore.drills.shopper_main", "--domain", facts.domain]
    argv += ["--products", ",".join(str(number) for number in facts.products), "--ledger", str(ledger)]
    argv += ["--authority", AUTHORITY, "--resolver", str(facts.env["dns_server"]), "--ca-file", facts.ca_file]
    argv += ["--browse-every-ms", f"{scenario.browse_every_ms:g}", "--buyers", str(scenario.buyers)]
    return await start("shoppers", lab.inside("internet", *argv), scenario.out / "work" / "shoppers.log")


async def _until_steady(shoppers: Running, ledger: Path, say: Progress) -> None:
    """Orders come in and nobody fails: a fault before that would be blamed on the wrong thing."""
    began = time.monotonic()
    while True:
        await asyncio.sleep(0.5)
        now = time.monotonic()
        if not shoppers.alive:
            raise Refused(f"The shoppers ended: {shoppers.last_words()}", f"See {shoppers.log}.")
        entries = read_ledger(ledger)
        if now - began > STEADY_S and quiet_since(entries, began, now, STEADY_S):
            rate = sum(entry.acknowledged for entry in entries) / (now - began)
            say(
                f"shoppers are in: {len(entries) / (now - began):.0f} requests and {rate:.1f} orders a second, all well"
            )
            return
        if now - began > 60:
            bad = next((entry for entry in reversed(entries) if not entry.good), None)
            raise Refused(f"The shop was not steady within 60 s before any fault; the last failure: {bad}.", "")


async def _until_over(scenario: Scenario, facts: Facts, ledger: Path, fault_s: float, say: Progress) -> None:
    """Until both populations have been served quietly for a while; one record's TTL after the first are the second."""
    first_page = first_order = False
    deadline = fault_s + scenario.give_up_s
    while time.monotonic() < deadline:
        await asyncio.sleep(0.5)
        now, entries = time.monotonic(), read_ledger(ledger)
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
        if first_order and quiet_since(entries, fault_s, now, STEADY_S, everybody=True):
            say(f"quiet for {STEADY_S:.0f} s")
            return
    say("the time of observation is over")


async def _measure(
    scenario: Scenario,
    lab: Lab,
    facts: Facts,
    contestant: Contestant,
    ledger_file: Path,
    fault_s: float,
    say: Progress,
) -> Result:
    ledger: list[Entry] = read_ledger(ledger_file)
    rows = await read_rows(lab, facts, facts.standby)
    say(f"{len(rows)} orders in the database of {facts.standby}; compared with the customers' ledger")
    conditions = Conditions(
        drill=scenario.name,
        engine="MariaDB" if scenario.engine == "mysql" else "PostgreSQL",
        fault=f"region {facts.writer} killed under load",
        from_region=facts.writer,
        to_region=facts.standby,
        promote_delay_s=facts.promote_delay_s,
        time_scale=facts.time_scale,
        allow_unfenced=contestant.allow_unfenced,
        ttl_s=int(facts.store["ttl_s"]),
        at=datetime.now(UTC).isoformat(timespec="seconds"),
        failover_by=contestant.name,
    )
    boot_less_monotonic = time.clock_gettime(time.CLOCK_BOOTTIME) - time.monotonic()
    return Result(
        conditions=conditions,
        clocks=clocks(ledger, fault_s),
        course=course(await contestant.journal(), fault_s, boot_less_monotonic),
        fate=fate(ledger, rows, fault_s),
    )


def _must_fit(facts: Facts, scenario: Scenario) -> None:
    if facts.store["engine"] != scenario.engine:
        raise Refused(
            f"Lab {scenario.lab} has a shop on {facts.store['engine']}, and the drill is for {scenario.engine}.",
            f"Take it down with `tidepool down --name {scenario.lab}`, or choose another with --lab.",
        )


def _clear(out: Path) -> None:
    """What an earlier drill left there must not end up in this one's figures."""
    out.mkdir(parents=True, exist_ok=True)
    for path in (out / "ledger.jsonl", out / "report.json", out / "report.html"):
        path.unlink(missing_ok=True)
    (out / "ledger.jsonl").touch()
    work = out / "work"
    if work.is_dir():
        for path in work.iterdir():
            if path.is_file():
                path.unlink()


def engine_of(word: str) -> str:
    """The provider's word for it."""
    return {"postgresql": "pg", "postgres": "pg", "mariadb": "mysql"}.get(word, word)


def as_bench(scenario: Scenario, who: str, permit: bool) -> Scenario:
    return replace(scenario, lab=f"{scenario.lab}-{who}"[:20], out=scenario.out / who, permit=permit)
