"""Journal in, actions out: parallel where the graph allows, bounded, resumable from every prefix."""

from collections.abc import Sequence

from hypothesis import given
from hypothesis import strategies as st
from plan_values import a_plan

from farshore.model.group import Fences
from farshore.model.operator import Word
from farshore.model.permit import Gate
from farshore.plan.journal import Event, OperatorSaid, StepDone, StepFailed, StepSkipped, StepStarted
from farshore.plan.next import Finish, Run, Skip, Stuck, Wait, next_actions
from farshore.plan.plan import Plan
from farshore.plan.progress import Stage, progress
from farshore.plan.step import StepKind as K

PLAN = a_plan()
LOOSE = a_plan(allow_unfenced=True)
GATED = a_plan(gate=Gate.TRIGGER)
STRICT_HOSTS = a_plan(fences=Fences(hosts=True))


def started(kind: K, at_s: float = 0.0, plan: Plan = PLAN, attempt: int = 1) -> StepStarted:
    return StepStarted(at_s, plan.id, kind, attempt)


def done(*kinds: K, plan: Plan = PLAN, at_s: float = 0.0) -> list[Event]:
    return [event for kind in kinds for event in (started(kind, at_s, plan), StepDone(at_s, plan.id, kind))]


def failed(kind: K, times: int, at_s: float = 0.0, plan: Plan = PLAN, *, retry: bool = True) -> list[Event]:
    return [
        event
        for number in range(times)
        for event in (
            started(kind, at_s, plan, number + 1),
            StepFailed(at_s, plan.id, kind, "the API said 503", retry),
        )
    ]


def runs(plan: Plan, events: Sequence[Event], now_s: float = 0.0, busy: frozenset[K] = frozenset()) -> list[K]:
    return [a.step.kind for a in next_actions(plan, events, now_s, busy) if isinstance(a, Run)]


def test_everything_that_waits_for_nothing_begins_at_once() -> None:
    assert runs(PLAN, []) == [K.FENCE_APP, K.FENCE_DATABASE, K.SWITCH_DNS]
    assert runs(LOOSE, []) == [K.FENCE_APP, K.FENCE_DATABASE, K.SWITCH_DNS, K.PREPARE_PROMOTION]


def test_promotion_begins_with_whichever_is_done_first_and_not_with_one_that_was_given_up() -> None:
    given_up = StepSkipped(0.0, GATED.id, K.FENCE_DATABASE, "nobody answers", "plan")
    by_hand = StepSkipped(0.0, GATED.id, K.FENCE_DATABASE, "it is off", "ann")
    begun = [*done(K.FENCE_APP, K.SWITCH_DNS, K.REVOKE, plan=GATED), started(K.AWAIT_PERMIT, plan=GATED)]
    waiting = frozenset({K.AWAIT_PERMIT})
    assert K.PREPARE_PROMOTION not in runs(GATED, [*begun, given_up], busy=waiting)
    assert K.PREPARE_PROMOTION in runs(GATED, [*begun, by_hand], busy=waiting)
    assert K.PREPARE_PROMOTION in runs(GATED, [*begun, *done(K.FENCE_DATABASE, plan=GATED)], busy=waiting)
    assert K.PREPARE_PROMOTION in runs(GATED, [*begun, given_up, *done(K.AWAIT_PERMIT, plan=GATED)])


def test_a_fence_that_was_given_up_and_kept_at_is_a_proof_as_soon_as_it_is_done() -> None:
    """Under the plan's own epoch: an older one fenced another database."""
    begun = [
        *done(K.FENCE_APP, K.SWITCH_DNS, K.CONFIRM_DNS, plan=STRICT_HOSTS),
        started(K.FENCE_HOSTS, plan=STRICT_HOSTS),
    ]
    given_up = [*begun, StepSkipped(0.0, STRICT_HOSTS.id, K.FENCE_DATABASE, "nobody answers", "plan")]
    busy = frozenset({K.FENCE_HOSTS})
    assert runs(STRICT_HOSTS, given_up, busy=busy) == []
    older = StepDone(0.0, f"hold-{STRICT_HOSTS.epoch - 1}", K.FENCE_DATABASE)
    assert runs(STRICT_HOSTS, [*given_up, older], busy=busy) == []
    late = StepDone(0.0, f"hold-{STRICT_HOSTS.epoch}", K.FENCE_DATABASE)
    assert runs(STRICT_HOSTS, [*given_up, late], busy=busy) == [K.PREPARE_PROMOTION]


