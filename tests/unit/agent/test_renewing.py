"""The renewing loop in virtual time: hung relays, dead controllers, refusals, being told otherwise in the middle."""

import asyncio
import json
from collections.abc import Awaitable
from dataclasses import replace
from pathlib import Path
from typing import TypeVar

from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from permit_world import ENDPOINT, PROMISORS, RELAYS, Reply, World, dead, hung, says, terms

from farshore.agent.memory import Memory
from farshore.agent.permit_memory import PermitMemory
from farshore.agent.renewing import Renewing
from farshore.agent.terms import terms_to_json
from farshore.model.permit import Gate
from farshore.model.region import Epoch, Role
from farshore.ports.agent_wire import Json
from farshore.transport.message import Answer

T = TypeVar("T")
YES = says(200, renewals=1)
NO = says(409, epoch=3, holder="nyc3", revoked=False)


def _world(folder: Path, epoch: int = 2, gate: Gate = Gate.TRIGGER) -> World:
    """A writer with terms, and nobody who answers."""
    world = World(folder)
    told = replace(terms(epoch=epoch), gate=gate)
    world.remembers("terms.json", json.dumps(terms_to_json(told)))
    memory, _, _ = world.start()
    memory.keep_epoch(Epoch(2))
    memory.keep_endpoint(ENDPOINT)
    return world


async def _through(world: World, work: Awaitable[T], step_s: float = 0.05) -> T:
    """Lets virtual time pass until the work is done."""
    task = asyncio.ensure_future(work)
    for _ in range(2000):
        await world.clock.fake.settle()
        if task.done():
            return task.result()
        await world.clock.fake.advance(step_s)
    raise AssertionError("It never ended.")


def _round(world: World, agent: str = "here-1") -> tuple[Memory, PermitMemory, Renewing]:
    memory, known, renewing = world.start(agent)
    asyncio.run(_through(world, renewing.round()))
    return memory, known, renewing


def test_a_renewal_writes_row_and_file_from_clocks_read_before_it_was_asked_for(tmp_path: Path) -> None:
    world = _world(tmp_path)

    async def slow(asked: Json) -> Answer:
        await world.clock.sleep(0.25)
        return await YES(asked)

    world.peers.replies[RELAYS[0]] = slow
    began = world.clock.now()
    _round(world)
    permit = world.file.read()
    assert permit is not None
    assert permit.until.boot_ns == began.boot_ns + 15 * 10**9, "what the renewal took is lost, not gained"
    assert (permit.epoch, permit.region, permit.soft_ns) == (2, "sfo3", 10 * 10**9)
    assert world.row.written == [(ENDPOINT, world.row.clock_text, 15.0)]
    peer, path, body = world.peers.asked[0]
    assert (peer.address, path) == (RELAYS[0], "/v1/renew")
    assert body == {"agent": "here-1", "region": "sfo3", "epoch": 2}


def test_a_hung_relay_does_not_eat_the_permit_and_is_asked_last_next_time(tmp_path: Path) -> None:
    world = _world(tmp_path)
    world.peers.replies |= {RELAYS[0]: hung, RELAYS[1]: YES}
    began_s = world.clock.fake.now_s()
    _, _, renewing = world.start()
    asyncio.run(_through(world, renewing.round()))
    assert world.file.read() is not None
    assert world.clock.fake.now_s() - began_s < 1.0
    world.peers.asked.clear()
    asyncio.run(_through(world, renewing.round()))
    assert [peer.address for peer, _, _ in world.peers.asked] == [RELAYS[1]]


def test_a_slow_relay_may_still_answer_while_the_next_one_is_asked(tmp_path: Path) -> None:
    world = _world(tmp_path)

    async def slow(asked: Json) -> Answer:
        await world.clock.sleep(0.8)
        return await YES(asked)

    world.peers.replies |= {RELAYS[0]: slow, RELAYS[1]: hung, RELAYS[2]: hung}
    _round(world)
    assert world.file.read() is not None
    assert "/v1/promise" not in world.peers.paths()


def test_a_409_ends_the_permit_at_once_and_for_good(tmp_path: Path) -> None:
    """Not asked again, not by failsafe, not after a restart; a larger epoch is another matter."""
    world = _world(tmp_path)
    world.peers.replies[RELAYS[0]] = YES
    _round(world)
    assert world.file.read() is not None
    world.peers.replies[RELAYS[0]] = NO
    _, _, renewing = _round(world)
    assert world.file.read() is None
    world.peers.replies = {promisor.address: says(200, promised=True) for promisor in PROMISORS}
    world.peers.asked.clear()
    asyncio.run(_through(world, renewing.round()))
    memory, _, _ = _round(world)
    assert world.peers.asked == []
    memory.keep_epoch(Epoch(3))
    memory.keep_endpoint(replace(ENDPOINT, epoch=Epoch(3)))
    world.peers.replies[RELAYS[0]] = YES
    _round(world)
    permit = world.file.read()
    assert permit is not None
    assert permit.epoch == 3


