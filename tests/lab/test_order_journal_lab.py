"""The order journal in two regions, deployed and watched as an operator does: kept over there, exposed, failed over.

What the shop's plugin does is done here by hand, on an app server, as the web server's user.
"""

import asyncio
import json
import re
import statistics
import subprocess
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
from drill_lab import NEEDS_LAB, drill_lab

from farshore.drills.command import Progress, answer
from farshore.drills.lab import Facts, Lab
from farshore.drills.ours import Farshore
from tidepool.lab.cgroups import Group

pytestmark = NEEDS_LAB
PATIENCE_S = 90.0
SHOP = """
import json, socket, sys, time
first, count = int(sys.argv[1]), int(sys.argv[2])
line = socket.socket(socket.AF_UNIX)
line.connect("/run/farshore/journal.sock")
file = line.makefile("rw")
for number in range(first, first + count):
    entry = {"v": 1, "store": "shop", "epoch": 1, "kind": "ack", "order_key": f"wc_order_{number}", "order_id": number,
             "order_total": "12.90", "currency": "USD", "at_ms": int(time.time() * 1000), "sealed": "A" * 4000}
    began = time.monotonic()
    file.write(json.dumps(entry) + "\\n")
    file.flush()
    print(json.dumps({**json.loads(file.readline()), "took_ms": (time.monotonic() - began) * 1000}))
"""

ROUND_TRIP = """
import socket, statistics, sys, time
found = []
for _ in range(20):
    began = time.monotonic()
    socket.create_connection((sys.argv[1], 9470)).close()
    found.append((time.monotonic() - began) * 1000)
print(statistics.median(found))
"""


class Journalling(Farshore):
    """With `journal: {policy: open}` of its store, from the first deployment on."""

    async def prepare(self) -> None:
        self._folder.mkdir(parents=True, exist_ok=True)
        self._write_token()
        await answer(self._init())
        text = self._yaml.read_text()
        self._yaml.write_text(text.replace("    # journal: {policy: open}", "    journal: {policy: open}"))
        assert "    journal:" in self._yaml.read_text()
        await answer(self._verb("agents", "deploy"))
        await self._check()
        await self.start_watch()
        await self.wait_until_ready()

    async def status(self) -> dict[str, Any]:
        return dict(json.loads(await answer(self._verb("status", "--json"))))


def _inside(facts: Facts, host: str, *command: str) -> str:
    """In the droplet's own namespaces, as an operator's ssh would run it."""
    cell = json.loads((Path(facts.env["lab_dir"]) / "cells" / host / "cell.json").read_text())
    for pid in Group(cell["group"]).pids():
        if re.search(r"^NSpid:.*\t1$", Path(f"/proc/{pid}/status").read_text(), re.MULTILINE):
            enter = ["nsenter", "-t", str(pid), "-m", "-u", "-i", "-n", "-p", "-C"]
            return subprocess.run([*enter, *command], capture_output=True, text=True, check=True).stdout
    raise AssertionError(f"{host} is down")


def _orders(facts: Facts, host: str, first: int, count: int) -> list[dict[str, Any]]:
    www = ["setpriv", "--reuid=www-data", "--regid=www-data", "--clear-groups"]
    out = _inside(facts, host, *www, "python3", "-I", "-c", SHOP, str(first), str(count))
    return [json.loads(line) for line in out.splitlines()]


def _round_trip_ms(facts: Facts, host: str) -> float:
    """Of a bare TCP handshake with an app server over there."""
    (far, *_) = facts.region(facts.standby)["droplets"]
    return float(_inside(facts, host, "python3", "-I", "-c", ROUND_TRIP, str(far["public"])))


async def _until(holds: Callable[[], Any], what: str) -> None:
    deadline = time.monotonic() + PATIENCE_S
    while not await holds():
        assert time.monotonic() < deadline, f"It never came: {what}."
        await asyncio.sleep(0.3)


@pytest.fixture(scope="module")
def lab() -> Iterator[tuple[Lab, Facts]]:
    with drill_lab("oj", "mysql") as found:
        yield found


def test_an_order_is_over_there_before_the_customer_is_thanked(lab: tuple[Lab, Facts], tmp_path: Path) -> None:
    asyncio.run(_story(*lab, tmp_path))


async def _story(lab: Lab, facts: Facts, folder: Path) -> None:
    farshore = Journalling(lab, facts, folder / "work", Progress(quiet=True))
    here, there = (
        [str(droplet["name"]) for droplet in facts.region(region)["droplets"]]
        for region in (facts.writer, facts.standby)
    )
    try:
        await farshore.prepare()

        async def journalled() -> bool:
            return _orders(facts, here[0], 1, 1)[0]["kept"] == "journal"

        await _until(journalled, "a peer is up")
        answers = _orders(facts, here[0], 1000, 20)
        assert [one["kept"] for one in answers] == ["journal"] * 20, answers
        assert set(answers[-1]["by"]) <= set(there)
        took_ms = statistics.median(one["took_ms"] for one in answers)
        print(f"an entry took {took_ms:.1f} ms at the median, a round trip {_round_trip_ms(facts, here[0]):.1f} ms")
        await _cut_off_and_back(lab, facts, farshore, here)
        await _fail_over(lab, facts, farshore, there)
    finally:
        await farshore.end()


async def _cut_off_and_back(lab: Lab, facts: Facts, farshore: Journalling, here: list[str]) -> None:
    """The line between the regions is down: orders are exposed, told, and delivered when it is back."""
    cut, _ = await lab.fault("partition", f"region:{facts.writer}", "link=public", "flush=true")

    async def exposed() -> bool:
        return _orders(facts, here[0], 2000, 1)[0]["kept"] == "spool"

    await _until(exposed, "an order is exposed")

    async def told(count: int) -> bool:
        (store,) = (await farshore.status())["journal"]
        return bool(store["exposed"] >= count) if count else store["exposed"] == 0

    await _until(lambda: told(1), "status tells of it")
    await lab.mend(cut)
    await _until(lambda: told(0), "it is delivered")


async def _fail_over(lab: Lab, facts: Facts, farshore: Journalling, there: list[str]) -> None:
    await farshore.wait_until_ready()
    await lab.fault("kill", f"region:{facts.writer}")

    async def over() -> bool:
        return any(line["kind"] == "plan_finished" for line in await farshore.journal())

    await _until(over, "the failover is over")
    journal = await farshore.journal()
    (jumped,) = [line for line in journal if line["kind"] == "step_done" and line["step"] == "jump_ids"]
    assert "past shop's journalled order 2000" in jumped["detail"]
    for host in there:
        assert json.loads(_inside(facts, host, "cat", "/run/farshore/unreconciled")) == {"epoch": 2, "stores": ["shop"]}
        held = _inside(facts, host, "sh", "-c", "cat /var/lib/farshore/agent/journal/shop/*.jsonl")
        keys = {json.loads(line)["order_key"] for line in held.splitlines()}
        print(f"{host} holds {len(keys)} orders")
    found = {
        json.loads(line)["order_key"]
        for host in there
        for line in _inside(facts, host, "sh", "-c", "cat /var/lib/farshore/agent/journal/shop/*.jsonl").splitlines()
    }
    assert found >= {"wc_order_1", "wc_order_2000", *(f"wc_order_{number}" for number in range(1000, 1020))}
