"""The builders: the graph of docs/architecture.md, and the one edge that safety hangs on."""

import pytest
from plan_values import NYC, SFO, a_group, a_plan

from farshore.model.group import Fences
from farshore.model.permit import Gate
from farshore.model.region import Epoch
from farshore.plan.build import hold, reopen
from farshore.plan.plan import Plan, PlanKind
from farshore.plan.planned import switchover
from farshore.plan.rebuild import rebuild
from farshore.plan.step import SENTENCES, StepKind

PLANS = (a_plan(), a_plan(allow_unfenced=True), a_plan(allow_unfenced=True, reachable=True))
GATED = a_plan(gate=Gate.TRIGGER)
ALL = Fences(network=True, hosts=True)
FURTHER = (StepKind.FENCE_NETWORK, StepKind.FENCE_HOSTS)
FENCED, STRICT = a_plan(gate=Gate.TRIGGER, fences=ALL), a_plan(fences=ALL)
REOPEN = reopen(a_group(), Epoch(3), NYC)


def reaches(plan: Plan, late: StepKind) -> set[StepKind]:
    """Everything that must be over before `late` begins."""
    before: set[StepKind] = set()
    for kind in (*plan.step(late).after, *plan.step(late).after_any):
        before |= {kind} | reaches(plan, kind)
    return before


@pytest.mark.parametrize("plan", [*PLANS, GATED, FENCED, STRICT, REOPEN], ids=lambda plan: plan.id)
def test_the_graph_has_no_loops_and_no_loose_ends(plan: Plan) -> None:
    seen: set[StepKind] = set()
    for step in plan.steps:
        assert {*step.after, *step.after_any} <= seen, f"{step.kind} stands before what it waits for"
        seen.add(step.kind)
    assert len(seen) == len(plan.steps)
    assert set(plan.step(StepKind.REPORT).after) == seen - {StepKind.REPORT}


@pytest.mark.parametrize(
    ("allow_unfenced", "reachable", "waits"),
    [(False, False, True), (False, True, True), (True, True, True), (True, False, False)],
)
def test_promotion_waits_for_the_fence_unless_it_is_allowed_and_hopeless(
    allow_unfenced: bool, reachable: bool, waits: bool
) -> None:
    plan = a_plan(allow_unfenced=allow_unfenced, reachable=reachable)
    assert (StepKind.FENCE_DATABASE in reaches(plan, StepKind.PROMOTE)) is waits


@pytest.mark.parametrize("plan", PLANS, ids=["strict", "hopeless", "reachable"])
def test_an_unproved_fence_is_skipped_only_where_it_is_allowed(plan: Plan) -> None:
    assert plan.step(StepKind.FENCE_DATABASE).optional is (plan is not PLANS[0])


@pytest.mark.parametrize("plan", PLANS, ids=["strict", "hopeless", "reachable"])
def test_the_checkout_opens_behind_the_grant_and_the_grant_behind_the_new_epoch(plan: Plan) -> None:
    assert reaches(plan, StepKind.OPEN_CHECKOUT) >= {
        StepKind.GRANT,
        StepKind.RAISE_EPOCH,
        StepKind.JUMP_IDS,
        StepKind.AWAIT_WRITABLE,
        StepKind.PROMOTE,
        StepKind.PREPARE_PROMOTION,
    }
    assert not plan.step(StepKind.SWITCH_DNS).after, "pages come back first"


@pytest.mark.parametrize("allow_unfenced", [False, True])
def test_with_a_permit_promotion_waits_for_the_fence_or_for_the_end_of_the_permit(allow_unfenced: bool) -> None:
    plan = a_plan(allow_unfenced=allow_unfenced, gate=Gate.TRIGGER)
    for kind in (StepKind.PREPARE_PROMOTION, StepKind.PROMOTE):
        assert set(plan.step(kind).after_any) == {StepKind.FENCE_DATABASE, StepKind.AWAIT_PERMIT}
    assert plan.step(StepKind.AWAIT_PERMIT).after == (StepKind.REVOKE,)
    assert StepKind.REVOKE in reaches(plan, StepKind.GRANT)


