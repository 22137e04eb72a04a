"""Killed with SIGKILL before and after every line that each step of a failover writes, the same failover finishes.

One lab and one failover serve for all boundaries of an engine: the controller dies at the first boundary that it has
not died at yet, is started again as a supervisor would, and so on until the plan is finished. That is harsher than
one crash in each of seventy failovers (steps in flight are interrupted again and again) and seventy times cheaper.

MariaDB is killed at every boundary. On PostgreSQL the steps that touch a database are, and of each other step, whose
code is the same on both, one boundary: alternately after it was begun and before its end was written.

A kill before the plan's first line may end in a question (V90: nobody has watched for longer than rpo_budget_s). Then
the test says `approve`, as an operator would, and says so in its output.
"""

import asyncio
import sys
import time
from collections import Counter
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

import pytest
from crashing_watch import KILLED
from drill_lab import NEEDS_LAB, drill_lab

from farshore.drills.command import Progress, answer, program, start
from farshore.drills.entry import read_ledger
from farshore.drills.lab import AUTHORITY, Facts, Lab
from farshore.drills.order_rows import read_rows
from farshore.drills.orders import fate
from farshore.drills.ours import Farshore
from farshore.drills.stopwatch import quiet_since, writers_overlap_s
from farshore.plan.step import StepKind as K

pytestmark = [*NEEDS_LAB, pytest.mark.slow]
CRASHING = Path(__file__).with_name("crashing_watch.py")
CROSSES_WITHIN_S = 90.0  # the slowest step may try for 60
ASKS = "verdict V90"
MOMENTS = ("before", "after")
OF_THE_PLAN = {f"{moment}:{kind}:" for moment in MOMENTS for kind in ("plan_started", "granted", "plan_finished")}
IN_A_DATABASE = (K.FENCE_DATABASE, K.PREPARE_PROMOTION, K.PROMOTE, K.AWAIT_WRITABLE, K.RAISE_EPOCH, K.JUMP_IDS)


def of_a_step(step: str) -> set[str]:
    """Its boundaries; it ends by one of the last two."""
    return {f"{moment}:{kind}:{step}" for moment in MOMENTS for kind in ("step_started", "step_done", "step_skipped")}


def spared_of_one_engine() -> set[str]:
    spared: set[str] = set()
    for number, step in enumerate(kind for kind in K if kind not in IN_A_DATABASE):
        begun, ends = {f"after:step_started:{step}"}, {f"before:step_done:{step}", f"before:step_skipped:{step}"}
        spared |= of_a_step(step) - (ends if number % 2 else begun)
    return spared


@pytest.mark.parametrize(("engine", "spared"), [("mysql", set()), ("pg", spared_of_one_engine())], ids=["mysql", "pg"])
def test_every_boundary(engine: str, spared: set[str], tmp_path: Path) -> None:
    with drill_lab(f"crash-{engine}", engine) as (lab, facts):
        asyncio.run(_crash_everywhere(lab, facts, tmp_path, spared))


async def _crash_everywhere(lab: Lab, facts: Facts, folder: Path, spared: set[str]) -> None:
    farshore = Farshore(lab, facts, folder / "work", Progress(quiet=True))
    ledger_file, done_file = folder / "ledger.jsonl", folder / "boundaries"
    ledger_file.touch()
    done_file.write_text("".join(f"{name}\n" for name in spared))
    approve = lab.inside("lon1", program("farshore"), "approve", "--config", str(folder / "work" / "farshore.yaml"))
    await farshore.prepare()
    shoppers = await start("shoppers", _shoppers(lab, facts, ledger_file), folder / "shoppers.log")
    try:
        await _until_quiet(ledger_file, time.monotonic())
        await farshore.kill_watch()
        await farshore.start_watch(sys.executable, str(CRASHING), str(done_file))
        await farshore.wait_until_ready()
        _, fault_s = await lab.fault("kill", f"region:{facts.writer}")
        approvals = await _until_finished(approve, farshore, done_file)
        took_s = time.monotonic() - fault_s
        await _until_quiet(ledger_file, time.monotonic())
    finally:
        await shoppers.end()
        await farshore.end()
    journal, died = await farshore.journal(), _died(done_file)[len(spared) :]
    print(f"killed {len(died)} times in {took_s:.0f} s, approved {approvals} times")
    assert farshore.watch.log.read_text().count(KILLED) == len(died)
    ends = _one_failover(journal, facts)
    lines = {f"{moment}:{kind}:{step}" for step, kind in ends.items() for moment in MOMENTS}
    lines |= {f"{moment}:step_started:{step}" for step in ends for moment in MOMENTS}
    assert set(died) == (OF_THE_PLAN | lines) - spared
    ledger = read_ledger(ledger_file)
    found = fate(ledger, await read_rows(lab, facts, facts.standby), fault_s)
    assert (found.beyond_replication, found.doubled) == (0, ())
    assert any(entry.acknowledged and entry.epoch == 2 for entry in ledger)
    assert writers_overlap_s(ledger) == 0.0


