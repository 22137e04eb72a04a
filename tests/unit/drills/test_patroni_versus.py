"""The comparison with Patroni: what is counted as what, ratios by medians, bounds where one never came back."""

from dataclasses import replace

import pytest
from ledgers import FAULT, order
from results import a_result

from farshore.drills.orders import Divergent, Fate
from farshore.drills.patroni_match import order_of_bouts, ours, whole
from farshore.drills.patroni_versus import CRASH, CUT, FAULTS, OURS, Bout, Versus, bout
from farshore.drills.sides import sides

FOUND = Bout(OURS, "farshore", CUT, 6.0, 8.0, 6.1, 0.0, 100, 4, 3, 3, 0, inside=3, inside_last_s=2.5)


def rival(buy_s: float | None, fault: str = CUT, **other: object) -> Bout:
    return replace(FOUND, who="defaults", told="Patroni", fault=fault, buy_s=buy_s, **other)  # type: ignore[arg-type]


def divergent(key: str, at_s: float, kept: bool) -> Divergent:
    return Divergent(key, 1, at_s, kept, key)


def fate_of(*apart: Divergent, lost: tuple[str, ...] = (), damaged: tuple[str, ...] = ()) -> Fate:
    return Fate(20, 10, lost, ("twice",), damaged, 0, 0, apart)


def test_an_order_that_was_kept_is_absent_and_not_lost_for_good() -> None:
    """Kept ones stand in `divergent` alone; a lost one acknowledged after the fault in both, and counts once."""
    fate = fate_of(divergent("a", 1.0, True), divergent("b", 2.0, False), divergent("c", -0.1, True), lost=("b", "d"))
    found = bout(OURS, "farshore", CUT, a_result().clocks, fate, None)
    assert (found.absent, found.absent_after, found.kept, found.doubled) == (4, 2, 2, 1)
    assert found.to_json()["lost_for_good"] == 2


def test_what_is_damaged_is_absent_too() -> None:
    found = bout(OURS, "farshore", CRASH, a_result().clocks, fate_of(lost=("a",), damaged=("b", "c")), None)
    assert (found.absent, found.kept, found.inside) == (3, 0, None)


def test_the_old_side_is_counted_by_its_own_customers() -> None:
    ledger = [order(-1, 1), order(2.0, 2), order(3.0, 3, region="sfo3", epoch=2), order(4.0, 4)]
    ledger.append(order(5.0, 5, region="sfo3", epoch=2))
    found = bout("defaults", "Patroni", CUT, a_result().clocks, fate_of(), sides(ledger, (), FAULT))
    assert (found.inside, found.late) == (2, 1)
    assert found.inside_last_s == pytest.approx(ledger[3].ended - FAULT)
    assert found.overlap_s == pytest.approx(1.0)


def test_ratios_are_of_medians_and_say_of_how_many() -> None:
    found = Versus((FOUND, replace(FOUND, buy_s=8.0), *(rival(s) for s in (21.0, 90.0, 28.0))), 120.0)
    ratio = found.ratio("defaults", CUT)
    assert ratio is not None
    assert (ratio.times, ratio.lower_bound, ratio.runs) == (pytest.approx(4.0), False, (2, 3))
    assert found.ratio("defaults", CRASH) is None


def test_who_never_came_back_gives_a_lower_bound() -> None:
    ratio = Versus((FOUND, rival(None)), 120.0).ratio("defaults", CUT)
    assert ratio is not None
    assert (ratio.times, ratio.lower_bound) == (pytest.approx(20.0), True)


def test_no_ratio_where_farshore_itself_did_not_come_back() -> None:
    """One such bout among several must not hide behind a median."""
    found = Versus((FOUND, replace(FOUND, buy_s=None), rival(28.0)), 120.0)
    assert found.ratio("defaults", CUT) is None
    assert "120 s" in " ".join(found.lines())
    assert not whole(found.bouts)


def test_farshore_must_have_one_writer() -> None:
    assert whole([FOUND, rival(None, overlap_s=3.0)])  # what happens to another is no failing of ours
    assert not whole([replace(FOUND, overlap_s=0.1)])
    assert not whole([replace(FOUND, late=1)])
    assert not whole([rival(28.0)])


def test_the_printed_table_and_the_json_tell_the_same() -> None:
    found = Versus((FOUND, rival(30.0), rival(27.0, CRASH), replace(FOUND, fault=CRASH, inside=None)), 120.0)
    text, body = "\n".join(found.lines()), found.to_json()
    assert "5.0 times as long with defaults (30.0 s against 6.0 s, n = 1 and 1)" in text
    assert [(one["by"], one["fault"], one["ratio"]) for one in body["buy_ratios"]] == [
        ("defaults", CRASH, 4.5),
        ("defaults", CUT, 5.0),
    ]
    for says in FAULTS.values():
        assert says in text
    missed = replace(found, problems=("farshore, cut, bout 2: it would not fail over",))
    assert "not measured: farshore, cut, bout 2" in "\n".join(missed.lines())
    assert missed.to_json()["not_measured"] == list(missed.problems)
    assert len(body["bouts"]) == 4


def test_every_profile_meets_every_fault_as_often() -> None:
    order_ = order_of_bouts(2)
    assert len(order_) == 8
    assert {order_.count(pair) for pair in order_} == {2}


def test_a_drill_of_ours_is_a_bout() -> None:
    found = ours(CRASH, a_result(lost=("order_1",), present=2))
    assert (found.who, found.fault, found.buy_s, found.acknowledged, found.absent) == (OURS, CRASH, 6.3, 3, 1)
