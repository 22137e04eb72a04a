"""Checkout closed for a planned move: nothing is admitted, nothing is renewed, and it ends by itself."""

import asyncio
import fcntl
import json
from pathlib import Path

from permit_world import ENDPOINT, RELAYS, World, says, terms

from farshore.agent.terms import terms_to_json


def _open_shop(folder: Path) -> World:
    """A writer whose permit was just renewed."""
    world = World(folder)
    world.remembers("terms.json", json.dumps(terms_to_json(terms())))
    memory, _, renewing = world.start()
    memory.keep_epoch(ENDPOINT.epoch)
    memory.keep_endpoint(ENDPOINT)
    world.peers.replies[RELAYS[0]] = says(200, renewals=1)
    asyncio.run(renewing.round())
    assert world.file.read() is not None
    return world


def test_no_checkout_is_admitted_and_those_that_run_may_end(tmp_path: Path) -> None:
    world = _open_shop(tmp_path)
    before = world.file.read()
    world.closing.close(30.0)
    permit = world.file.read()
    assert before is not None
    assert permit is not None
    assert permit.until == before.until, "whoever is in a checkout still writes under it"
    left_ns = permit.until.boot_ns - world.clock.now().boot_ns
    assert permit.soft_ns > left_ns > 0
    note = json.loads((tmp_path / "run/closed.json").read_text())
    assert note["why"]
    assert note["reopens_at"].endswith("Z")


def test_it_is_not_renewed_until_the_permit_is_over_and_then_the_shop_opens_by_itself(tmp_path: Path) -> None:
    """A controller that died in the middle of a move closes nothing for good; an agent's restart changes nothing."""
    world = _open_shop(tmp_path)
    world.closing.close(30.0)
    world.peers.asked.clear()
    world.clock.fake.skip(14.0)
    _, _, renewing = world.start()
    assert 0 < asyncio.run(renewing.round()) <= 1.0
    assert world.peers.asked == []
    world.clock.fake.skip(1.1)
    asyncio.run(renewing.round())
    permit = world.file.read()
    assert permit is not None
    assert permit.soft_ns == 10 * 10**9
    assert not (tmp_path / "run/closed.json").exists()


def test_a_renewal_on_its_way_does_not_open_it(tmp_path: Path) -> None:
    world = _open_shop(tmp_path)
    _, _, renewing = world.start()
    world.row.meanwhile = lambda: renewing._parts.closing.close(30.0)
    asyncio.run(renewing.round())
    permit = world.file.read()
    assert permit is not None
    assert permit.soft_ns > 15 * 10**9


def test_drained_when_the_last_checkout_has_ended(tmp_path: Path) -> None:
    world = _open_shop(tmp_path)
    lock = tmp_path / "run/checkouts.lock"
    lock.touch()

    async def work() -> None:
        with lock.open() as checkout:
            fcntl.flock(checkout, fcntl.LOCK_SH)
            waiting = asyncio.create_task(world.closing.drained(5.0))
            await world.clock.fake.advance(1.0)
            assert not waiting.done()
        await world.clock.fake.advance(0.1)
        assert await waiting
        with lock.open() as checkout:
            fcntl.flock(checkout, fcntl.LOCK_SH)
            waiting = asyncio.create_task(world.closing.drained(5.0))
            await world.clock.fake.advance(5.1)
            assert not await waiting

    asyncio.run(work())
