"""An operator's commands after the fault, each with its own clocks."""

import pytest
from ledgers import FAULT, order, page

from farshore.drills.turns import turns

PLAYED = [("farshore rebuild", FAULT + 50, FAULT + 60), ("farshore failback", FAULT + 70, FAULT + 80)]


def home(at: float, number: int) -> object:
    return order(at, number, epoch=3)


def away(at: float, number: int) -> object:
    return order(at, number, region="sfo3", epoch=2)


LEDGER = [
    page(20, "timeout"),  # of the fault, and nobody's turn
    away(51, 1), page(52), page(71), away(71.5, 2),
    page(72, "http"), order(72, 3, outcome="http"), page(74), home(75, 4),
]  # fmt: skip


def test_each_command_answers_for_its_own_time() -> None:
    rebuild, failback = turns(LEDGER, PLAYED, FAULT)  # type: ignore[arg-type]
    assert (rebuild.at_s, rebuild.took_s, rebuild.failed_pages, rebuild.checkout_closed_s) == (50, 10, 0, None)
    assert (failback.failed_pages, failback.checkout_closed_s) == (1, pytest.approx(3.5))
    assert failback.clocks.buy.closed_s == pytest.approx(5.1)
    assert rebuild.failings == failback.failings == ()


def test_a_shop_that_stays_shut_after_a_command_fails_the_drill() -> None:
    shut = [*LEDGER, order(78, 5, outcome="timeout"), order(79, 6, outcome="timeout")]
    assert "after: farshore failback" in turns(shut, PLAYED, FAULT)[1].failings[0]  # type: ignore[arg-type]


def test_no_command_no_turn() -> None:
    assert turns(LEDGER, [], FAULT) == ()  # type: ignore[arg-type]
