"""The permit: renewed by its holder only, revoked once, and nobody sells before its last second is over."""

import asyncio
import contextlib
from dataclasses import replace

import pytest
from small_world import NYC, SFO, SmallWorld, group

from farshore.engine import permits
from farshore.engine.permits import NotYours, Renewals
from farshore.model.failure import Failure, Refused, Unreachable
from farshore.model.grant import Grant
from farshore.model.keys import grant_key
from farshore.model.permit import PROFILES, Gate, Permit, PermitTerms
from farshore.model.region import Epoch
from farshore.plan.journal import Event, Granted, StepDone, StepStarted, from_json
from farshore.plan.step import StepKind
from farshore.sim.fake_app import FakeApp
from farshore.sim.fake_clock import FakeClock
from farshore.sim.fake_coordination import FakeCoordination

FAST = replace(PROFILES["fast"], gate=Gate.TRIGGER)
KEY = grant_key("shop")


async def a_store(permit: Permit | None = None) -> FakeCoordination:
    store = FakeCoordination(FakeClock())
    await store.swap(None, await store.read(KEY), (permit or Permit(Epoch(1), NYC)).to_json())
    return store


async def now(store: FakeCoordination) -> Permit:
    return Permit.from_json((await store.read(KEY)).value)


def test_a_grant_record_of_a_version_without_permits_reads_as_never_revoked_nor_renewed() -> None:
    assert Permit.from_json(Grant(Epoch(3), SFO).to_json()) == Permit(Epoch(3), SFO, False, 0)
    assert Grant.from_json(Permit(Epoch(3), SFO, True, 9).to_json()) == Grant(Epoch(3), SFO)


@pytest.mark.parametrize("profile", PROFILES)
def test_the_wait_is_longer_than_a_permit_and_all_that_may_stretch_it(profile: str) -> None:
    terms = PROFILES[profile]
    holder_s = terms.d_s / (1 - terms.drift) + terms.commit_s + terms.step_s  # by true time, on a slow clock
    assert terms.wait_s / (1 + terms.drift) >= holder_s  # by true time, on a fast controller's clock
    assert PermitTerms(wait_longer_s=1000.0).wait_s == 1000.0


def test_two_app_servers_that_renew_at_once_are_both_counted() -> None:
    async def story() -> None:
        store = await a_store()
        await asyncio.gather(*(permits.renew(store, "shop", NYC, Epoch(1)) for _ in range(5)))
        assert await now(store) == Permit(Epoch(1), NYC, False, 5)

    asyncio.run(story())


@pytest.mark.parametrize(
    "held", [Permit(Epoch(1), SFO), Permit(Epoch(2), NYC), Permit(Epoch(1), NYC, revoked=True)], ids=str
)
def test_a_permit_that_is_not_theirs_is_not_renewed(held: Permit) -> None:
    async def story() -> None:
        store = await a_store(held)
        with pytest.raises(NotYours) as refusal:
            await permits.renew(store, "shop", NYC, Epoch(1))
        assert (refusal.value.permit, await now(store)) == (held, held)

    asyncio.run(story())


def test_a_renewal_that_is_overtaken_by_the_revoke_does_not_count() -> None:
    """It has read the record before the revoke, and swaps after it."""

    async def story() -> None:
        store = await a_store()
        lease = await store.lead("c1", 5.0)
        assert lease is not None
        read = store.read

        async def read_and_revoke(key: str) -> object:
            record = await read(key)
            store.read = read  # type: ignore[method-assign]
            await permits.revoke(store, "shop", lease, Epoch(2))
            return record

        store.read = read_and_revoke  # type: ignore[method-assign, assignment]
        with pytest.raises(NotYours):
            await permits.renew(store, "shop", NYC, Epoch(1))
        assert await now(store) == Permit(Epoch(1), NYC, True, 0)

    asyncio.run(story())


def test_a_revoke_says_the_same_when_it_is_repeated_and_never_touches_a_newer_permit() -> None:
    async def story() -> None:
        store = await a_store(Permit(Epoch(1), NYC, False, 41))
        lease = await store.lead("c1", 5.0)
        assert lease is not None
        for _ in range(2):
            assert await permits.revoke(store, "shop", lease, Epoch(2)) == Permit(Epoch(1), NYC, True, 41)
        newer = Permit(Epoch(2), SFO)
        await store.swap(None, await store.read(KEY), newer.to_json())
        with pytest.raises(Refused, match="already granted to sfo3"):
            await permits.revoke(store, "shop", lease, Epoch(2))
        assert await now(store) == newer

    asyncio.run(story())


def test_a_deposed_leader_revokes_nothing() -> None:
    async def story() -> None:
        store = await a_store()
        old = await store.lead("c1", 5.0)
        assert old is not None
        await store.resign(old)
        await store.lead("c2", 5.0)
        with pytest.raises(Refused):
            await permits.revoke(store, "shop", old, Epoch(2))
        assert not (await now(store)).revoked

    asyncio.run(story())


def test_a_renewal_is_as_old_as_when_it_was_first_seen() -> None:
    seen = Renewals()
    seen.saw(1, 7, 100.0)
    seen.saw(1, 7, 105.0)
    assert (seen.first_seen_s(1, 7), seen.first_seen_s(1, 8), seen.first_seen_s(2, 7)) == (100.0, None, None)
    seen.saw(2, 7, 110.0)
    assert (seen.first_seen_s(1, 7), seen.first_seen_s(2, 7)) == (None, 110.0)