def test_failsafe_with_all_promisors_and_not_with_one_of_two(tmp_path: Path) -> None:
    world = _world(tmp_path)
    world.peers.replies = {RELAYS[0]: says(503), PROMISORS[0].address: says(200, promised=True)}
    _round(world)
    assert world.file.read() is None
    world.peers.replies[PROMISORS[1].address] = hung
    _round(world)
    assert world.file.read() is None
    world.peers.replies[PROMISORS[1].address] = says(200, promised=True)
    began = world.clock.now()
    _round(world)
    permit = world.file.read()
    assert permit is not None
    assert permit.until.boot_ns == began.boot_ns + 15 * 10**9
    assert world.row.written, "the row is extended as well"
    wishes = [body for _, path, body in world.peers.asked if path == "/v1/promise"]
    assert all(wish["wait_s"] == 18.05 for wish in wishes)


def test_a_revoked_promisor_ends_it(tmp_path: Path) -> None:
    world = _world(tmp_path)
    world.peers.replies = {
        PROMISORS[0].address: says(200, promised=True),
        PROMISORS[1].address: says(409, revoked=True, epoch=2),
    }
    _, known, _ = _round(world)
    assert known.promises.ended == 2
    assert world.file.read() is None


def test_no_failsafe_under_terms_of_another_epoch_or_when_listed_oneself(tmp_path: Path) -> None:
    world = _world(tmp_path / "a", epoch=1)
    world.peers.replies = {promisor.address: says(200, promised=True) for promisor in PROMISORS}
    _round(world)
    assert "/v1/promise" not in world.peers.paths()
    world = _world(tmp_path / "b")
    world.peers.replies = {promisor.address: says(200, promised=True) for promisor in PROMISORS}
    _round(world, agent="far-1")
    assert "/v1/promise" not in world.peers.paths()


def test_a_database_that_hangs_costs_its_limit_and_no_permit_file(tmp_path: Path) -> None:
    world = _world(tmp_path)
    world.peers.replies[RELAYS[0]] = YES
    world.row.hang = world.clock
    began_s = world.clock.fake.now_s()
    _, _, renewing = _round(world)
    assert world.file.read() is not None
    assert world.clock.fake.now_s() - began_s < 1.0
    assert world.row.written == []
    assert renewing.troubles() == ["The database does not answer."]


def test_told_to_be_standby_while_a_renewal_is_on_its_way(tmp_path: Path) -> None:
    """The yes that arrives afterwards was true when it was said, and must not open a fenced shop."""
    world = _world(tmp_path)
    memory, _, renewing = world.start()

    async def told_meanwhile(asked: Json) -> Answer:
        renewing.close_file()
        memory.keep_epoch(Epoch(3))
        memory.keep_endpoint(replace(ENDPOINT, epoch=Epoch(3), role=Role.STANDBY))
        return await YES(asked)

    world.peers.replies[RELAYS[0]] = told_meanwhile
    asyncio.run(_through(world, renewing.round()))
    assert world.file.read() is None
    assert world.row.written == []


def test_told_of_a_larger_epoch_while_the_row_is_written(tmp_path: Path) -> None:
    world = _world(tmp_path)
    _, known, renewing = world.start()
    world.peers.replies[RELAYS[0]] = YES
    world.row.meanwhile = lambda: known.hear(Epoch(3))
    asyncio.run(_through(world, renewing.round()))
    assert world.row.written
    assert world.file.read() is None


def test_the_kernels_gate_is_opened_for_what_is_left_and_without_it_there_is_no_permit(tmp_path: Path) -> None:
    world = _world(tmp_path, gate=Gate.KERNEL)

    async def slow(asked: Json) -> Answer:
        await world.clock.sleep(0.25)
        return await YES(asked)

    world.peers.replies[RELAYS[0]] = slow
    memory, _, renewing = _round(world)
    assert world.gate.state == "open"
    assert 14.7 <= world.gate.left_s <= 14.75
    assert world.row.written == [], "where the kernel is the gate, nothing reads a row"
    memory.keep_endpoint(replace(ENDPOINT, epoch=Epoch(2), role=Role.STANDBY))
    asyncio.run(_through(world, renewing.round()))
    assert world.gate.state == "closed"
    broken = _world(tmp_path / "b", gate=Gate.KERNEL)
    broken.gate.broken = True
    broken.peers.replies[RELAYS[0]] = YES
    _, _, renewing = _round(broken)
    assert broken.file.read() is None
    assert renewing.troubles() == ["nft is missing."]


