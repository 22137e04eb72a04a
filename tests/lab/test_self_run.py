"""Databases that the operator runs himself: a region dies, its shop moves, it comes back, is rebuilt, and goes home."""

import asyncio
from pathlib import Path

import pytest
from drill_lab import NEEDS_LAB
from self_run_lab import Way, self_run

from farshore.adapters.self_run.hosts import STATE
from farshore.model.failure import Refused

pytestmark = [*NEEDS_LAB, pytest.mark.slow]


@pytest.mark.parametrize("engine", ["pg", pytest.param("mysql", marks=pytest.mark.long)])
def test_a_region_dies_is_rebuilt_and_takes_its_shop_back(engine: str, tmp_path: Path) -> None:
    asyncio.run(_there_and_back(engine, tmp_path / "farshore"))


async def _there_and_back(engine: str, folder: Path) -> None:
    async with self_run(f"sr-{engine}", engine, folder) as way:
        home, away = way.facts.writer, way.facts.standby
        await way.until(lambda: way.buy("first"), "the shop sells at home")
        fault, _ = await way.lab.fault("kill", f"region:{home}")
        await way.until(lambda: _holds(way, away), "the other region is granted the next epoch")
        await way.until(lambda: way.buy("second"), "the shop sells there")
        await way.lab.mend(fault)
        # As after a rewind that was broken off: nothing here would start, so all of it has to be copied.
        await way.until(lambda: _leave_mark(way, home), "the old database's host is up again")
        await _obey(way, "rebuild")
        await way.until(lambda: _has(way, home, {"first", "second"}), "the rebuilt standby has what was bought away")
        assert await _how(way, home) == "copied"
        await _obey(way, "failback")
        assert await way.holder() == home
        await way.until(lambda: way.buy("third"), "the shop sells at home again")
        assert {"first", "second", "third"} <= await way.tokens(home)
        await _obey(way, "rebuild")  # nothing diverged this time
        await way.until(lambda: _has(way, away, {"third"}), "the other region follows again")
        assert await _how(way, away) == ("rewound" if engine == "pg" else "attached")


async def _obey(way: Way, verb: str) -> None:
    """Again for a while: a region that boots is fenced first, and each refusal says what it waits for."""

    async def done() -> bool:
        code, said = await way.ours.obey(verb, "--yes")
        if code != 0:
            print(f"{verb}: {said}")
        return code == 0

    await way.until(done, f"farshore {verb}")


async def _holds(way: Way, region: str) -> bool:
    return await way.holder() == region


async def _has(way: Way, region: str, tokens: set[str]) -> bool:
    return tokens <= await way.tokens(region)


async def _how(way: Way, region: str) -> str:
    """The last word of a rebuild on that region's database host."""
    return (await way.on(way.facts.region(region)["database"]["name"], "cat", f"{STATE}/progress")).strip()


async def _leave_mark(way: Way, region: str) -> bool:
    try:
        await way.on(way.facts.region(region)["database"]["name"], "install", "-D", "/dev/null", f"{STATE}/half")
    except Refused:
        return False
    return True