def test_the_last_proof_that_fails_is_stuck_until_another_one_is_there() -> None:
    begun = done(K.FENCE_APP, K.SWITCH_DNS, K.CONFIRM_DNS, plan=STRICT_HOSTS)
    given_up = [*begun, StepSkipped(0.0, STRICT_HOSTS.id, K.FENCE_DATABASE, "nobody answers", "plan")]
    failing = [*given_up, *failed(K.FENCE_HOSTS, 1, plan=STRICT_HOSTS, retry=False)]
    (action,) = next_actions(STRICT_HOSTS, failing, 0.0)
    assert isinstance(action, Stuck)
    assert "Power them off by hand" in action.why
    late = StepDone(0.0, f"hold-{STRICT_HOSTS.epoch}", K.FENCE_DATABASE)
    actions = next_actions(STRICT_HOSTS, [*failing, late], 0.0)
    assert [(type(a), a.step.kind) for a in actions if isinstance(a, Skip | Run)] == [
        (Skip, K.FENCE_HOSTS),
        (Run, K.PREPARE_PROMOTION),
    ]
    by_hand = StepSkipped(0.0, STRICT_HOSTS.id, K.FENCE_HOSTS, "I saw them off", "ann")
    assert runs(STRICT_HOSTS, [*failing, by_hand]) == [K.PREPARE_PROMOTION]


def test_a_step_in_flight_is_not_begun_twice_and_an_interrupted_one_is_begun_again() -> None:
    events = [started(K.FENCE_APP), started(K.FENCE_DATABASE)]
    assert runs(PLAN, events, busy=frozenset({K.FENCE_APP, K.FENCE_DATABASE})) == [K.SWITCH_DNS]
    assert runs(PLAN, events) == [K.FENCE_APP, K.FENCE_DATABASE, K.SWITCH_DNS]


def test_a_failure_waits_longer_each_time() -> None:
    rest = done(K.FENCE_APP, K.FENCE_DATABASE, K.SWITCH_DNS, K.CONFIRM_DNS)
    waits = []
    for times in (1, 2, 3):
        events = [*rest, *failed(K.PREPARE_PROMOTION, times)]
        (action,) = next_actions(PLAN, events, 0.0)
        assert isinstance(action, Wait)
        waits.append(action.until_s)
        assert runs(PLAN, events, action.until_s) == [K.PREPARE_PROMOTION]
    assert waits == [0.2, 0.4, 0.8]


def test_an_optional_step_that_is_exhausted_is_skipped_and_an_essential_one_is_stuck() -> None:
    rest = done(K.FENCE_APP, K.SWITCH_DNS, K.CONFIRM_DNS)
    (action,) = next_actions(PLAN, [*rest, *failed(K.FENCE_DATABASE, 1, retry=False)], 0.0)
    assert isinstance(action, Stuck)
    assert "allow_unfenced is false" in action.why
    assert "503" in action.why
    loose = done(K.FENCE_APP, K.SWITCH_DNS, K.CONFIRM_DNS, K.PREPARE_PROMOTION, plan=LOOSE)
    actions = next_actions(LOOSE, [*loose, *failed(K.FENCE_DATABASE, 1, plan=LOOSE, retry=False)], 0.0)
    assert [type(a) for a in actions] == [Skip, Run]


