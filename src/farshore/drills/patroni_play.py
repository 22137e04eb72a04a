"""How one bout of the bench is played, the same for farshore and for Patroni: shoppers, fault, judgement.

Shoppers leave before anything is mended: what is compared is the fault, and not what mending it does to a busy machine.
"""

import time
from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from pathlib import Path

from farshore.drills.audience import Audience, Load, everybody
from farshore.drills.command import Progress
from farshore.drills.contestant import Contestant
from farshore.drills.divergence import settled
from farshore.drills.lab import Facts, Lab
from farshore.drills.order_rows import read_rows
from farshore.drills.orders import Row
from farshore.drills.patroni_attempt import Mark
from farshore.drills.patroni_versus import CRASH, CUT, Bout, bout
from farshore.drills.scenes import REGION, SCENES, Scene
from farshore.drills.sides import sides
from farshore.drills.stagehand import StageHand, names
from farshore.drills.stopwatch import clocks
from farshore.model.failure import Refused

SCENE_OF = {CRASH: SCENES[REGION], CUT: SCENES["partition"]}


@dataclass(frozen=True, slots=True)
class Party:
    """A contestant, and where its orders are to be found."""

    who: str
    told: str
    contestant: Contestant
    judged: Callable[[], Facts]  # asked after `prepare`: the databases may have been made there
    rejoined: Callable[[], Awaitable[None]]  # after a cut was mended, when the old database has become what it will be
    fenced: bool  # the shop's own user may be shut out of the old database


async def play(
    lab: Lab, facts: Facts, party: Party, fault: str, scene: Scene, out: Path, load: Load, mark: Mark, say: Progress
) -> Bout:
    clear(out)
    clear(out / "work")
    (out / "ledger.jsonl").touch()
    contestant = party.contestant
    audience = Audience(lab, facts, out, load, say)
    stage = StageHand(lab, facts, contestant, say)
    try:
        await contestant.prepare()
        await audience.come_in(residents=scene.residents)
        await audience.until_steady()
        await contestant.ready_for_fault()
        mark.faulted = True
        say(f"FAULT: {scene.says.format(**names(facts))}")
        fault_s = await stage.perform(scene.acts)
        await audience.until_over(scene, stage, fault_s)
        await audience.leave()
        found = await _measure(lab, party, fault, audience, stage, fault_s, say)
        say(f"buying was closed for {'ever' if found.buy_s is None else f'{found.buy_s:.1f} s'}")
        return found
    finally:
        await audience.leave()
        await stage.mend()
        await contestant.end()


async def _measure(
    lab: Lab, party: Party, fault: str, audience: Audience, stage: StageHand, fault_s: float, say: Progress
) -> Bout:
    """The new writer's rows while the old side is still away; the old one's when all is mended and it has settled."""
    ledger, judged = everybody(audience), party.judged()
    rows = await read_rows(lab, judged, judged.standby)
    old_rows: list[Row] | None = None
    if fault == CUT:
        await stage.mend()
        began = time.monotonic()
        await party.rejoined()
        say(f"{time.monotonic() - began:.0f} s after the cut was mended the old database is looked at")
        try:
            old_rows = await read_rows(lab, judged, judged.writer, fenced=party.fenced)
        except Refused as refusal:
            say(f"the old database cannot be read: {refusal}")
    fate = settled(ledger, rows, old_rows, fault_s)
    seen = sides(ledger, (*rows, *(old_rows or ())), fault_s) if fault == CUT else None
    return bout(party.who, party.told, fault, clocks(ledger, fault_s), fate, seen)


def clear(folder: Path) -> None:
    """What an earlier bench left there must not end up in this one's figures."""
    folder.mkdir(parents=True, exist_ok=True)
    for path in folder.iterdir():
        if path.is_file():
            path.unlink()
