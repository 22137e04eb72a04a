"""What to do now: the journal's lines and the time in, every action that may begin out.

Pure: the same lines and the same time give the same answer, so a restarted controller goes on where the last one
stopped, and a reader can replay any failover by hand.
"""

from collections.abc import Iterable
from dataclasses import dataclass

from farshore.plan.journal import Event
from farshore.plan.plan import Plan
from farshore.plan.progress import Progress, Stage, progress
from farshore.plan.step import Step, StepKind


@dataclass(frozen=True, slots=True)
class Run:
    step: Step
    attempt: int  # from 1


@dataclass(frozen=True, slots=True)
class Skip:
    """An optional step has used up its attempts; it is tried again after the plan."""

    step: Step
    why: str


@dataclass(frozen=True, slots=True)
class Wait:
    until_s: float


@dataclass(frozen=True, slots=True)
class Stuck:
    step: Step
    why: str


@dataclass(frozen=True, slots=True)
class Finish:
    pass


Action = Run | Skip | Wait | Stuck | Finish

_STUCK = {
    StepKind.KEEP_DIVERGENCE: (
        "What the old database alone has is not on disk, so nothing is deleted. If it may be lost, take the step over: "
    ),
    StepKind.DRAIN: (
        "The standby does not show the fence, so it may lack orders and is not promoted. Abort, and mend the "
        "replication: "
    ),
    StepKind.REVOKE: (
        "The permit is not revoked, so nothing is promoted. One app server of the region that is to sell must answer: "
    ),
    StepKind.FENCE_DATABASE: (
        "The old database is not fenced, so nothing is promoted (allow_unfenced is false, or a loss was accepted, "
        "which is no leave for two writers); pages are served, orders are not. Take the step over when the old "
        "database is certainly off, or approve to try again: "
    ),
    StepKind.FENCE_HOSTS: (
        "Neither is the old database fenced nor are its app servers known to be off, so nothing is promoted; pages are "
        "served, orders are not. Power them off by hand and take the step over, or approve to try again: "
    ),
    StepKind.PROMOTE: "The provider does not promote the standby database. Promote it by hand and take the step over: ",
    StepKind.SWITCH_DNS: "The DNS record could not be changed. Change it by hand and take the step over: ",
    StepKind.VERIFY: "The checkout is open but an order from outside fails. Try one by hand, then take the step over: ",
}


def next_actions(
    plan: Plan, events: Iterable[Event], now_s: float, in_flight: frozenset[StepKind] = frozenset()
) -> tuple[Action, ...]:
    """Every step whose predecessors are over, in the plan's order. `in_flight` are those being done this moment.

    A plan is stuck only when nothing else can go on: pages come back although the fence does not hold.
    """
    known = progress(plan, events)
    if all(known[step.kind].stage.over for step in plan.steps):
        return (Finish(),)
    actions: list[Action] = []
    stuck: list[Action] = []
    for step in plan.steps:
        was = known[step.kind]
        if was.stage.over or step.kind in in_flight or not _may_begin(step, known):
            continue
        action = _next(step, was, now_s)
        if isinstance(action, Stuck) and _replaced(step, plan, known):
            action = Skip(step, action.why)
        (stuck if isinstance(action, Stuck) else actions).append(action)
    if actions or in_flight:
        return tuple(actions)
    return tuple(stuck[:1])


def _may_begin(step: Step, known: dict[StepKind, Progress]) -> bool:
    before = all(known[kind].stage.over for kind in step.after)
    return before and (not step.after_any or any(known[kind].done for kind in step.after_any))


def _replaced(step: Step, plan: Plan, known: dict[StepKind, Progress]) -> bool:
    """Whoever waits for it has another proof."""
    return any(step.kind in late.after_any and any(known[kind].done for kind in late.after_any) for late in plan.steps)


def _next(step: Step, was: Progress, now_s: float) -> Action:
    if was.stage is not Stage.FAILED or not was.failures:
        return Run(step, was.attempts + 1)
    last = was.failures[-1]
    pause = max(last.after_s, min(step.retry_max_s, step.retry_after_s * 2 ** min(len(was.failures) - 1, 10)))
    due_s = last.at_s + pause
    if due_s > now_s + pause:  # written before a reboot: its clock says nothing
        due_s = now_s
    over = due_s - was.begun_s > step.deadline_s
    if over or not last.retry or len(was.failures) >= step.attempts_max:
        if step.optional:
            return Skip(step, last.why)
        return Stuck(step, _STUCK.get(step.kind, "") + last.why)
    return Run(step, was.attempts + 1) if now_s >= due_s else Wait(due_s)
