"""What was decided, from a journal made by hand, against what a scene wants."""

from dataclasses import replace
from typing import Any

import pytest

from farshore.drills.scenes import SCENES
from farshore.drills.verdict import decided, decision

FAULT, OFFSET = 100.0, 50.0


def line(at: float, kind: str, **body: Any) -> dict[str, Any]:
    return {"at_s": FAULT + OFFSET + at, "kind": kind, **body}


def plan(at: float, kind: str) -> dict[str, Any]:
    return line(at, "plan_started", plan={"id": f"{kind}-2", "kind": kind})


BEGUN = [line(-60, "granted", epoch=1, holder="nyc3"), line(-50, "verdict", rule="V50", call="stay")]
MOVED = [
    *BEGUN,
    line(2, "verdict", rule="V55", call="wait"),
    line(4, "verdict", rule="V100", call="fail over"),
    plan(4, "failover"),
    line(7, "granted", epoch=2, holder="sfo3"),
    line(20, "verdict", rule="V50", call="stay"),
]


def test_the_rule_that_began_the_move() -> None:
    found = decided(MOVED, FAULT + OFFSET)
    assert (found.rule, found.rules, found.moves) == ("V100", ("V50", "V55", "V100", "V50"), 1)
    assert decision(SCENES["partition"], MOVED, FAULT, OFFSET).failings == ()


def test_staying_by_the_rule_that_stood() -> None:
    found = decided(BEGUN, FAULT + OFFSET)
    assert (found.rule, found.moves) == ("V50", 0)
    assert decision(SCENES["one-app"], BEGUN, FAULT, OFFSET).failings == ()


def test_a_move_that_helps_nobody_fails_twice() -> None:
    """For the move, and for the rule."""
    assert len(decision(SCENES["standby"], MOVED, FAULT, OFFSET).failings) == 2


def test_a_writer_that_should_have_moved() -> None:
    failings = decision(SCENES["database"], BEGUN, FAULT, OFFSET).failings
    assert any("moved 0 times" in text for text in failings)
    assert any("should have been V100" in text for text in failings)


def test_to_and_fro_is_two_moves() -> None:
    back = [*MOVED, line(30, "granted", epoch=3, holder="nyc3")]
    assert decided(back, FAULT + OFFSET).moves == 2
    assert decision(SCENES["flap"], back, FAULT, OFFSET).failings
    assert not decision(SCENES["flap"], MOVED, FAULT, OFFSET).failings
    assert not decision(SCENES["flap"], BEGUN, FAULT, OFFSET).failings


def test_a_new_epoch_for_the_same_holder_is_no_move() -> None:
    assert decided([*BEGUN, line(5, "granted", epoch=2, holder="nyc3")], FAULT + OFFSET).moves == 0


def test_a_plan_that_moves_nothing_begins_no_move() -> None:
    late = [*BEGUN, plan(1, "hold"), line(2, "verdict", rule="V75", call="ask operator")]
    assert decided(late, FAULT + OFFSET).rule == "V75"


@pytest.mark.parametrize("wanted", ["V50", "V55"])
def test_no_verdict_at_all_is_none_of_the_wanted(wanted: str) -> None:
    scene = replace(SCENES["one-app"], rules=frozenset({wanted}))
    assert "The verdict was none" in decision(scene, [], FAULT, OFFSET).failings[0]