def test_a_deadline_ends_the_patience() -> None:
    """fence_patience_s is 1.5: an attempt that would begin after that is none."""
    first = [started(K.FENCE_DATABASE, 0.0, LOOSE), StepFailed(1.0, LOOSE.id, K.FENCE_DATABASE, "silence")]
    assert any(isinstance(a, Wait) for a in next_actions(LOOSE, first, 1.0))
    second = [
        *first,
        started(K.FENCE_DATABASE, 1.2, LOOSE, 2),
        StepFailed(1.4, LOOSE.id, K.FENCE_DATABASE, "silence"),
    ]
    assert any(isinstance(a, Skip) and a.step.kind is K.FENCE_DATABASE for a in next_actions(LOOSE, second, 1.4))


def test_a_plan_is_not_stuck_while_anything_else_can_go_on() -> None:
    """Browse comes back although the fence does not hold."""
    events = failed(K.FENCE_DATABASE, 1, retry=False)
    assert runs(PLAN, events) == [K.FENCE_APP, K.SWITCH_DNS]
    assert not any(isinstance(a, Stuck) for a in next_actions(PLAN, events, 0.0))
    busy = frozenset({K.FENCE_APP, K.SWITCH_DNS})
    assert next_actions(PLAN, [*events, started(K.FENCE_APP), started(K.SWITCH_DNS)], 0.0, busy) == ()


def test_the_operators_try_again_and_take_over_unstick() -> None:
    stuck = [*done(K.FENCE_APP, K.SWITCH_DNS, K.CONFIRM_DNS), *failed(K.FENCE_DATABASE, 1, retry=False)]
    again = [*stuck, OperatorSaid(0.0, Word.APPROVE, "ann", 1)]
    assert runs(PLAN, again) == [K.FENCE_DATABASE]
    by_hand = [*stuck, StepSkipped(0.0, PLAN.id, K.FENCE_DATABASE, "done by hand", "ann")]
    assert runs(PLAN, by_hand) == [K.PREPARE_PROMOTION]


def test_an_answer_that_comes_after_the_skip_changes_nothing() -> None:
    events = [
        started(K.FENCE_DATABASE),
        StepSkipped(0.0, PLAN.id, K.FENCE_DATABASE, "done by hand", "ann"),
        StepFailed(0.1, PLAN.id, K.FENCE_DATABASE, "silence"),
    ]
    assert progress(PLAN, events)[K.FENCE_DATABASE].stage is Stage.SKIPPED


def test_lines_of_an_earlier_boot_do_not_make_anybody_wait() -> None:
    """A clock that restarted at zero must not hold a retry back for weeks."""
    rest = done(K.FENCE_APP, K.FENCE_DATABASE, K.SWITCH_DNS, K.CONFIRM_DNS)
    events = [*rest, *failed(K.PREPARE_PROMOTION, 1, at_s=900_000.0)]
    assert runs(PLAN, events, 5.0) == [K.PREPARE_PROMOTION]


@given(st.data())
def test_any_order_of_endings_finishes_and_respects_the_graph(data: st.DataObject) -> None:
    """All interleavings that sampling finds: each step runs once, never before what it waits for."""
    plan = data.draw(st.sampled_from((PLAN, LOOSE, GATED)))
    events: list[Event] = []
    busy: set[K] = set()
    order: list[K] = []
    for _ in range(200):
        actions = next_actions(plan, events, 0.0, frozenset(busy))
        if actions == (Finish(),):
            break
        for kind in [a.step.kind for a in actions if isinstance(a, Run)]:
            assert set(plan.step(kind).after) <= set(order)
            assert not plan.step(kind).after_any or set(plan.step(kind).after_any) & set(order)
            events.append(started(kind, plan=plan))
            busy.add(kind)
        if data.draw(st.booleans(), label="crash"):
            busy.clear()  # in memory only: the journal says what was begun
            continue
        ended = data.draw(st.sampled_from(sorted(busy)), label="ends")
        busy.discard(ended)
        events.append(StepDone(0.0, plan.id, ended))
        order.append(ended)
    else:
        return  # a run of crashes only; the bound keeps hypothesis honest
    assert sorted(order) == sorted(plan.kinds)
