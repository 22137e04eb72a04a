"""A reconciliation from its witnesses to its end: what is done, what is written down, and that it may die anywhere."""

import asyncio
import json
from collections.abc import Sequence
from decimal import Decimal
from typing import Any

import pytest
from fake_shop import Died, FakeShop
from order_values import AT_S, KEY, entry, told

from farshore.model.failure import Unknown
from farshore.model.region import Epoch
from farshore.plan.journal import from_json
from farshore.plan.ledger import Ledger, fold_all
from farshore.ports.payment_ledger import PaidBack, Payment, Statement
from farshore.reconcile import witness
from farshore.reconcile.kept import KeptOrder
from farshore.reconcile.payments import Told
from farshore.reconcile.run import Outcome, Shop, Witnesses, reconcile
from farshore.sim.fake_clock import FakeClock
from farshore.sim.fake_coordination import FakeCoordination

BACK = {"id": 90, "amount": "5.00", "reason": "Broken", "created_gmt": "2026-11-19 10:00:00"}


def _charge(name: str = "ch_1", amount: str = "32.50", **more: Any) -> Payment:
    return Payment("stripe", name, Decimal(amount), "EUR", AT_S + 60, **more)


class _Clock(FakeClock):
    """Nobody else is there to let time pass."""

    async def sleep(self, seconds: float) -> None:
        self.skip(seconds)


class _Run:
    def __init__(self, front: FakeShop, *entries: witness.Entry) -> None:
        clock = _Clock()
        self.front = front
        self.shop = Shop("shop", Epoch(2), front, FakeCoordination(clock), clock)
        self.entries = entries
        self.kept: dict[str, KeptOrder] = {}

    def __call__(
        self, payments: Sequence[Payment] | None = None, apply: bool = True, whole_until_s: float = 4e9
    ) -> Outcome:
        said = (
            () if payments is None else (Told("stripe", ("stripe",), 0.0, Statement(tuple(payments), whole_until_s)),)
        )
        witnesses = Witnesses(witness.testimonies(self.entries), said, self.kept)
        return asyncio.run(reconcile(self.shop, witnesses, apply))

    def lines(self) -> list[dict[str, Any]]:
        return [json.loads(line.body) for line in asyncio.run(self.shop.record.journal())]


def _rules(outcome: Outcome) -> list[tuple[str, str]]:
    return [(case.rule.number, case.money.number) for case in outcome.cases]


def test_a_dry_run_changes_nothing_and_writes_nothing_down() -> None:
    run = _Run(FakeShop(), entry("ack"))
    outcome = run(apply=False)
    assert (_rules(outcome), run.front.orders, run.lines()) == ([("R30", "R80")], {}, [])
    assert [case.order_key for case in outcome.left] == [KEY]


def test_a_missing_order_is_restored_once_and_the_journal_says_so_before_and_after() -> None:
    run = _Run(FakeShop(), entry("ack"))
    outcome = run()
    assert (outcome.left, run.front.stock_taken) == ((), 1)
    assert run.front.orders[KEY]["id"] == 77
    kinds = [line["kind"] for line in run.lines()]
    assert kinds == ["reconcile_started", "reconcile_acting", "reconcile_acted", "reconcile_finished"]
    assert "Lovelace" not in json.dumps(run.lines()), "no person is in the group's journal"
    again = run()
    assert (_rules(again), again.did, run.front.stock_taken) == ([("R10", "R80")], {}, 1)


def test_the_groups_ledger_passes_over_it() -> None:
    run = _Run(FakeShop(), entry("ack"))
    run()
    assert fold_all([from_json(json.dumps(line)) for line in run.lines()]) == Ledger()


@pytest.mark.parametrize("dies_after", range(6))
@pytest.mark.parametrize("loses", [0, 1])
def test_killed_anywhere_and_begun_again_the_end_is_the_same(dies_after: int, loses: int) -> None:
    keys = [f"wc_order_{index}" for index in range(5)]
    entries = [entry("ack", whole=told(order_key=key, id=index + 1), key=key) for index, key in enumerate(keys)]
    draft = told(order_key=keys[4], id=5, status="checkout-draft", items=[], stock_reduced=False)
    once = _Run(FakeShop(draft), *entries)
    once()
    run = _Run(FakeShop(draft), *entries)
    run.front.dies_after, run.front.loses_answers = dies_after, loses
    if dies_after < 5 * (1 + loses):  # a lost answer is asked for once more
        with pytest.raises(Died):
            run()
        run.front.dies_after = None
    assert run().left == ()
    assert run.front.orders == once.front.orders
    assert run.front.stock_taken == once.front.stock_taken == 5


def test_an_answer_that_never_comes_ends_the_run() -> None:
    run = _Run(FakeShop(), entry("ack"))
    run.front.loses_answers = 9
    with pytest.raises(Unknown):
        run()
    assert [line["kind"] for line in run.lines()] == ["reconcile_started", "reconcile_acting"]


def test_one_that_fails_stops_no_other_and_is_told() -> None:
    other = "wc_order_other"
    run = _Run(FakeShop(), entry("ack"), entry("ack", whole=told(order_key=other, id=78), key=other))
    run.front.refuses[KEY] = "The database says no."
    outcome = run()
    assert [did.why for did in outcome.failed] == ["The database says no."]
    assert [case.order_key for case in outcome.left] == [KEY]
    assert set(run.front.orders) == {other}


