"""The rules of reconciliation: total, reachable, and nothing is made of an order whose payment nobody knows."""

from collections import Counter
from pathlib import Path

from farshore.reconcile.facts import Facts, Paid, Stored, every_combination, every_money
from farshore.reconcile.money_rules import MONEY_ROWS, judge_money
from farshore.reconcile.rules import ROWS, Action, judge
from farshore.reconcile.witness import Told

ALL = tuple(every_combination())
MAKES = (Action.RESTORE, Action.RESTORE_ON_HOLD, Action.RESTORE_PAID)


def test_every_combination_of_facts_matches_exactly_one_row() -> None:
    for facts in ALL:
        assert sum(row.matches(facts) for row in ROWS) == 1, facts
    for money in every_money():
        assert sum(row.matches(money) for row in MONEY_ROWS) == 1, money


def test_every_row_is_reached_and_numbered_once() -> None:
    numbers = [row.rule.number for row in ROWS] + [row.rule.number for row in MONEY_ROWS]
    assert len(set(numbers)) == len(numbers)
    reached = Counter(judge(facts).number for facts in ALL) | Counter(judge_money(one).number for one in every_money())
    assert set(reached) == set(numbers)


def test_every_sentence_is_one_for_the_owner_of_a_shop() -> None:
    for rule in (*(row.rule for row in ROWS), *(row.rule for row in MONEY_ROWS)):
        for text in (rule.because, rule.ask):
            assert not text or (text[0].isupper() and text.endswith(".")), text


def test_an_intent_alone_becomes_an_order_only_when_the_provider_says_that_it_is_paid() -> None:
    for facts in ALL:
        if facts.told is not Told.TAKEN and judge(facts).action in (*MAKES, Action.COMPLETE):
            assert facts.paid is Paid.PAID, facts


def test_every_acknowledged_order_that_can_be_read_is_in_the_database_afterwards() -> None:
    missing = [facts for facts in ALL if facts.told is Told.TAKEN and facts.stored is Stored.NOWHERE and facts.readable]
    assert missing
    assert {judge(facts).action for facts in missing} <= {Action.RESTORE, Action.RESTORE_ON_HOLD}


def test_what_somebody_changed_is_never_changed_back() -> None:
    altered = [facts for facts in ALL if facts.stored is Stored.ALTERED]
    assert altered
    assert {judge(facts).action for facts in altered} == {Action.LEAVE}


def test_nothing_is_made_from_what_cannot_be_read() -> None:
    for facts in ALL:
        if not facts.readable:
            assert judge(facts).action in (Action.LEAVE, Action.COMPLETE), facts


def test_where_nothing_is_done_and_something_is_wrong_a_person_is_asked() -> None:
    """An acknowledged order that is not whole, and that nobody puts right, is in front of somebody."""
    for facts in ALL:
        rule = judge(facts)
        if facts.told is Told.TAKEN and facts.stored is not Stored.WHOLE and rule.action is Action.LEAVE:
            assert rule.ask, facts


def test_without_a_payment_an_order_waits_on_hold() -> None:
    for facts in ALL:
        if facts.paid is Paid.NONE and judge(facts).action is not Action.LEAVE:
            assert judge(facts).action in (Action.RESTORE_ON_HOLD, Action.MEND_ON_HOLD), facts


def test_facts_are_what_the_table_looks_at() -> None:
    names = {name for row in ROWS for name in row.needs}
    assert names == set(Facts.__dataclass_fields__)


def test_every_rule_stands_in_the_manual_as_it_is() -> None:
    page = (Path(__file__).parents[3] / "docs" / "reconcile.md").read_text()
    for row in ROWS:
        rule = row.rule
        assert f"| {rule.number} | {rule.kind} | {rule.action} | {rule.because} | {rule.ask} |" in page, rule.number
    for money in MONEY_ROWS:
        assert f"| {money.rule.number} | {money.rule.kind} |" in page
        assert f"| {money.rule.because} | {money.rule.ask} |" in page
