"""The controller carries a failover from the first shut door to the first order, on fakes in virtual time."""

import asyncio

import pytest
from small_world import DOMAIN, IPS, NYC, SFO, SmallWorld, group

from farshore.engine.steps.executors import EXECUTORS
from farshore.model.failure import Refused, RetryLater, Unknown
from farshore.model.group import Mode
from farshore.model.keys import grant_key, status_key
from farshore.model.operator import Word
from farshore.model.region import Role
from farshore.model.sighting import Door
from farshore.plan.journal import (
    Event,
    Granted,
    PlanFinished,
    PlanStarted,
    PlanStuck,
    StepDone,
    StepStarted,
    VerdictChanged,
)
from farshore.plan.step import StepKind as K
from farshore.ports.dns import RecordSet


def steps_done(events: list[Event], plan: str = "failover-2") -> list[K]:
    return [e.step for e in events if isinstance(e, StepDone) and e.plan == plan]


async def watch_it_die(world: SmallWorld, seconds: float = 20.0) -> list[Event]:
    """Ten quiet seconds, the region's death, and `seconds` more."""
    world.agents_see(SFO)
    async with world.running():
        await world.clock.advance(10)
        world.kill(NYC)
        world.agents_see(SFO, down=NYC)
        await world.clock.advance(seconds)
    return await world.events()


def test_every_kind_of_step_has_exactly_one_executor() -> None:
    assert set(EXECUTORS) == set(K)
    assert len(set(EXECUTORS.values())) == len(K)


def test_a_dead_region_ends_in_orders_taken_in_the_other() -> None:
    world = SmallWorld()
    events = asyncio.run(watch_it_die(world))
    assert isinstance(events[-1], VerdictChanged) or any(isinstance(e, PlanFinished) for e in events)
    assert any(isinstance(e, PlanFinished) for e in events)
    assert world.sells(SFO)
    assert world.dns._stored[(DOMAIN, "A")].values == {IPS[SFO]}
    assert [app.endpoint.role for app in world.apps[SFO].apps if app.endpoint] == [Role.WRITER, Role.WRITER]
    assert world.databases[SFO].state["epoch"] == 2
    assert world.calls.count("cloud.promote") == 1


def test_it_is_seen_within_the_promised_time_and_own_work_takes_no_time() -> None:
    world = SmallWorld()
    events = asyncio.run(watch_it_die(world))
    start = next(e.at_s for e in events if isinstance(e, PlanStarted))
    assert start - 1010.0 <= 3 * 1.0 + 1.2 + 1.0
    promote = next(e.at_s for e in events if isinstance(e, StepStarted) and e.step is K.PROMOTE)
    assert promote == start, "with allow_unfenced and a silent old database nothing is waited for"
    writable = next(e.at_s for e in events if isinstance(e, StepDone) and e.step is K.AWAIT_WRITABLE)
    verified = next(e.at_s for e in events if isinstance(e, StepDone) and e.step is K.VERIFY)
    assert verified - writable < 0.5


def test_the_journal_says_it_before_the_world_feels_it() -> None:
    """Invariant 9: every step's intent is durable before any call of that step."""
    world = SmallWorld()
    asyncio.run(watch_it_die(world))
    log = world.calls.log
    started = sum(1 for label in log[: log.index("cloud.promote")] if label == "coordination.append")
    events = asyncio.run(world.events())
    intents = events[:started]
    assert any(isinstance(e, StepStarted) and e.step is K.PROMOTE for e in intents)
    assert not any(isinstance(e, StepDone) and e.step is K.PROMOTE for e in intents)


def test_a_healthy_group_is_left_alone() -> None:
    async def quiet() -> list[Event]:
        world = SmallWorld()
        world.agents_see(SFO)
        async with world.running():
            await world.clock.advance(120)
        assert world.calls.count("dns.replace") == world.calls.count("cloud.promote") == 0
        return await world.events()

    events = asyncio.run(quiet())
    assert [type(e) for e in events] == [Granted, VerdictChanged]


def test_one_witness_is_not_enough() -> None:
    world = SmallWorld()

    async def alone() -> None:
        async with world.running() as controller:
            await world.clock.advance(10)
            world.kill(NYC)
            await world.clock.advance(20)
            assert controller.state.verdict is not None
            assert controller.state.verdict.rule == "V70"

    asyncio.run(alone())
    assert world.calls.count("cloud.promote") == 0
    assert any("word is needed" in notice.title for notice in world.notifier.told)


def test_the_old_region_is_fenced_when_it_comes_back_and_never_let_in_again() -> None:
    world = SmallWorld()

    async def heal() -> None:
        world.agents_see(SFO)
        async with world.running() as controller:
            await world.clock.advance(10)
            session = world.databases[NYC].connect("shop")
            world.kill(NYC)
            world.agents_see(SFO, down=NYC)
            await world.clock.advance(20)
            assert controller.state.fence == "pending"
            world.revive(NYC)
            await world.clock.advance(5)
            assert controller.state.fence == "proved"
            assert not session.open
            assert world.databases[NYC].state["blocked:shop"]
            assert world.databases[NYC].state["epoch"] == 2
            assert {a.endpoint.role for a in world.apps[NYC].apps if a.endpoint} == {Role.STANDBY}
            lines = len(await world.events())
            await world.clock.advance(60)
            assert len(await world.events()) == lines, "what is proved is not done again"
        assert world.sells(SFO)
        assert not world.sells(NYC)

    asyncio.run(heal())