async def _until_finished(approve: list[str], farshore: Farshore, done_file: Path) -> int:
    """It dies everywhere and is started again each time. How often it had to be approved."""
    crossed, deadline, approvals = -1, 0.0, 0
    while True:
        died = _died(done_file)
        if len(died) != crossed:
            crossed, deadline = len(died), time.monotonic() + CROSSES_WITHIN_S
        words = farshore.watch.last_words()
        assert time.monotonic() < deadline, f"no boundary for {CROSSES_WITHIN_S:.0f} s; {words}"
        assert farshore.watch.alive, words
        assert "is stuck" not in words, words
        if not approvals and ASKS in words and "after:plan_started:" not in died:
            await answer(approve)
            approvals += 1
        if "after:plan_finished:" in died and _finished(await farshore.journal()):
            return approvals
        await asyncio.sleep(0.2)


def _died(done_file: Path) -> list[str]:
    return done_file.read_text().split()


def _finished(journal: Sequence[Any]) -> bool:
    return any(line["kind"] == "plan_finished" for line in journal)


def _one_failover(journal: Sequence[Any], facts: Facts) -> Mapping[str, str]:
    """The same plan to its end: none begun anew, each step ended once, one grant of one epoch. How each step ended."""
    (plan,) = [line["plan"] for line in journal if line["kind"] == "plan_started"]
    kinds = Counter(line["kind"] for line in journal)
    assert kinds["plan_finished"] == 1
    assert kinds["plan_stuck"] == kinds["plan_aborted"] == 0
    grants = {(line["epoch"], line["holder"]) for line in journal if line["kind"] == "granted"}
    assert grants == {(1, facts.writer), (2, facts.standby)}
    ended = [line for line in journal if line["kind"] in ("step_done", "step_skipped") and line["plan"] == plan["id"]]
    steps = [step["kind"] for step in plan["steps"]]
    assert sorted(line["step"] for line in ended) == sorted(steps)
    assert {K.REVOKE, K.AWAIT_PERMIT, K.GRANT, *IN_A_DATABASE} <= set(steps)
    return {line["step"]: line["kind"] for line in ended}


def _shoppers(lab: Lab, facts: Facts, ledger: Path) -> list[str]:
    argv = [sys.executable, "-m", "farshore.drills.shopper_main", "--domain", facts.domain, "--ledger", str(ledger)]
    argv += ["--products", "1,2,3", "--authority", AUTHORITY, "--resolver", str(facts.env["dns_server"])]
    return lab.inside("internet", *argv, "--ca-file", facts.ca_file, "--browse-every-ms", "500", "--buyers", "2")


async def _until_quiet(ledger: Path, since_s: float) -> None:
    deadline = time.monotonic() + 60
    while not quiet_since(read_ledger(ledger), since_s, time.monotonic(), 3.0):
        assert time.monotonic() < deadline, "the shop does not serve quietly"
        await asyncio.sleep(0.3)


def test_the_verbs_that_the_drill_types_exist() -> None:
    """A renamed verb fails here in a second and not there in minutes."""
    for verb in ("watch", "journal", "status"):
        assert asyncio.run(answer([program("farshore"), verb, "--help"]))