def test_without_an_endpoint_or_without_terms_nobody_is_asked(tmp_path: Path) -> None:
    """As after a reboot: /run is empty. The permit that another life left is taken away."""
    world = _world(tmp_path)
    world.peers.replies[RELAYS[0]] = YES
    _round(world)
    (tmp_path / "run/endpoint.json").unlink()
    world.peers.asked.clear()
    _round(world)
    assert world.peers.asked == []
    assert world.file.read() is None
    untold = World(tmp_path / "b")
    untold.start()[0].keep_endpoint(ENDPOINT)
    _round(untold)
    assert untold.peers.asked == []


def test_a_listed_agent_without_memory_reads_the_store_of_record_once(tmp_path: Path) -> None:
    world = World(tmp_path)
    world.remembers("terms.json", json.dumps(terms_to_json(terms())))
    _, known, _ = _round(world, agent="here-1")
    assert world.peers.asked == [], "who is no promisor need not know"
    _, known, _ = _round(world, agent="far-1")
    assert known.unread(), "nobody answered"
    world.peers.replies[RELAYS[0]] = says(200, renewals=9)
    _, known, _ = _round(world, agent="far-1")
    assert known.unread(), "a yes says nothing of a revoke"
    world.peers.replies[RELAYS[0]] = says(409, epoch=2, holder="sfo3", revoked=True)
    _, known, _ = _round(world, agent="far-1")
    assert world.peers.asked[-1][2] == {"agent": "far-1", "region": "nyc3", "epoch": 2}
    assert (known.unread(), known.promises.revoked) == (False, 2)
    world.peers.asked.clear()
    _, known, _ = _round(world, agent="far-1")
    assert (world.peers.asked, known.promises.revoked) == ([], 2)


def test_the_loop_renews_each_renew_s_and_at_once_when_woken(tmp_path: Path) -> None:
    world = _world(tmp_path)
    world.peers.replies[RELAYS[0]] = YES

    async def work() -> None:
        _, _, renewing = world.start()
        renewing.start()
        await world.clock.fake.advance(9.9)
        assert len(world.peers.asked) == 5
        renewing.wake()
        await world.clock.fake.settle()
        assert len(world.peers.asked) == 6
        await renewing.stop()

    asyncio.run(work())
    assert world.file.read() is not None, "a restart of the agent does not close the shop"


REPLIES = st.sampled_from(["yes", "no", "503", "500", "dead", "hung"])


def _reply(name: str) -> Reply:
    return {"yes": YES, "no": NO, "503": says(503), "500": says(500), "dead": dead, "hung": hung}[name]


@settings(max_examples=60, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(rounds=st.lists(st.tuples(REPLIES, REPLIES, REPLIES, st.booleans(), st.booleans()), min_size=1, max_size=6))
def test_whatever_is_answered_no_permit_is_longer_than_a_yes_allows(
    tmp_path_factory: object, rounds: list[tuple[str, str, str, bool, bool]]
) -> None:
    """Each permit ends D after a moment before some yes (or all promises), and after a no there is none."""
    folder: Path = tmp_path_factory.mktemp("world")  # type: ignore[attr-defined]
    world = _world(folder)
    ended, newest_ns = False, 0
    for first, second, third, one, other in rounds:
        promised = {True: says(200, promised=True), False: says(409, revoked=False, epoch=2)}
        world.peers.replies = dict(zip(RELAYS, map(_reply, (first, second, third)), strict=True))
        world.peers.replies |= {PROMISORS[0].address: promised[one], PROMISORS[1].address: promised[other]}
        began_ns = world.clock.now().boot_ns
        _, known, _ = _round(world)
        said = {first, second, third}
        permit = world.file.read()
        ended = ended or known.promises.ended == 2
        assert not ended or permit is None
        assert not (ended and "no" not in said and permit)
        if permit is not None and permit.until.boot_ns > newest_ns:
            assert permit.until.boot_ns <= world.clock.now().boot_ns + 15 * 10**9
            assert permit.until.boot_ns >= began_ns, "of this round"
            assert "yes" in said or (one and other)
            newest_ns = permit.until.boot_ns