def test_without_leave_to_go_unfenced_it_stops_before_promotion_and_pages_stay_open() -> None:
    world = SmallWorld(group(allow_unfenced=False))
    events = asyncio.run(watch_it_die(world, 60))
    stuck = [e for e in events if isinstance(e, PlanStuck)]
    assert [e.step for e in stuck] == [K.FENCE_DATABASE]
    assert "allow_unfenced is false" in stuck[0].why
    assert world.calls.count("cloud.promote") == 0
    assert world.dns._stored[(DOMAIN, "A")].values == {IPS[SFO]}


def test_a_reachable_old_database_is_fenced_first_and_loses_nothing() -> None:
    """The app servers are dead, the database lives: promotion waits for the proof and for the drain mark."""
    world = SmallWorld(promote_delay_s=0.0)
    world.databases[SFO].lag_s = 0.5

    async def half_dead() -> list[Event]:
        world.agents_see(SFO)
        async with world.running():
            await world.clock.advance(10)
            session = world.databases[NYC].connect("shop")
            world.prober.shut(Door.BROWSE, NYC)
            world.prober.shut(Door.BUY, NYC)
            world.agents_see(SFO, down=NYC)
            while world.databases[NYC].state.get("blocked:shop") is None:
                session.commit(f"order:{world.clock.now_s()}", True)
                await world.clock.advance(0.1)
            await world.clock.advance(10)
        return await world.events()

    events = asyncio.run(half_dead())
    order = steps_done(events)
    assert order.index(K.FENCE_DATABASE) < order.index(K.PREPARE_PROMOTION) < order.index(K.PROMOTE)
    old = {key for key in world.databases[NYC].state if key.startswith("order:")}
    assert old
    assert old <= set(world.databases[SFO].state)
    assert world.sells(SFO), "the replicated block must be lifted in the new writer"


def test_a_record_changed_by_hand_meanwhile_is_said_and_set_right() -> None:
    world = SmallWorld()
    world.dns.edit(RecordSet(DOMAIN, "A", frozenset({"192.0.2.99"}), 300))
    events = asyncio.run(watch_it_die(world))
    (detail,) = [e.detail for e in events if isinstance(e, StepDone) and e.step is K.SWITCH_DNS]
    assert "192.0.2.99" in detail
    assert "by hand" in detail
    assert world.dns._stored[(DOMAIN, "A")].values == {IPS[SFO]}


@pytest.mark.parametrize("after", [False, True], ids=["request lost", "answer lost"])
@pytest.mark.parametrize(
    "label",
    ["cloud.promote", "dns.replace", "database.raise_epoch", "database.jump_ids", "app.point", "database.unfence"],
)
def test_an_unknown_outcome_is_read_back_and_done_once(label: str, after: bool) -> None:
    world = SmallWorld()

    async def lossy() -> list[Event]:
        world.agents_see(SFO)
        async with world.running():
            await world.clock.advance(10)
            world.kill(NYC)
            world.agents_see(SFO, down=NYC)
            world.calls.fail_next(label, Unknown("The answer was lost."), after=after)
            await world.clock.advance(20)
        return await world.events()

    events = asyncio.run(lossy())
    assert any(isinstance(e, PlanFinished) for e in events)
    assert world.sells(SFO)
    assert world.databases[SFO].counter("shop", "auto_increment") == 1001


def test_a_promotion_whose_answer_was_lost_is_known_by_reading_back() -> None:
    world = SmallWorld(promote_delay_s=0.0)

    async def lossy() -> list[Event]:
        world.agents_see(SFO)
        async with world.running():
            await world.clock.advance(10)
            world.kill(NYC)
            world.agents_see(SFO, down=NYC)
            world.calls.fail_next("cloud.promote", Unknown("The answer was lost."), after=True)
            await world.clock.advance(10)
        return await world.events()

    events = asyncio.run(lossy())
    assert [e.detail for e in events if isinstance(e, StepDone) and e.step is K.PROMOTE] == [
        "promoted; the answer was lost and read back"
    ]
    assert world.calls.count("cloud.promote") == 1


def test_the_grants_lost_answer_is_no_second_epoch() -> None:
    world = SmallWorld()

    async def lossy() -> None:
        world.agents_see(SFO)
        async with world.running():
            await world.clock.advance(10)
            world.kill(NYC)
            world.agents_see(SFO, down=NYC)

            def lose(label: str) -> None:
                if label == "cloud.promote":
                    world.calls.fail_next("coordination.swap", Unknown("The answer was lost."), after=True, times=3)

            world.calls.on_call = lose
            await world.clock.advance(20)
        assert '"epoch": 2' in (await world.coordination.read(grant_key("shop"))).value

    asyncio.run(lossy())
    assert world.sells(SFO)


