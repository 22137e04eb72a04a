"""The clock port: never back, and words for humans."""

import re
from collections.abc import Callable
from typing import Any

import pytest

from farshore.adapters.system_clock import SystemClock
from farshore.ports.clock import Clock
from farshore.sim.fake_clock import FakeClock


@pytest.fixture(params=[FakeClock, SystemClock])
def clock(request: pytest.FixtureRequest) -> Clock:
    made: Clock = request.param()
    return made


def test_time_never_goes_back(clock: Clock) -> None:
    seen = [clock.now_s() for _ in range(100)]
    assert seen == sorted(seen)


def test_wall_is_rfc_3339_with_milliseconds(clock: Clock) -> None:
    assert re.fullmatch(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{3}Z", clock.wall())


def test_a_sleep_ends_when_its_time_has_passed(clock: Clock, run: Callable[[Any], Any]) -> None:
    async def nap() -> float:
        import asyncio

        before_s = clock.now_s()
        sleeping = asyncio.create_task(clock.sleep(0.01))
        if isinstance(clock, FakeClock):
            await clock.advance(0.02)
        await sleeping
        return clock.now_s() - before_s

    assert run(nap()) >= 0.01
