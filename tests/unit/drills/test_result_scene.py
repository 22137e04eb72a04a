"""A drill with an aftermath: what fails it, and what its report, page and terminal say beyond the plain drill's."""

from dataclasses import replace
from io import StringIO

import pytest
from ledgers import FAULT, order
from results import a_result
from rich.console import Console
from rows import row

from farshore.drills.aftermath import Aftermath
from farshore.drills.divergence import settled
from farshore.drills.page import page
from farshore.drills.result import Result
from farshore.drills.sides import sides
from farshore.drills.summary import show
from farshore.drills.verdict import Decided, Decision

WELL = Aftermath(("sfo3",), (("sfo3",),), ())
GONE = Decision((1,), frozenset({"V100"}), "the region is <gone>", Decided("V100", ("V50", "V100"), 1))
STAYED = Decision((0,), frozenset({"V50"}), "it serves", Decided("V50", ("V50",), 0))
LEDGER = [order(-1, 1), order(0.5, 2), order(7, 3, region="sfo3", epoch=2)]


def a_scene(after: Aftermath = WELL, decision: Decision = GONE) -> Result:
    fate = settled(LEDGER, [row(1), row(3)], [row(1), row(2)], FAULT)
    return replace(a_result(), fate=fate, sides=sides(LEDGER, [], FAULT), decision=decision, after=after)


def test_a_divergent_order_that_is_kept_passes_and_is_named() -> None:
    result = a_scene()
    body = result.to_json()
    assert result.passed, result.failings
    assert [(one["order_key"], one["kept"]) for one in body["divergent"]] == [("order_2", True)]
    assert body["orders"]["lost"] == []
    assert body["old_side"]["last_ack_s"] == pytest.approx(0.6)
    assert body["new_side"]["first_ack_s"] == pytest.approx(7.1)
    assert body["open_in"] == ["sfo3"]


@pytest.mark.parametrize(
    ("after", "words"),
    [
        (Aftermath((), ((),), ()), "no region"),
        (Aftermath(("nyc3", "sfo3"), (("nyc3", "sfo3"),), ()), "nyc3 and sfo3"),
        (Aftermath(("sfo3",), (("nyc3", "sfo3"), ("sfo3",)), ()), "Two regions at once"),
        (Aftermath(("sfo3",), (("sfo3",),), None, "The database of nyc3 could not be read."), "could not be read"),
    ],
)
def test_the_end_fails_a_drill(after: Aftermath, words: str) -> None:
    assert any(words in text for text in a_scene(after).failings)


def test_staying_needs_no_new_epoch() -> None:
    result = a_scene(Aftermath(("nyc3",), (("nyc3",),), None), STAYED)
    quiet = replace(result, clocks=replace(result.clocks, first_order_s=None))
    assert quiet.passed, quiet.failings
    assert any("No order" in text for text in replace(quiet, decision=GONE).failings)


def test_an_overlap_by_the_rows_fails_although_the_answers_showed_none() -> None:
    result = a_scene()
    assert result.sides is not None
    assert any("same time" in text for text in replace(result, sides=replace(result.sides, overlap_s=0.2)).failings)


def test_page_and_terminal_tell_the_decision_and_both_sides() -> None:
    result, out = a_scene(), StringIO()
    show(result, Console(file=out, width=96))
    text = page(result, LEDGER, FAULT)
    for said in (out.getvalue(), text):
        for word in ("1 times, by V100", "rules that stood", "7.10 s after the fault"):
            assert word in said
    assert "order_2 (id 1002, nyc3, epoch 1)" in text
    assert "&lt;gone&gt;" in text
    assert "<gone>" not in text


def test_a_plain_drill_says_nothing_of_it() -> None:
    assert "Both sides" not in page(a_result(), [], FAULT)
    assert "divergent" not in a_result().to_json()


def test_a_planned_move_leaves_nothing_behind_and_fails_no_page() -> None:
    planned = replace(a_scene(), planned=True)
    assert any("stayed behind" in text for text in planned.failings)
    assert any("2 page views" in text for text in replace(planned, failed_pages=2).failings)
    clean = replace(planned, fate=replace(planned.fate, divergent=()))
    assert clean.passed, clean.failings
    assert clean.to_json()["checkout_closed_s"] == pytest.approx(6.5)
