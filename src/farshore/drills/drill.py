"""A drill from beginning to end: brings up what it needs, breaks it as its scene says, measures, cleans up."""

import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime
from pathlib import Path

from farshore.drills.aftermath import Aftermath, mend_and_look
from farshore.drills.audience import USUAL, Audience, Load, everybody
from farshore.drills.command import Progress
from farshore.drills.contestant import Contestant
from farshore.drills.divergence import settled
from farshore.drills.entry import BROWSE, BUY, Entry
from farshore.drills.lab import Facts, Lab
from farshore.drills.machine import watched
from farshore.drills.order_rows import read_rows_patiently
from farshore.drills.orders import fate
from farshore.drills.reconciled import reconcile
from farshore.drills.report import Report, write_report
from farshore.drills.result import Conditions, Result
from farshore.drills.scenes import REGION, SCENES, Scene
from farshore.drills.sides import sides
from farshore.drills.stagehand import StageHand, names
from farshore.drills.stages import course
from farshore.drills.stopwatch import CACHED_MARGIN_S, clocks
from farshore.drills.trade import OFF, PLAIN_SHOP, Trade
from farshore.drills.turns import turns
from farshore.drills.verdict import decision
from farshore.model.failure import Refused


@dataclass(frozen=True, slots=True)
class Scenario:
    """Where and under which conditions a scene is played."""

    engine: str  # mysql | pg
    lab: str
    out: Path
    promote_delay_s: float = 1.0
    time_scale: float = 0.05
    keep: bool = False  # leave the lab up afterwards
    permit: bool = True  # the shop's orders need a permit of farshore's agents
    name: str = REGION  # in the report
    scene: Scene = SCENES[REGION]
    give_up_s: float | None = None  # after the fault; None: as the scene says
    load: Load = USUAL
    trade: Trade = field(default_factory=Trade)


MakeContestant = Callable[[Lab, Facts, Path, Progress], Contestant]


async def run_drill(scenario: Scenario, contestant: MakeContestant, say: Progress) -> tuple[Result, Report]:
    lab = Lab(scenario.lab)
    began_here = not await lab.is_up()
    try:
        if began_here:
            shop = "shop" if scenario.trade.kind == PLAIN_SHOP else "WordPress shop"
            say(f"a DigitalOcean account in miniature, lab {scenario.lab}, and a {shop} on {scenario.engine} in it")
            build = scenario.trade.build(scenario.engine, scenario.permit)
            facts = await lab.up(build, scenario.promote_delay_s, scenario.time_scale, say)
        else:
            say(f"lab {scenario.lab} is up already and is used as it is")
            facts = await lab.found()
            _must_fit(facts, scenario)
        _clear(scenario.out)
        return await _play(scenario, lab, facts, contestant(lab, facts, scenario.out / "work", say), say)
    finally:
        if began_here and not scenario.keep:
            say("taking the lab down")
            await lab.down()


async def _play(
    scenario: Scenario, lab: Lab, facts: Facts, contestant: Contestant, say: Progress
) -> tuple[Result, Report]:
    scene = scenario.scene
    if scenario.give_up_s is not None:
        scene = replace(scene, give_up_s=scenario.give_up_s)
    audience = Audience(lab, facts, scenario.out, scenario.load, say, scenario.trade.shoppers())
    stage = StageHand(lab, facts, contestant, say)
    try:
        await contestant.prepare()
        await audience.come_in(residents=scene.residents)
        await audience.until_steady()
        if scene.before:
            await stage.perform(scene.before)
            await audience.until_steady()
        await contestant.ready_for_fault()
        async with watched() as machine:
            say(f"FAULT: {scene.says.format(**names(facts))}")
            fault_s = await stage.perform(scene.acts)
            await audience.until_over(scene, stage, fault_s)
            done = len(stage.played)
            after = await mend_and_look(lab, facts, stage, say) if scene.aftermath else None
            if after is not None and scene.then:
                for act in scene.then:
                    if not stage.missed:
                        await stage.perform((act,))
                after = replace(after, open_in=tuple(await lab.open_regions(facts)))
            if after is not None:
                # A drill that ended in the middle of a stray would read as a shop that never came back.
                await audience.until_quiet(facts.store["ttl_s"] + CACHED_MARGIN_S)
        await audience.leave()
        later = tuple(stage.played[done:])
        found = await _measure(scenario, lab, facts, contestant, audience, after, fault_s, later, say)
        result = replace(found, problems=(*found.problems, *stage.missed), machine=machine)
        return result, write_report(scenario.out, result, audience.public, fault_s)
    finally:
        await audience.leave()
        if scene.aftermath:
            await stage.mend()  # above all a frozen controller, which could not be ended
        await contestant.end()


