"""What the engine does with the order journal: ids jump past it, people are told of exposed orders, status shows it."""

import asyncio
from dataclasses import replace

import pytest
from small_world import NYC, SFO, SmallWorld, group

from farshore.engine.status import status
from farshore.model.order_entry import EntryKind, OrderEntry
from farshore.model.order_journal import ID_REACH, JournalPolicy, JournalState, JournalTerms, past_id
from farshore.model.region import Epoch
from farshore.plan.journal import StepDone
from farshore.plan.step import StepKind

TERMS = JournalTerms(JournalPolicy.OPEN)
USUAL = JournalState(entries=7, bytes=21_000, oldest_at_ms=1_700_000_000_000, largest_id=500)


def _world(terms: JournalTerms = TERMS) -> SmallWorld:
    plain = group()
    return SmallWorld(group=replace(plain, stores=(replace(plain.stores[0], journal=terms),)))


def _entry(number: int) -> OrderEntry:
    return OrderEntry("shop", Epoch(1), EntryKind.ACK, f"wc_order_{number}", number, "1.00", "USD", 1, "c2VhbGVk")


def _counter(world: SmallWorld) -> int:
    return world.databases[SFO].counter("shop", "auto_increment")


async def _fail_over(world: SmallWorld) -> str:
    world.agents_see(SFO)
    async with world.running():
        await world.clock.advance(10)
        world.kill(NYC)
        world.agents_see(SFO, down=NYC)
        await world.clock.advance(40)
    assert world.sells(SFO)
    assert not any(app.whole for app in world.apps[SFO].apps), "orders may be missing until they are reconciled"
    done = [e for e in await world.events() if isinstance(e, StepDone) and e.step is StepKind.JUMP_IDS]
    return done[0].detail


def test_ids_jump_past_the_largest_that_any_agent_there_holds() -> None:
    """One of the gaining region's agents is dead and one missed the last order: the gap comes on top of the largest."""
    world = _world()
    one, other = world.apps[SFO].apps
    start = _counter(world)
    one.journal.received["shop"] = [_entry(start + 40), _entry(start + 41)]
    other.journal.received["shop"] = [_entry(start + 40)]
    said = asyncio.run(_fail_over(world))
    assert _counter(world) == start + 41 + world.group.thresholds.id_gap
    assert f"past shop's journalled order {start + 41}" in said


def test_an_agent_that_does_not_answer_delays_nobody() -> None:
    world = _world()
    one, other = world.apps[SFO].apps
    start = _counter(world)
    one.journal.reachable = False
    other.journal.received["shop"] = [_entry(start + 9)]
    asyncio.run(_fail_over(world))
    assert _counter(world) == start + 9 + world.group.thresholds.id_gap


def test_without_a_journal_no_agent_is_asked() -> None:
    world = _world(JournalTerms())
    asyncio.run(_fail_over(world))
    assert all(app.journal.calls.count("journal.state") == 0 for app in world.apps[SFO].apps)


@pytest.mark.parametrize(
    ("now", "past", "moved"),
    [(100, 0, 100), (100, 99, 100), (100, 141, 141), (100, 100 + ID_REACH, 100 + ID_REACH), (100, 101 + ID_REACH, 100)],
)
def test_a_counter_never_goes_back_and_never_far(now: int, past: int, moved: int) -> None:
    """An id out of all proportion is somebody's mistake, or comes from an app server that was broken into."""
    assert past_id(now, past) == moved


def test_exposed_orders_are_told_once_after_a_minute() -> None:
    """Not when it passes sooner; and again when it comes back."""
    world = _world()
    app = world.apps[NYC].apps[0]

    def told() -> list[str]:
        return [notice.text for notice in world.notifier.told if "exposed" in notice.title]

    async def work() -> None:
        world.agents_see(SFO)
        app.journal_said = {"shop": USUAL}
        async with world.running():
            await world.clock.advance(70)
            app.journal_said = {"shop": replace(USUAL, exposed=3, trouble="No agent answers.")}
            await world.clock.advance(55)
            app.journal_said = {"shop": USUAL}
            await world.clock.advance(5)
            assert told() == []
            app.journal_said = {"shop": replace(USUAL, exposed=3, trouble="No agent answers.")}
            await world.clock.advance(300)
            (text,) = told()
            assert "3 of shop" in text
            assert "No agent answers." in text
            app.journal_said = {"shop": USUAL}
            await world.clock.advance(5)
            app.journal_said = {"shop": replace(USUAL, exposed=1)}
            await world.clock.advance(70)
            assert len(told()) == 2

    asyncio.run(work())


def test_status_sums_up_what_the_agents_say() -> None:
    world = _world()

    async def work() -> None:
        world.agents_see(SFO)
        world.apps[NYC].apps[0].journal_said = {"shop": JournalState(exposed=2, trouble="It is full.")}
        world.apps[SFO].apps[0].journal_said = {"shop": USUAL}
        world.apps[SFO].apps[1].journal_said = {"shop": replace(USUAL, entries=9, oldest_at_ms=5)}
        async with world.running() as controller:
            await world.clock.advance(5)
            shell = controller.shell
            (said,) = status(shell.state, shell.parts, shell.now_s(), "now")["journal"]
            assert said == {
                "store": "shop",
                "policy": "open",
                "entries": 9,
                "exposed": 2,
                "oldest_at_ms": 5,
                "bytes": 42_000,
                "trouble": "app-n1: It is full.",
            }

    asyncio.run(work())


def test_a_journal_that_no_agent_knows_of_is_a_trouble() -> None:
    world = _world()

    async def work() -> None:
        world.agents_see(SFO)
        async with world.running() as controller:
            await world.clock.advance(5)
            shell = controller.shell
            (said,) = status(shell.state, shell.parts, shell.now_s(), "now")["journal"]
            assert "farshore agents deploy" in said["trouble"]

    asyncio.run(work())
