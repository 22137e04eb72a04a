"""The verdict table: total, reachable, and never a failover where a promise forbids one."""

from collections import Counter
from dataclasses import replace

import pytest

from farshore.decide.facts import Consent, Facts, every_combination
from farshore.decide.observation import PlanPhase
from farshore.decide.quorum import Gate
from farshore.decide.table import ROWS, decide
from farshore.model.verdict import Call

ALL = tuple(every_combination())
WORDS = (Consent.ORDERED, Consent.FORCED, Consent.APPROVED)


def test_every_combination_of_facts_matches_exactly_one_row() -> None:
    """`decide` alone would hide two rows that agree by chance of order, so rows are counted here."""
    for facts in ALL:
        assert sum(row.matches(facts) for row in ROWS) == 1, facts


def test_every_row_is_reached_and_numbered_once() -> None:
    reached = Counter(decide(facts).rule for facts in ALL)
    assert set(reached) == {row.verdict.rule for row in ROWS}
    assert len({row.verdict.rule for row in ROWS}) == len(ROWS)


def test_every_sentence_is_one_for_an_operator() -> None:
    for row in ROWS:
        assert row.verdict.because.endswith(".")
        assert row.verdict.because[0].isupper()


def _failing_over() -> tuple[Facts, ...]:
    found = tuple(facts for facts in ALL if decide(facts).call is Call.FAIL_OVER)
    assert found
    return found


def test_no_failover_without_leadership_a_store_of_record_or_a_ready_standby() -> None:
    for facts in _failing_over():
        assert facts.leads
        assert facts.store_of_record_ok
        assert facts.standby_ready
        assert facts.plan is PlanPhase.NONE


def test_alone_it_fails_over_only_when_sure_safe_and_calm() -> None:
    """Invariants 3 and 7: neither beyond the loss budget nor within the cool-down without a word."""
    alone = [facts for facts in _failing_over() if facts.consent not in WORDS]
    assert alone
    for facts in alone:
        assert facts.consent is Consent.ALONE
        assert facts.primary is Gate.SHUT
        assert facts.marker_fresh
        assert not facts.cooling_down


@pytest.mark.parametrize("consent", [Consent.PAUSED, Consent.WITHHELD, Consent.PENDING])
def test_without_consent_nothing_fails_over(consent: Consent) -> None:
    assert all(facts.consent is not consent for facts in _failing_over())


@pytest.mark.parametrize("consent", [Consent.ORDERED, Consent.FORCED])
def test_an_order_needs_no_proof_that_the_writer_is_down(consent: Consent) -> None:
    gates = {facts.primary for facts in _failing_over() if facts.consent is consent}
    assert gates == set(Gate)


def test_an_order_loses_nothing_that_the_writer_still_has() -> None:
    """While the writer serves, or it is disputed whether it does, an order waits for the standby to catch up."""
    for facts in _failing_over():
        if facts.consent is Consent.ORDERED and not facts.marker_fresh:
            assert facts.primary in (Gate.SHUT, Gate.SHUT_BY_FEW, Gate.UNSEEN)


def test_a_loss_is_taken_from_a_serving_writer_only_where_it_was_accepted() -> None:
    """And that rule is for nothing else: its number in a journal says that orders were given up on purpose."""
    given_up = [facts for facts in ALL if decide(facts).rule == "V32"]
    assert given_up
    for facts in given_up:
        assert facts.consent is Consent.FORCED
        assert facts.primary in (Gate.OPEN, Gate.DISPUTED, Gate.CLOSED)
        assert not facts.marker_fresh


def test_accepting_a_loss_changes_nothing_else() -> None:
    """Neither a standby that is not ready, nor a running plan, nor a lost lease gives way to it."""
    for facts in ALL:
        if facts.consent is Consent.FORCED:
            plain = decide(replace(facts, consent=Consent.ORDERED))
            assert decide(facts) == plain or plain.rule == "V36"