@pytest.mark.parametrize("gate", Gate)
@pytest.mark.parametrize("allow_unfenced", [False, True])
@pytest.mark.parametrize("reachable", [False, True])
def test_further_fences_delay_nothing_and_come_only_when_they_are_allowed(
    gate: Gate, allow_unfenced: bool, reachable: bool
) -> None:
    plain = a_plan(gate=gate, allow_unfenced=allow_unfenced, reachable=reachable)
    plan = a_plan(gate=gate, allow_unfenced=allow_unfenced, reachable=reachable, fences=ALL)
    assert not set(FURTHER) & set(plain.kinds)
    assert {*plan.kinds} - {*plain.kinds} == set(FURTHER)
    for kind in FURTHER:
        assert plan.step(kind).after == (StepKind.FENCE_DATABASE,)
    assert plan.step(StepKind.FENCE_NETWORK).optional
    for step in plain.steps:
        more = plan.step(step.kind)
        if step.kind is not StepKind.REPORT:
            assert set(more.after) <= set(step.after)
            assert StepKind.FENCE_NETWORK not in more.after_any, "it proves nothing"
    assert plan.step(StepKind.FENCE_DATABASE).deadline_s <= plain.step(StepKind.FENCE_DATABASE).deadline_s


@pytest.mark.parametrize("gate", Gate)
@pytest.mark.parametrize("allow_unfenced", [False, True])
def test_powered_off_app_servers_are_a_proof_wherever_one_is_waited_for(gate: Gate, allow_unfenced: bool) -> None:
    plan = a_plan(gate=gate, allow_unfenced=allow_unfenced, fences=Fences(hosts=True))
    waits = gate is not Gate.NONE or not allow_unfenced
    for kind in (StepKind.PREPARE_PROMOTION, StepKind.PROMOTE):
        assert (StepKind.FENCE_HOSTS in plan.step(kind).after_any) is waits
        assert (StepKind.FENCE_DATABASE in plan.step(kind).after_any) is waits
    only = waits and gate is Gate.NONE
    assert plan.step(StepKind.FENCE_HOSTS).optional is not only, "given up, it would leave promotion waiting for ever"


def test_every_kind_has_a_sentence_and_a_place_in_a_plan() -> None:
    assert (
        set(SENTENCES)
        == set(StepKind)
        == {
            *FENCED.kinds,
            *switchover(a_group(), Epoch(2), NYC).kinds,
            *rebuild(a_group(), Epoch(2), NYC).kinds,
        }
    )


def test_the_checksum_is_of_what_is_done_and_not_of_why() -> None:
    plan = a_plan()
    assert plan.checksum == Plan(**{**_fields(plan), "rule": "V30", "because": "", "id": "x"}).checksum
    assert plan.checksum != a_plan(allow_unfenced=True).checksum
    assert plan.checksum in plan.text()


def test_a_plan_survives_storage_and_a_foreign_one_is_refused() -> None:
    plan = a_plan()
    assert Plan.from_storage(plan.for_storage()) == plan
    with pytest.raises(Exception, match="cannot be read"):
        Plan.from_storage({"id": "x"})


def test_reopen_swaps_nothing_but_the_epoch() -> None:
    plan = reopen(a_group(), Epoch(3), NYC)
    assert (plan.kind, plan.to_region, plan.from_region, plan.epoch) == (PlanKind.REOPEN, NYC, SFO, 3)
    assert StepKind.PROMOTE not in plan.kinds
    assert StepKind.FENCE_DATABASE not in plan.kinds


def test_hold_only_fences_and_opens() -> None:
    assert set(hold(a_group(), Epoch(2), SFO).kinds) == {
        StepKind.FENCE_APP,
        StepKind.FENCE_DATABASE,
        StepKind.OPEN_CHECKOUT,
    }


def _fields(plan: Plan) -> dict[str, object]:
    return {name: getattr(plan, name) for name in Plan.__slots__}
