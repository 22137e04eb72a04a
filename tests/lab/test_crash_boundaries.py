"""Killed with SIGKILL before and after every line that each step of a failover writes, the same failover finishes.

One lab and one failover serve for all boundaries of an engine: the controller dies at the first boundary that it has
not died at yet, is started again as a supervisor would, and so on until the plan is finished. That is harsher than
one crash in each of fifty failovers (steps in flight are interrupted again and again) and fifty times cheaper.
"""

import asyncio
import sys
import time
from collections import Counter
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import pytest
from drill_lab import NEEDS_LAB, drill_lab

from farshore.drills.command import Progress, answer, program, start
from farshore.drills.entry import read_ledger
from farshore.drills.lab import AUTHORITY, Facts, Lab
from farshore.drills.order_rows import read_rows
from farshore.drills.orders import fate
from farshore.drills.ours import Farshore
from farshore.drills.stopwatch import quiet_since, writers_overlap_s
from farshore.plan.step import StepKind

pytestmark = [*NEEDS_LAB, pytest.mark.slow]
CRASHING = Path(__file__).with_name("crashing_watch.py")
FINISHED_WITHIN_S = 420.0
ROUNDS_MAX = 120
KILLED = -9


@pytest.mark.parametrize("engine", ["mysql", "pg"])
def test_every_boundary(engine: str, tmp_path: Path) -> None:
    with drill_lab(f"crash-{engine}", engine) as (lab, facts):
        asyncio.run(_crash_everywhere(lab, facts, tmp_path))


async def _crash_everywhere(lab: Lab, facts: Facts, folder: Path) -> None:
    farshore = Farshore(lab, facts, folder / "work", Progress(quiet=True))
    ledger_file, done_file = folder / "ledger.jsonl", folder / "boundaries"
    ledger_file.touch()
    await farshore.prepare()
    shoppers = await start("shoppers", _shoppers(lab, facts, ledger_file), folder / "shoppers.log")
    try:
        await _until_quiet(ledger_file, time.monotonic())
        await farshore.kill_watch()
        await farshore.start_watch(sys.executable, str(CRASHING), str(done_file))
        await farshore.wait_until_ready()
        _, fault_s = await lab.fault("kill", f"region:{facts.writer}")
        crashes = await _until_finished(farshore, done_file)
        await _until_quiet(ledger_file, time.monotonic())
    finally:
        await shoppers.end()
        await farshore.end()
    journal = await farshore.journal()
    assert crashes == len(set(done_file.read_text().split())) > 2 * len(StepKind)
    _one_failover(journal, facts)
    _every_step_crossed(journal, done_file.read_text().split())
    ledger = read_ledger(ledger_file)
    found = fate(ledger, await read_rows(lab, facts, facts.standby), fault_s)
    assert (found.beyond_replication, found.doubled) == (0, ())
    assert any(entry.acknowledged and entry.epoch == 2 for entry in ledger)
    assert writers_overlap_s(ledger) == 0.0


async def _until_finished(farshore: Farshore, done_file: Path) -> int:
    """Starts the controller again and again until it has died everywhere; how often it was killed."""
    deadline = time.monotonic() + FINISHED_WITHIN_S
    for crashes in range(ROUNDS_MAX):
        while farshore.watch.alive:
            words = farshore.watch.last_words()
            assert time.monotonic() < deadline, f"not finished; {words}"
            assert "is stuck" not in words, words
            if _crossed_the_end(done_file) and _finished(await farshore.journal()):
                await asyncio.sleep(1.0)  # a boundary is written down just before the kill: is this one dying yet?
                if farshore.watch.alive:
                    return crashes
            await asyncio.sleep(0.2)
        assert farshore.watch.process.returncode == KILLED, farshore.watch.last_words()
        await farshore.start_watch(sys.executable, str(CRASHING), str(done_file))
    raise AssertionError(f"killed {ROUNDS_MAX} times and still not finished")


def _finished(journal: Sequence[Any]) -> bool:
    return any(line["kind"] == "plan_finished" for line in journal)


def _crossed_the_end(done_file: Path) -> bool:
    return done_file.exists() and "after:plan_finished:" in done_file.read_text()


def _one_failover(journal: Sequence[Any], facts: Facts) -> None:
    """The same plan to its end: none begun anew, no second promotion done, one grant of one epoch."""
    plans = [line["plan"]["id"] for line in journal if line["kind"] == "plan_started"]
    assert len(plans) == 1
    kinds = Counter(line["kind"] for line in journal)
    assert kinds["plan_finished"] == 1
    assert kinds["plan_stuck"] == kinds["plan_aborted"] == 0
    grants = {(line["epoch"], line["holder"]) for line in journal if line["kind"] == "granted"}
    assert grants == {(1, facts.writer), (2, facts.standby)}
    ended = Counter(
        line["step"] for line in journal if line["kind"] in ("step_done", "step_skipped") and line["plan"] == plans[0]
    )
    assert set(ended) == {
        step["kind"] for line in journal if line["kind"] == "plan_started" for step in line["plan"]["steps"]
    }
    assert {step: count for step, count in ended.items() if count > 1} == {}


def _every_step_crossed(journal: Sequence[Any], crossed: Sequence[str]) -> None:
    """Each step of the plan was killed before and after its first line, and before and after its last."""
    plan = next(line["plan"] for line in journal if line["kind"] == "plan_started")
    steps = [step["kind"] for step in plan["steps"]]
    assert len(steps) >= 10
    for step in steps:
        last = {name for name in crossed if name.endswith(f":{step}")}
        assert {f"before:step_started:{step}", f"after:step_started:{step}"} <= last, step
        assert len(last) >= 4, step


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
