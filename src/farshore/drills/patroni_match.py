"""Farshore against Patroni, all bouts of one bench: the same shop, the same shoppers, the same two faults."""

from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path

from farshore.drills.command import Progress
from farshore.drills.contestant import Contestant
from farshore.drills.drill import Scenario, as_bench, run_drill
from farshore.drills.lab import Facts, Lab
from farshore.drills.ours import Farshore
from farshore.drills.patroni_attempt import Mark, attempt
from farshore.drills.patroni_bout import SCENE_OF, run_bouts
from farshore.drills.patroni_cluster import Bundle
from farshore.drills.patroni_settings import PROFILES, Profile
from farshore.drills.patroni_versus import CRASH, CUT, FAULTS, OURS, Bout, Versus, bout
from farshore.drills.result import Result

GIVE_UP_S = 120.0


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
        scenario = as_bench(base, f"{fault}-{number}", permit=True)
        played = replace(scenario, scene=SCENE_OF[fault], name=f"bench-{fault}", give_up_s=GIVE_UP_S)

        async def play(mark: Mark, fault: str = fault, played: Scenario = played) -> Bout:
            def contestant(lab: Lab, facts: Facts, folder: Path, tell: Progress) -> Contestant:
                return _Marking(lab, facts, folder, tell, mark)

            return ours(fault, (await run_drill(played, contestant, say))[0])

        one = await attempt(f"farshore, {fault}, bout {number}", play, problems, say)
        bouts += [one] if one is not None else []
    scenario = replace(as_bench(base, "patroni", permit=False), give_up_s=GIVE_UP_S)
    found, more = await run_bouts(scenario, bundle, order_of_bouts(times), say)
    return Versus((*bouts, *found), GIVE_UP_S, (*problems, *more))


class _Marking(Farshore):
    def __init__(self, lab: Lab, facts: Facts, folder: Path, say: Progress, mark: Mark) -> None:
        super().__init__(lab, facts, folder, say)
        self._mark = mark

    async def ready_for_fault(self) -> None:
        await super().ready_for_fault()
        self._mark.faulted = True


def ours(fault: str, result: Result) -> Bout:
    return bout(OURS, "farshore, profile fast", fault, result.clocks, result.fate, result.sides)


def whole(bouts: Sequence[Bout]) -> bool:
    """What `farshore bench` asks of farshore itself: it came back each time, and never with two writers."""
    own = [one for one in bouts if one.who == OURS]
    return bool(own) and all(one.buy_s is not None and one.overlap_s <= 0 and not one.late for one in own)