def test_a_full_disk_under_the_journal_stops_everything_until_it_is_gone() -> None:
    world = SmallWorld()
    full = RetryLater("The state file's disk is full; nothing was written.")

    async def disk() -> None:
        world.agents_see(SFO)
        async with world.running() as controller:
            await world.clock.advance(10)
            world.calls.fail_next("coordination.append", full, times=10_000)
            world.kill(NYC)
            world.agents_see(SFO, down=NYC)
            await world.clock.advance(20)
            assert world.calls.count("dns.replace") == world.calls.count("cloud.promote") == 0
            world.calls._planned.clear()
            await world.clock.advance(20)
            assert controller.state.store_ok
        assert world.sells(SFO)

    asyncio.run(disk())


def test_a_store_of_record_that_cannot_be_read_begins_nothing_and_says_so() -> None:
    world = SmallWorld()

    async def silent() -> None:
        world.agents_see(SFO)
        async with world.running() as controller:
            await world.clock.advance(10)
            for label in ("coordination.read", "coordination.journal"):
                world.calls.fail_next(label, RetryLater("The state file is locked."), times=10_000)
            world.kill(NYC)
            world.agents_see(SFO, down=NYC)
            await world.clock.advance(10)
            assert controller.state.verdict is not None
            assert controller.state.verdict.rule == "V10"
        assert world.calls.count("cloud.promote") == 0

    asyncio.run(silent())


def test_a_refusal_of_an_essential_step_is_stuck_and_a_try_again_finishes() -> None:
    world = SmallWorld()

    async def refused() -> None:
        world.agents_see(SFO)
        async with world.running() as controller:
            await world.clock.advance(10)
            world.calls.fail_next("cloud.promote", Refused("The token lacks the scope database:update."))
            world.kill(NYC)
            world.agents_see(SFO, down=NYC)
            await world.clock.advance(10)
            assert controller.state.phase == "stuck"
            assert any("scope" in notice.text for notice in world.notifier.told)
            await world.say(Word.APPROVE)
            await world.clock.advance(10)
        assert world.sells(SFO)

    asyncio.run(refused())


def test_the_cool_down_asks_before_a_second_failover() -> None:
    world = SmallWorld()

    async def twice() -> None:
        world.agents_see(SFO)
        async with world.running() as controller:
            await world.clock.advance(10)
            world.kill(NYC)
            world.agents_see(SFO, down=NYC)
            await world.clock.advance(20)
            world.revive(NYC)
            old = world.databases[NYC]
            old.source = world.databases[SFO]  # rebuilt by hand as a standby
            await world.clock.advance(20)
            world.kill(SFO)
            world.agents_see(NYC, down=SFO)
            await world.clock.advance(20)
            assert controller.state.verdict is not None
            assert controller.state.verdict.rule == "V85"

    asyncio.run(twice())
    assert world.calls.count("cloud.promote") == 1


def test_the_status_record_says_what_would_happen_and_what_it_costs() -> None:
    world = SmallWorld()

    async def look() -> str:
        world.agents_see(SFO)
        async with world.running():
            await world.clock.advance(10)
            return (await world.coordination.read(status_key("shop"))).value

    text = asyncio.run(look())
    for word in ('"rule": "V50"', '"rule": "V100"', '"predicted_s"', '"checksum"', '"behind_s": ', '"doors"'):
        assert word in text


def test_agents_of_the_standby_are_told_what_to_watch() -> None:
    world = SmallWorld()

    async def look() -> None:
        async with world.running():
            await world.clock.advance(5)

    asyncio.run(look())
    doors = {(t.door, t.region) for t in world.apps[SFO].apps[0].watched}
    assert {(Door.BROWSE, NYC), (Door.BUY, NYC), (Door.BROWSE, SFO)} <= doors
    assert any(door is Door.REFERENCE for door, _ in doors)
    assert not world.apps[NYC].apps[0].watched


@pytest.mark.parametrize("mode", [Mode.MANUAL, Mode.APPROVE])
def test_without_leave_it_asks_and_goes_on_with_a_word(mode: Mode) -> None:
    world = SmallWorld(group(mode=mode))

    async def ask() -> None:
        world.agents_see(SFO)
        async with world.running():
            await world.clock.advance(10)
            world.kill(NYC)
            world.agents_see(SFO, down=NYC)
            await world.clock.advance(20)
            assert world.calls.count("cloud.promote") == 0
            await world.say(Word.APPROVE)
            await world.clock.advance(10)
        assert world.sells(SFO)

    asyncio.run(ask())


def test_the_veto_window_runs_out() -> None:
    world = SmallWorld(group(mode=Mode.APPROVE))
    events = asyncio.run(watch_it_die(world, 80))
    start = next(e.at_s for e in events if isinstance(e, PlanStarted))
    assert 60 <= start - 1010 <= 70
