"""The bouts of `farshore bench` with Patroni: one lab, and for each profile and fault a cluster founded anew."""

import asyncio
import time
from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path

from farshore.drills.command import Progress
from farshore.drills.drill import Scenario
from farshore.drills.lab import Facts, Lab
from farshore.drills.patroni_attempt import Mark, attempt
from farshore.drills.patroni_cluster import Bundle, Cluster, seen_by_judges
from farshore.drills.patroni_contestant import Patroni
from farshore.drills.patroni_play import SCENE_OF, Party, clear, play
from farshore.drills.patroni_settings import Profile
from farshore.drills.patroni_versus import Bout
from farshore.drills.scenes import Scene

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
            facts = await lab.up(scenario.trade.build("pg", False), scenario.promote_delay_s, scenario.time_scale, say)
        else:
            facts = await lab.found()
        found: list[Bout] = []
        problems: list[str] = []
        clear(scenario.out / "cluster")
        for number, (profile, fault) in enumerate(order, start=1):
            say(f"{profile.told}: {fault}, bout {number} of {len(order)}")
            out = scenario.out / f"{number:02d}-{profile.name}-{fault}"
            scene = replace(SCENE_OF[fault], give_up_s=scenario.give_up_s or SCENE_OF[fault].give_up_s)

            async def once(
                mark: Mark, profile: Profile = profile, fault: str = fault, scene: Scene = scene, out: Path = out
            ) -> Bout:
                cluster = Cluster(lab, facts, bundle, scenario.out / "cluster", say)
                party = _party(lab, facts, cluster, profile, out, say)
                return await play(lab, facts, party, fault, scene, out, scenario.load, mark, say)

            one = await attempt(f"{profile.told}, {fault}, bout {number}", once, problems, say)
            found += [one] if one is not None else []
        return found, problems
    finally:
        if began_here and not scenario.keep:
            say("taking the lab down")
            await lab.down()


def _party(lab: Lab, facts: Facts, cluster: Cluster, profile: Profile, out: Path, say: Progress) -> Party:
    return Party(
        who=profile.name,
        told=profile.told,
        contestant=Patroni(lab, facts, cluster, profile, out / "work", say),
        judged=lambda: seen_by_judges(facts, cluster),
        rejoined=lambda: _rejoined(cluster, say),
        fenced=False,
    )


async def _rejoined(cluster: Cluster, say: Progress) -> None:
    old, new = cluster.hosts
    began = time.monotonic()
    while time.monotonic() - began < REJOINS_WITHIN_S:
        if await cluster.roles(new) == {old.name: "streaming", new.name: "leader"}:
            say("the old primary follows the new one")
            return
        await asyncio.sleep(1.0)
    say(f"the old primary does not follow the new one after {REJOINS_WITHIN_S:.0f} s")
