"""The operator's word in the store of record, and an order followed to its end."""

import asyncio
from dataclasses import replace

import pytest

from farshore.cli.follow_failover import ANSWER_WITHIN_S, BEGIN_WITHIN_S, Order
from farshore.cli.operator_word import ATTEMPTS_MAX, speak
from farshore.engine.controller import Ending
from farshore.model.failure import Refused, Unknown
from farshore.model.group import Group, Place, Store
from farshore.model.keys import operator_key
from farshore.model.operator import OperatorWord, Word
from farshore.model.region import Epoch, RegionName
from farshore.plan.build import failover
from farshore.plan.journal import Event, OperatorSaid, PlanAborted, PlanFinished, PlanStarted, PlanStuck, VerdictChanged
from farshore.plan.step import StepKind
from farshore.sim.fake_clock import FakeClock
from farshore.sim.fake_coordination import FakeCoordination

NYC, SFO = RegionName("nyc3"), RegionName("sfo3")
GROUP = Group(
    "shop",
    "mysql",
    (Store("shop", "s.example.com", "example.com"),),
    Place(NYC, "a", "b", "c"),
    Place(SFO, "d", "e", "f"),
)
PLAN = failover(GROUP, Epoch(2), NYC)


def _pause(before: OperatorWord) -> OperatorWord:
    return replace(before, word=Word.PAUSE, paused=True, who="ann")


def test_a_word_is_written_once_however_the_answer_is_lost() -> None:
    """Unknown is resolved by reading back: done or not done, the record holds the word once."""
    for after in (True, False):
        store = FakeCoordination(FakeClock())
        store.calls.fail_next("coordination.swap", Unknown("The answer was lost."), after=after)
        spoken = asyncio.run(speak(store, "shop", _pause))
        assert (spoken.word, spoken.paused, spoken.revision) == (Word.PAUSE, True, 1)
        record = asyncio.run(store.read(operator_key("shop")))
        assert (record.revision, OperatorWord.from_json(record.value, 1).who) == (1, "ann")


def test_somebody_else_speaks_at_the_same_time() -> None:
    """Once is tried again on top of it; for ever is said."""
    store = FakeCoordination(FakeClock())
    store.calls.fail_next("coordination.swap", Refused("The record has changed."))
    assert asyncio.run(speak(store, "shop", _pause)).revision == 1
    store.calls.fail_next("coordination.swap", Refused("The record has changed."), times=ATTEMPTS_MAX)
    with pytest.raises(Refused, match="others wrote at the same time"):
        asyncio.run(speak(store, "shop", _pause))


def test_an_unreadable_record_is_replaced() -> None:
    """Otherwise nobody could ever pause again."""
    store = FakeCoordination(FakeClock())

    async def scene() -> OperatorWord:
        await store.swap(None, await store.read(operator_key("shop")), "{broken")
        return await speak(store, "shop", _pause)

    assert asyncio.run(scene()).paused


STARTED = PlanStarted(1.0, PLAN)
SAID = OperatorSaid(1.0, "failover", "ann", 5, answer="stands for 15 s", stands_s=15.0)
ASKS = VerdictChanged(1.5, "V35", "ask operator", "The standby is not ready.")
WAITS = VerdictChanged(1.6, "V55", "wait", "Vantage points disagree.")
STAYS = VerdictChanged(1.6, "V50", "stay", "The writer serves.")


@pytest.mark.parametrize(
    ("events", "ending"),
    [
        ([SAID, STARTED, PlanFinished(9.0, PLAN.id)], Ending("finished", "", PLAN.id)),
        (
            [SAID, STARTED, PlanStuck(9.0, PLAN.id, StepKind.PROMOTE, "No.")],
            Ending("stuck", "at promote: No.", PLAN.id),
        ),
        ([SAID, STARTED, PlanAborted(9.0, PLAN.id, "bob")], Ending("aborted", "by bob", PLAN.id)),
        ([replace(SAID, answer="refused: the plan is another")], Ending("refused", "the plan is another")),
        (
            [SAID, ASKS, WAITS, STAYS, replace(SAID, answer="lapsed: nothing began")],
            Ending("refused", "the order lapsed: nothing began; The standby is not ready. (rule V35)"),
        ),
        ([SAID, STARTED, PlanFinished(9.0, "failover-1")], None),
        ([replace(SAID, revision=4, answer="refused: an older order")], None),
    ],
)
def test_how_an_order_ends(events: list[Event], ending: Ending | None) -> None:
    """Only lines of this order and its plan count."""
    order = Order(5)
    endings = [order.read(event) for event in events]
    assert endings[-1] == ending
    assert all(earlier is None for earlier in endings[:-1])


def test_an_order_on_top_of_a_running_plan_follows_that_plan() -> None:
    """The controller says that one is running already; the operator sees how it ends."""
    order = Order(5, running="failover-2")
    assert order.read(replace(SAID, answer="a plan is being carried out already")) is None
    assert order.read(PlanFinished(9.0, "failover-2")) == Ending("finished", "", "failover-2")


def test_waiting_ends() -> None:
    """Silence, an order that begins nothing, and a plan that takes too long: each in its own words."""
    order = Order(5)
    assert order.late(ANSWER_WITHIN_S - 1, 900) is None
    late = order.late(ANSWER_WITHIN_S + 1, 900)
    assert late is not None
    assert late.why == "the controller has not answered within 15 s"
    order.read(SAID)
    assert order.late(ANSWER_WITHIN_S + 1, 900) is None
    late = order.late(ANSWER_WITHIN_S + BEGIN_WITHIN_S + 1, 900)
    assert late is not None
    assert late.why == "the controller began no plan"
    order.read(STARTED)
    assert order.late(100, 900) is None
    late = order.late(901, 900)
    assert late is not None
    assert (late.how, late.plan) == ("stuck", PLAN.id)
