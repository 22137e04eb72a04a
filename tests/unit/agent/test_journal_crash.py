"""kill -9 of the receiving agent at random moments under load: what was answered "journal" is on its disk."""

import asyncio
import random
from collections.abc import Iterator
from pathlib import Path

import pytest
from journal_world import Process, Shop, World, entry, short_folder, until, world

from farshore.agent.journal_file import lines

SEED = 20261123
KILLS = 6
SHOPS = 8


@pytest.fixture
def folder() -> Iterator[Path]:
    with short_folder() as made:
        yield made


async def _buy(shop: Shop, numbers: Iterator[int], stop: asyncio.Event, told: dict[int, str]) -> None:
    while not stop.is_set():
        number = next(numbers)
        told[number] = (await shop.hand_over(entry(number)))["kept"]
        if told[number] != "journal":  # customers do not come faster because a machine over there is dead
            await asyncio.sleep(0.1)


async def _kill_again_and_again(made: World, receiver: Process, told: dict[int, str]) -> int:
    """Each time after a random number of entries more, so that a write is under way; returns how many survived."""
    rng, checked = random.Random(SEED), 0
    for _ in range(KILLS):
        await made.warm()
        begun = len(told)
        more = rng.randint(5, 120)

        async def enough(begun: int = begun, more: int = more) -> bool:
            return len(told) >= begun + more

        await until(enough, "entries come in")
        receiver.kill()
        checked = _all_there(receiver, told)
        await receiver.start()
    return checked


def _all_there(receiver: Process, told: dict[int, str]) -> int:
    promised = {number for number, kept in told.items() if kept == "journal"}
    files = sorted((receiver.state / "journal" / "shop").glob("*.jsonl"))
    found = [line.entry.order_id - 100 for file in files for line in lines(file) if line.entry is not None]
    assert promised <= set(found), f"seed {SEED}: lost {sorted(promised - set(found))[:5]}"
    assert len(found) == len(set(found)), "an entry is there once"
    return len(promised)


def test_every_entry_that_was_answered_journal_survives_kill_9(folder: Path) -> None:
    """One receiver only, so nobody else can have it. Afterwards everything else is delivered too: none is lost."""

    async def work() -> None:
        receiver = Process(folder, "web-sfo3-1", "sfo3")
        async with world(folder, receiver) as made:
            told: dict[int, str] = {}
            stop, numbers = asyncio.Event(), iter(range(10**9))
            shops = [Shop(made.writer.socket) for _ in range(SHOPS)]
            buying = [asyncio.create_task(_buy(shop, numbers, stop, told)) for shop in shops]
            checked = await _kill_again_and_again(made, receiver, told)
            stop.set()
            await asyncio.gather(*buying)
            for shop in shops:
                shop.close()
            assert checked > 10, "the load was no load"
            assert "no" not in told.values()

            async def delivered() -> bool:
                return (await made.writer.app.view()).journal["shop"].exposed == 0

            await until(delivered, "the spool is empty")
            receiver.kill()
            assert _all_there(receiver, dict.fromkeys(told, "journal")) == len(told)

    asyncio.run(work())
