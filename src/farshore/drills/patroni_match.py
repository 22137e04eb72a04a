"""Farshore against Patroni, all bouts of one bench: the same shop, the same shoppers, the same two faults."""

import asyncio
from collections.abc import Sequence
from dataclasses import replace

from farshore.drills.command import Progress
from farshore.drills.drill import Scenario, as_bench
from farshore.drills.lab import Lab
from farshore.drills.ours import Farshore
from farshore.drills.patroni_attempt import Mark, attempt
from farshore.drills.patroni_bout import run_bouts
from farshore.drills.patroni_cluster import Bundle
from farshore.drills.patroni_play import SCENE_OF, Party, play
from farshore.drills.patroni_settings import PROFILES, Profile
from farshore.drills.patroni_versus import CRASH, CUT, FAULTS, OURS, Bout, Versus, bout
from farshore.drills.result import Result

GIVE_UP_S = 120.0
FENCED_AFTER_S = 10.0  # the controller fences the old side as soon as it is back; its rows do not change any more
TOLD = "farshore, profile fast"


def order_of_bouts(times: int) -> list[tuple[Profile, str]]:
    """Profiles take turns, so that a machine that grows busier is unkind to both. Cuts leave less to be repaired."""
    return [(profile, fault) for _ in range(times) for fault in (CUT, CRASH) for profile in PROFILES]


async def run_match(base: Scenario, crash: Result | None, bundle: Bundle, times: int, say: Progress) -> Versus:
    """`crash`: farshore's drill of a killed region that was run already, of the same shop; it counts as the first."""
    bouts = [] if crash is None else [ours(CRASH, crash)]
    problems: list[str] = []
    for fault, number in [(fault, number) for number in range(1, times + 1) for fault in FAULTS]:
        if fault == CRASH and crash is not None and number == 1:
            continue
        say(f"farshore: {fault}, bout {number} of {times}")
        scenario = replace(as_bench(base, f"{fault}-{number}", permit=True), give_up_s=GIVE_UP_S)

        async def once(mark: Mark, fault: str = fault, scenario: Scenario = scenario) -> Bout:
            return await _ours_in_a_lab(scenario, fault, mark, say)

        one = await attempt(f"farshore, {fault}, bout {number}", once, problems, say)
        bouts += [one] if one is not None else []
    scenario = replace(as_bench(base, "patroni", permit=False), give_up_s=GIVE_UP_S)
    found, more = await run_bouts(scenario, bundle, order_of_bouts(times), say)
    return Versus((*bouts, *found), GIVE_UP_S, (*problems, *more))


async def _ours_in_a_lab(scenario: Scenario, fault: str, mark: Mark, say: Progress) -> Bout:
    lab = Lab(scenario.lab)
    try:
        facts = await lab.up(scenario.trade.build("pg", True), scenario.promote_delay_s, scenario.time_scale, say)
        party = Party(
            who=OURS,
            told=TOLD,
            contestant=Farshore(lab, facts, scenario.out / "work", say),
            judged=lambda: facts,
            rejoined=lambda: asyncio.sleep(FENCED_AFTER_S),
            fenced=True,
        )
        scene = replace(SCENE_OF[fault], give_up_s=GIVE_UP_S)
        return await play(lab, facts, party, fault, scene, scenario.out, scenario.load, mark, say)
    finally:
        if not scenario.keep:
            say("taking the lab down")
            await lab.down()


def ours(fault: str, result: Result) -> Bout:
    return bout(OURS, TOLD, fault, result.clocks, result.fate, result.sides)


def whole(bouts: Sequence[Bout]) -> bool:
    """What `farshore bench` asks of farshore itself: it came back each time, and never with two writers."""
    own = [one for one in bouts if one.who == OURS]
    return bool(own) and all(one.buy_s is not None and one.overlap_s <= 0 and not one.late for one in own)