def test_a_witness_is_in_every_list_that_was_told_under_an_epoch() -> None:
    async def story() -> None:
        store = await a_store()
        lease = await store.lead("c1", 5.0)
        assert lease is not None

        async def told(*names: str) -> tuple[str, ...]:
            return (await permits.list_promisors(store, "shop", lease, Epoch(1), names)).witnesses

        assert await told("s1", "s2") == ("s1", "s2")
        assert await told("s2", "s3") == ("s2",)
        with pytest.raises(Refused, match="No promisor of epoch 1 is left of s2"):
            await told("s3")
        assert (await permits.renew(store, "shop", NYC, Epoch(1))).witnesses == ("s2",)
        await permits.revoke(store, "shop", lease, Epoch(2))
        with pytest.raises(NotYours):
            await told("s2")

    asyncio.run(story())


def test_only_a_witness_can_acknowledge() -> None:
    """An app server that was added later may be unknown to somebody who could still be promised something."""
    world = gated()

    async def added(world: SmallWorld, holder: Holder) -> None:
        await world.clock.advance(5)
        world.apps[SFO].apps.append(FakeApp("app-s3", SFO, world.calls))
        for app in world.apps[SFO].apps[:2]:
            app.reachable = False
        await _cut_off(world, holder)

    _, found = story(world, added)
    assert not any(isinstance(e, StepDone) and e.step is StepKind.REVOKE for e in found)


# the whole failover, in virtual time


class Holder:
    """NYC's app servers as the store of record knows them: a renewal each half second, as long as they reach it."""

    def __init__(self, world: SmallWorld) -> None:
        self.world = world
        self.last_s = 0.0
        self.reaches = True

    async def run(self) -> None:
        while True:
            with contextlib.suppress(Failure):
                if self.reaches:
                    sent_s = self.world.clock.now_s()
                    await permits.renew(self.world.coordination, "shop", NYC, Epoch(1))
                    self.last_s = sent_s
            await self.world.clock.sleep(FAST.renew_s)


def events(world: SmallWorld) -> list[Event]:
    return [from_json(line.body) for line in asyncio.run(world.coordination.journal())]


def gated() -> SmallWorld:
    return SmallWorld(group(permit=FAST, allow_unfenced=False))


async def _cut_off(world: SmallWorld, holder: Holder) -> None:
    world.agents_see(SFO)
    await world.clock.advance(10)
    holder.reaches = False
    world.kill(NYC)
    world.agents_see(SFO, down=NYC)
    await world.clock.advance(20)


def one(found: list[Event], kind: StepKind, what: type = StepDone) -> float:
    return next(e.at_s for e in found if isinstance(e, what) and e.step is kind)


def story(world: SmallWorld, act: object = _cut_off) -> tuple[Holder, list[Event]]:
    holder = Holder(world)

    async def play() -> None:
        async with world.running():
            renewing = asyncio.create_task(holder.run())
            await act(world, holder)  # type: ignore[operator]
            renewing.cancel()

    asyncio.run(play())
    return holder, events(world)


def test_a_writer_that_is_cut_off_is_waited_out_from_its_last_renewal_and_not_from_the_verdict() -> None:
    world = gated()
    holder, found = story(world)
    over_s = one(found, StepKind.AWAIT_PERMIT)
    assert over_s >= holder.last_s + FAST.wait_s
    assert over_s <= holder.last_s + FAST.wait_s + 1.0, "W was counted from somewhere later"
    assert one(found, StepKind.PROMOTE, StepStarted) >= over_s
    assert [e.epoch for e in found if isinstance(e, Granted)] == [1, 2]
    granted = asyncio.run(now(world.coordination))
    assert (granted.epoch, granted.holder, granted.revoked, granted.renewals) == (2, SFO, False, 0)


def test_a_writer_whose_database_can_be_fenced_is_not_waited_for() -> None:
    async def doors_shut(world: SmallWorld, holder: Holder) -> None:
        world.agents_see(SFO)
        await world.clock.advance(10)
        nyc = world.databases[NYC]
        world.kill(NYC)
        nyc.reachable = True
        world.agents_see(SFO, down=NYC)
        await world.clock.advance(20)

    _, found = story(gated(), doors_shut)
    assert one(found, StepKind.PROMOTE, StepStarted) >= one(found, StepKind.FENCE_DATABASE)
    assert one(found, StepKind.PROMOTE, StepStarted) < one(found, StepKind.AWAIT_PERMIT)


def test_without_an_acknowledging_promisor_no_wait_begins_and_nothing_is_promoted() -> None:
    async def deaf(world: SmallWorld, holder: Holder) -> None:
        world.calls.fail_next("app.revoke", Unreachable("It does not answer."), times=1000)
        await _cut_off(world, holder)

    _, found = story(gated(), deaf)
    started = {e.step for e in found if isinstance(e, StepStarted)}
    assert StepKind.REVOKE in started
    assert not started & {StepKind.AWAIT_PERMIT, StepKind.PROMOTE, StepKind.GRANT}


def test_a_promise_that_is_younger_than_the_last_renewal_is_waited_out_too() -> None:
    async def promised(world: SmallWorld, holder: Holder) -> None:
        holder.reaches = False
        for app in world.apps[SFO].apps:
            app.promised_ago_s = 0.5
        await _cut_off(world, holder)

    _, found = story(gated(), promised)
    revoked_s = one(found, StepKind.REVOKE)
    assert one(found, StepKind.AWAIT_PERMIT) >= revoked_s - 0.5 + FAST.wait_s