async def _measure(
    scenario: Scenario,
    lab: Lab,
    facts: Facts,
    contestant: Contestant,
    audience: Audience,
    after: Aftermath | None,
    fault_s: float,
    later: Sequence[tuple[str, float, float]],
    say: Progress,
) -> Result:
    scene, ledger = scenario.scene, everybody(audience)
    first = [entry for entry in ledger if not later or entry.ended < later[0][1]]
    writer = after.open_in[0] if after is not None and len(after.open_in) == 1 else facts.standby
    rows = await read_rows_patiently(lab, facts, writer)
    reconciled = None
    if scenario.trade.journal != OFF:
        reconciled = await reconcile(contestant, fate(ledger, rows, fault_s), say)
        rows = await read_rows_patiently(lab, facts, writer)
    say(f"{len(rows)} orders in the database of {writer}; compared with the customers' ledger")
    conditions = Conditions(
        drill=scenario.name,
        engine="MariaDB" if scenario.engine == "mysql" else "PostgreSQL",
        fault=scene.says.format(**names(facts)),
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
    journal = await contestant.journal()
    told = Result(
        conditions=conditions,
        clocks=clocks(first, fault_s),
        course=course(journal, fault_s, boot_less_monotonic),
        fate=fate(ledger, rows, fault_s),
        reconciled=reconciled,
    )
    if after is None:
        return told
    return replace(
        told,
        fate=settled(
            ledger, rows, after.old_rows if after.old_rows is not None or writer != facts.writer else rows, fault_s
        ),
        sides=sides(ledger, (*rows, *(after.old_rows or ())), fault_s),
        decision=decision(scene, journal, fault_s, boot_less_monotonic),
        after=after,
        failed_pages=sum(_failed(e, BROWSE, fault_s) for e in first),
        failed_checkouts=sum(_failed(e, BUY, fault_s) for e in first) if scene.sells else None,
        planned=scene.planned,
        turns=turns(ledger, later, fault_s),
    )


def _failed(entry: Entry, kind: str, fault_s: float) -> bool:
    return entry.kind == kind and not entry.good and entry.ended >= fault_s


def _must_fit(facts: Facts, scenario: Scenario) -> None:
    if facts.store["engine"] != scenario.engine:
        raise Refused(
            f"Lab {scenario.lab} has a shop on {facts.store['engine']}, and the drill is for {scenario.engine}.",
            f"Take it down with `tidepool down --name {scenario.lab}`, or choose another with --lab.",
        )
    if not scenario.trade.fits(facts.store):
        raise Refused(
            f"Lab {scenario.lab} has another kind of shop than a {scenario.trade.kind} one as this drill wants it.",
            f"Take it down with `tidepool down --name {scenario.lab}`, or choose another with --lab.",
        )


def _clear(out: Path) -> None:
    """What an earlier drill left there must not end up in this one's figures."""
    out.mkdir(parents=True, exist_ok=True)
    for path in (out / "ledger.jsonl", out / "residents.jsonl", out / "report.json", out / "report.html"):
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
