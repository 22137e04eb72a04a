"""The bouts of `farshore bench` with Patroni: one lab, and for each profile and fault a cluster founded anew."""

import asyncio
import time
from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path

from farshore.drills.audience import Audience, Load, everybody
from farshore.drills.command import Progress
from farshore.drills.divergence import settled
from farshore.drills.drill import Scenario
from farshore.drills.lab import Facts, Lab
from farshore.drills.order_rows import read_rows
from farshore.drills.orders import Row
from farshore.drills.patroni_attempt import Mark, attempt
from farshore.drills.patroni_cluster import Bundle, Cluster, seen_by_judges
from farshore.drills.patroni_contestant import Patroni
from farshore.drills.patroni_settings import Profile
from farshore.drills.patroni_versus import CRASH, CUT, Bout, bout
from farshore.drills.scenes import REGION, SCENES, Scene
from farshore.drills.sides import sides
from farshore.drills.stagehand import StageHand, names
from farshore.drills.stopwatch import clocks
from farshore.model.failure import Refused

SCENE_OF = {CRASH: SCENES[REGION], CUT: SCENES["partition"]}
REJOINS_WITHIN_S = 90.0


async def run_bouts(
    scenario: Scenario, bundle: Bundle, order: Sequence[tuple[Profile, str]], say: Progress
) -> tuple[list[Bout], list[str]]:
    """(bouts, what could not be measured and why). `order` are (profile, fault). The lab's shop is without permits, as
    it is without farshore's agents."""
    lab = Lab(scenario.lab)
    began_here = not await lab.is_up()
    try:
        if began_here:
            facts = await lab.up("pg", scenario.promote_delay_s, scenario.time_scale, say, permit=False)
        else:
            facts = await lab.found()
        found: list[Bout] = []
        problems: list[str] = []
        _clear(scenario.out / "cluster")
        for number, (profile, fault) in enumerate(order, start=1):
            say(f"{profile.told}: {fault}, bout {number} of {len(order)}")
            out = scenario.out / f"{number:02d}-{profile.name}-{fault}"
            scene = replace(SCENE_OF[fault], give_up_s=scenario.give_up_s or SCENE_OF[fault].give_up_s)

            async def play(
                mark: Mark, profile: Profile = profile, fault: str = fault, scene: Scene = scene, out: Path = out
            ) -> Bout:
                cluster = Cluster(lab, facts, bundle, scenario.out / "cluster", say)
                return await _play(facts, cluster, profile, fault, scene, out, scenario.load, mark, say)

            one = await attempt(f"{profile.told}, {fault}, bout {number}", play, problems, say)
            found += [one] if one is not None else []
        return found, problems
    finally:
        if began_here and not scenario.keep:
            say("taking the lab down")
            await lab.down()


async def _play(
    facts: Facts,
    cluster: Cluster,
    profile: Profile,
    fault: str,
    scene: Scene,
    out: Path,
    load: Load,
    mark: Mark,
    say: Progress,
) -> Bout:
    _clear(out)
    _clear(out / "work")
    (out / "ledger.jsonl").touch()
    lab = cluster.lab
    contestant = Patroni(lab, facts, cluster, profile, out / "work", say)
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
        found = await _measure(facts, cluster, profile, fault, audience, stage, fault_s, say)
        say(f"buying was closed for {'ever' if found.buy_s is None else f'{found.buy_s:.1f} s'}")
        return found
    finally:
        await audience.leave()
        await stage.mend()
        await contestant.end()


async def _measure(
    facts: Facts,
    cluster: Cluster,
    profile: Profile,
    fault: str,
    audience: Audience,
    stage: StageHand,
    fault_s: float,
    say: Progress,
) -> Bout:
    """The new writer's rows while the old side is still away; the old one's when all is mended and it has rejoined."""
    ledger, judged = everybody(audience), seen_by_judges(facts, cluster)
    rows = await read_rows(cluster.lab, judged, facts.standby)
    old_rows: list[Row] | None = None
    if fault == CUT:
        await stage.mend()
        await _rejoined(cluster, say)
        try:
            old_rows = await read_rows(cluster.lab, judged, facts.writer)
        except Refused as refusal:
            say(f"the old primary cannot be read: {refusal}")
    fate = settled(ledger, rows, old_rows, fault_s)
    seen = sides(ledger, (*rows, *(old_rows or ())), fault_s) if fault == CUT else None
    return bout(profile.name, profile.told, fault, clocks(ledger, fault_s), fate, seen)


async def _rejoined(cluster: Cluster, say: Progress) -> None:
    old, new = cluster.hosts
    began = time.monotonic()
    while time.monotonic() - began < REJOINS_WITHIN_S:
        if await cluster.roles(new) == {old.name: "streaming", new.name: "leader"}:
            say(f"the old primary follows the new one {time.monotonic() - began:.0f} s after the cut was mended")
            return
        await asyncio.sleep(1.0)
    say(f"the old primary does not follow the new one {REJOINS_WITHIN_S:.0f} s after the cut was mended")


def _clear(folder: Path) -> None:
    """What an earlier bench left there must not end up in this one's figures."""
    folder.mkdir(parents=True, exist_ok=True)
    for path in folder.iterdir():
        if path.is_file():
            path.unlink()