def test_an_intent_without_a_payment_is_left_to_a_person() -> None:
    intent = entry("intent", whole=told(status="pending", transaction_id="", paid_gmt=None, stock_reduced=False))
    run = _Run(FakeShop(), intent)
    assert (_rules(run()), run.front.orders) == ([("R44", "R80")], {})
    assert (_rules(run([])), run.front.orders) == ([("R46", "R80")], {})
    late = run([], whole_until_s=0.0)
    assert _rules(late) == [("R44", "R80")], "the provider's list does not reach so far yet"


def test_an_intent_that_was_paid_becomes_an_order_whose_payment_is_completed_once() -> None:
    run = _Run(FakeShop(), entry("intent", whole=told(status="pending", transaction_id="", paid_gmt=None)))
    outcome = run([_charge(order_key=KEY)])
    assert _rules(outcome) == [("R40", "R80")]
    made = run.front.orders[KEY]
    assert (made["status"], made["transaction_id"], run.front.payments_completed) == ("processing", "ch_1", 1)
    assert run([_charge(order_key=KEY)]).did == {}


def test_a_payment_is_known_by_the_transaction_too_and_by_its_number_only_if_all_fits() -> None:
    run = _Run(FakeShop(told()), entry("ack"))
    assert _rules(run([_charge("ch_other", also=("pi_1",))])) == [("R10", "R80")]
    fits = _Run(FakeShop(told(transaction_id="", meta=[])), entry("ack", whole=told(transaction_id="", meta=[])))
    assert _rules(fits([_charge(order_id=77)])) == [("R10", "R80")]
    outcome = fits([_charge(order_id=77, amount="9.99")])
    assert {rule for rule, _ in _rules(outcome)} == {"R18", "R70"}, "another order had that number"


def test_a_payment_that_nobody_has_an_order_for_is_in_front_of_somebody() -> None:
    outcome = _Run(FakeShop())([_charge("ch_x", payer="Ada")])
    (case,) = outcome.cases
    assert (case.rule.number, case.customer, case.order_key, bool(case.asks)) == ("R70", "Ada", "payment:ch_x", True)


def test_an_order_that_was_paid_twice_is_restored_and_asked_about() -> None:
    run = _Run(FakeShop(), entry("ack"))
    (case,) = run([_charge(), _charge("ch_2", order_key=KEY)]).cases
    assert (case.rule.number, case.money.number) == ("R30", "R82")
    undone = [_charge(), _charge("ch_2", order_key=KEY, paid_back=(PaidBack("re_1", Decimal("32.50"), AT_S),))]
    assert _rules(run(undone)) == [("R10", "R80")], "the second one was paid back"


def test_a_refund_that_was_journalled_is_recorded_once() -> None:
    run = _Run(FakeShop(told()), entry("change", whole=told(refunds=[BACK])))
    assert _rules(run()) == [("R10", "R84")]
    assert len(run.front.orders[KEY]["refunds"]) == 1
    assert run().did == {}


def test_money_that_only_the_provider_gave_back_is_asked_about() -> None:
    part = (PaidBack("re_1", Decimal("5.00"), AT_S),)
    run = _Run(FakeShop(told()), entry("ack"))
    assert _rules(run([_charge(paid_back=part)])) == [("R10", "R85")]
    run = _Run(FakeShop(told(refunds=[BACK])), entry("ack", whole=told(refunds=[BACK])))
    assert _rules(run([_charge(paid_back=part)])) == [("R10", "R80")]


def test_an_order_without_a_standing_payment_waits_on_hold_and_stays_there() -> None:
    run = _Run(FakeShop(), entry("ack"))
    assert _rules(run([])) == [("R32", "R80")]
    assert run.front.orders[KEY]["status"] == "on-hold"
    again = run([])
    assert (_rules(again), again.did, run.front.orders[KEY]["status"]) == ([("R18", "R80")], {}, "on-hold")


def test_what_only_the_old_database_has_is_named() -> None:
    run = _Run(FakeShop())
    run.kept = {KEY: KeptOrder(KEY, 77, "processing", Decimal("32.50"), "EUR", "ada@example.com", "2026", "kept.jsonl")}
    (case,) = run().cases
    assert (case.rule.number, case.customer, case.total, case.order_id) == (
        "R74",
        "ada@example.com",
        Decimal("32.50"),
        77,
    )


def test_a_number_that_was_given_again_is_told() -> None:
    run = _Run(FakeShop(taken=[77]), entry("ack"))
    outcome = run()
    assert outcome.did[KEY].order_id == 1077
    assert outcome.left == ()


def test_a_thousand_orders_are_asked_for_in_pieces() -> None:
    entries = [entry("ack", whole=told(order_key=f"k{n}", id=n), key=f"k{n}") for n in range(1, 1001)]
    run = _Run(FakeShop(*(told(order_key=f"k{n}", id=n) for n in range(1, 1001))), *entries)
    assert len(run(apply=False).cases) == 1000
    assert run.front.asked == 1000
