"""Stages of an outage from journal lines: which plan, which clock, what was given up."""

from typing import Any

import pytest

from farshore.drills.stages import course

OFFSET = 50.0  # the machine slept for 50 s before the drill
FAULT = 100.0


def line(at: float, kind: str, **body: Any) -> dict[str, Any]:
    """`at` is seconds after the fault."""
    return {"at_s": FAULT + OFFSET + at, "kind": kind, **body}


def step(begin: float, end: float, name: str, last: str = "step_done") -> list[dict[str, Any]]:
    return [line(begin, "step_started", plan="f-2", step=name), line(end, last, plan="f-2", step=name)]


FAILOVER = [
    line(-30, "verdict", rule="V50", call="stay"),
    line(1.0, "verdict", rule="V55", call="wait"),
    line(3.5, "verdict", rule="V100", call="fail over"),
    line(3.5, "plan_started", plan={"id": "f-2", "epoch": 2}),
    *step(3.6, 5.0, "fence_database", "step_skipped"),
    *step(3.7, 3.8, "promote"),
    *step(3.9, 5.2, "await_writable"),
    *step(5.3, 5.5, "verify"),
    line(6.0, "plan_finished", plan="f-2"),
    line(7.0, "step_started", plan="hold-2", step="fence_app"),
    line(8.0, "step_done", plan="hold-2", step="fence_app"),
]


def test_course_of_a_failover() -> None:
    found = course(FAILOVER, FAULT, OFFSET)
    assert found.suspected_s == pytest.approx(1.0)
    assert found.verdict_s == pytest.approx(3.5)
    assert found.promotion_s == pytest.approx(1.5)
    assert found.verified_s == pytest.approx(5.5)
    assert found.finished_s == pytest.approx(6.0)
    assert found.rule == "V100"
    assert found.unfenced
    assert [stage.name for stage in found.stages][:3] == ["suspect", "be sure", "fence_database"]
    fence = found.stage("fence_database")
    assert fence is not None
    assert fence.took_s == pytest.approx(1.4)
    assert found.stage("fence_app") is None  # what is done after the plan is not part of the outage


def test_a_proved_fence_is_not_unfenced() -> None:
    proved = [body | {"kind": "step_done"} if body["kind"] == "step_skipped" else body for body in FAILOVER]
    assert (course(proved, FAULT, OFFSET).unfenced, course(proved, FAULT, OFFSET).fence) == (False, "proved")


def test_a_permit_that_was_waited_out_before_the_promotion_is_no_missing_fence() -> None:
    found = course([*FAILOVER, *step(3.6, 3.9, "await_permit")], FAULT, OFFSET)
    assert (found.unfenced, found.fence) == (False, "waited out")


def test_nothing_happened() -> None:
    found = course(FAILOVER[:1], FAULT, OFFSET)
    assert (found.stages, found.verdict_s, found.suspected_s) == ((), None, None)


def test_suspicion_without_a_plan() -> None:
    found = course(FAILOVER[:2], FAULT, OFFSET)
    assert [stage.name for stage in found.stages] == ["suspect"]
    assert found.verdict_s is None


def test_a_plan_before_the_fault_is_another_story() -> None:
    earlier = [line(-20, "plan_started", plan={"id": "f-1", "epoch": 1}), *FAILOVER]
    assert course(earlier, FAULT, OFFSET).verdict_s == pytest.approx(3.5)


def test_a_step_tried_again_lasts_from_its_first_start() -> None:
    again = [*FAILOVER[:4], line(3.6, "step_started", plan="f-2", step="promote"), *step(4.6, 5.0, "promote")]
    promote = course(again, FAULT, OFFSET).stage("promote")
    assert promote is not None
    assert (promote.start_s, promote.end_s) == (pytest.approx(3.6), pytest.approx(5.0))
