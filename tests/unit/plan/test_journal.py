"""Journal lines: JSON and back, the ledger as a fold, and the figures that are computed from them."""

import json

import pytest
from plan_values import SFO, a_plan

from farshore.model.failure import Refused
from farshore.model.operator import Word
from farshore.model.region import Epoch
from farshore.plan.journal import (
    KINDS,
    Event,
    Granted,
    OperatorSaid,
    PlanAborted,
    PlanFinished,
    PlanStarted,
    PlanStuck,
    ReconcileActed,
    ReconcileActing,
    ReconcileFinished,
    ReconcileStarted,
    StepDone,
    StepFailed,
    StepSkipped,
    StepStarted,
    VerdictChanged,
    from_json,
    to_json,
)
from farshore.plan.ledger import fold_all
from farshore.plan.step import StepKind as K
from farshore.plan.timings import timings

PLAN = a_plan()
ONE_OF_EACH: tuple[Event, ...] = (
    VerdictChanged(1.0, "V50", "stay", "The writer serves."),
    OperatorSaid(2.0, Word.TAKE_OVER, "ann", 3, "promote", "so it is"),
    PlanStarted(3.0, PLAN),
    StepStarted(4.0, PLAN.id, K.PROMOTE, 1),
    StepDone(5.0, PLAN.id, K.PROMOTE, "accepted", ("app-1: silent",)),
    StepFailed(5.0, PLAN.id, K.GRANT, "no", False, 0.5),
    StepSkipped(5.0, PLAN.id, K.FENCE_APP, "silence", "plan"),
    PlanFinished(6.0, PLAN.id),
    PlanStuck(6.0, PLAN.id, K.PROMOTE, "no"),
    PlanAborted(6.0, PLAN.id, "ann"),
    Granted(7.0, Epoch(2), SFO),
    ReconcileStarted(8.0, "shop", Epoch(2), 1),
    ReconcileActing(8.0, "shop", "wc_order_a", "R30", "restore"),
    ReconcileActed(9.0, "shop", "wc_order_a", "restored", 7),
    ReconcileFinished(9.0, "shop", 1, 0, 0),
)


@pytest.mark.parametrize("event", ONE_OF_EACH, ids=lambda event: type(event).__name__)
def test_a_line_comes_back_as_it_was(event: Event) -> None:
    assert from_json(to_json(event)) == event


def test_there_is_one_of_each_kind_here() -> None:
    assert {type(event) for event in ONE_OF_EACH} == set(KINDS.values())


def test_a_later_versions_extra_field_is_passed_over_and_nonsense_is_refused() -> None:
    body = json.loads(to_json(ONE_OF_EACH[0])) | {"colour": "red"}
    assert from_json(json.dumps(body)) == ONE_OF_EACH[0]
    for text in ("", "[]", "{}", '{"kind": "nothing"}', '{"kind": "granted"}'):
        with pytest.raises(Refused, match="cannot be read"):
            from_json(text)


def test_the_ledger_follows_a_plan_to_its_end() -> None:
    begun = fold_all([PlanStarted(1.0, PLAN)])
    assert begun.active
    assert begun.unfenced == 2
    assert begun.epoch_max == 2
    fenced = fold_all([PlanStarted(1.0, PLAN), StepDone(2.0, PLAN.id, K.FENCE_DATABASE)])
    assert fenced.unfenced == 0
    over = fold_all([PlanStarted(1.0, PLAN), PlanFinished(3.0, PLAN.id)])
    assert not over.active
    assert over.failover_at_s == 1.0
    assert over.unfenced == 2, "a plan that ends without a proved fence leaves it to be kept at"


def test_a_fence_that_the_plan_gave_up_is_not_proved_and_one_that_a_person_vouches_for_is() -> None:
    start = PlanStarted(1.0, PLAN)
    assert fold_all([start, StepSkipped(2.0, PLAN.id, K.FENCE_DATABASE, "silence", "plan")]).unfenced == 2
    assert fold_all([start, StepSkipped(2.0, PLAN.id, K.FENCE_DATABASE, "by hand", "ann")]).unfenced == 0
    assert fold_all([start, StepDone(2.0, "hold-2", K.FENCE_DATABASE)]).unfenced == 0
    assert fold_all([start, StepDone(2.0, PLAN.id, K.FENCE_HOSTS)]).unfenced == 2, "off, not fenced"


def test_a_plan_that_lacks_a_proof_goes_on_when_the_late_fence_is_one() -> None:
    start = PlanStarted(1.0, PLAN)
    for step, freed in ((K.FENCE_HOSTS, True), (K.PROMOTE, False)):
        stuck = [start, PlanStuck(2.0, PLAN.id, step, "not off")]
        assert (fold_all([*stuck, StepDone(3.0, "hold-2", K.FENCE_DATABASE)]).stuck is None) is freed


def test_pausing_holds_a_plan_until_a_word_lets_it_go_on() -> None:
    held = [PlanStarted(1.0, PLAN), OperatorSaid(2.0, Word.PAUSE, "ann", 1)]
    assert fold_all(held).held
    assert not fold_all([*held, OperatorSaid(3.0, Word.RESUME, "ann", 2)]).held


def test_a_standing_word_ends_with_the_plan_it_began_or_with_the_next_word() -> None:
    order = OperatorSaid(1.0, Word.FAILOVER, "ann", 1, stands_s=15.0)
    assert fold_all([order]).standing == order
    assert fold_all([order, PlanStarted(2.0, PLAN)]).standing is None
    assert fold_all([order, OperatorSaid(2.0, Word.PAUSE, "ann", 2)]).standing is None


def test_the_figures_of_a_failover() -> None:
    events = [
        PlanStarted(100.0, PLAN),
        StepStarted(100.5, PLAN.id, K.PROMOTE, 1),
        StepFailed(100.6, PLAN.id, K.PROMOTE, "no"),
        StepStarted(101.0, PLAN.id, K.PROMOTE, 2),
        StepDone(101.1, PLAN.id, K.PROMOTE),
        StepDone(103.5, PLAN.id, K.AWAIT_WRITABLE),
        StepDone(104.0, PLAN.id, K.VERIFY),
        PlanFinished(105.0, PLAN.id),
    ]
    took = timings(PLAN.id, events)
    assert took.promotion_s == pytest.approx(3.0)
    assert took.first_order_s == pytest.approx(4.0)
    assert took.own_s == pytest.approx(1.0)
    assert took.total_s == pytest.approx(5.0)
    assert [(s.step, s.attempts, s.how) for s in took.stages] == [(K.PROMOTE, 2, "done")]
    assert fold_all(events).promotion_s == pytest.approx(3.0)


def test_a_plan_over_a_reboot_has_no_total() -> None:
    assert timings(PLAN.id, [PlanStarted(100.0, PLAN), PlanFinished(5.0, PLAN.id)]).total_s is None
