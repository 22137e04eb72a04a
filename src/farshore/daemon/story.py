"""The journal as sentences: what `watch` prints as it happens and `journal` prints afterwards.

Times of a plan are seconds since it started, because "12.4 s in" is what an operator compares with the last drill.
"""

from farshore.plan.journal import (
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
)
from farshore.plan.loss import beyond_budget


class Story:
    """Remembers only when each plan began."""

    def __init__(self) -> None:
        self._began: dict[str, float] = {}

    def tell(self, event: Event) -> str:
        if isinstance(event, PlanStarted):
            self._began[event.plan.id] = event.at_s
        plan = event.plan.id if isinstance(event, PlanStarted) else getattr(event, "plan", "")
        began = self._began.get(plan)
        mark = f"+{event.at_s - began:6.2f} s  " if began is not None and event.at_s >= began else " " * 11
        return mark + sentence(event)


def sentence(event: Event) -> str:
    """One line, without times."""
    match event:
        case VerdictChanged():
            return f"verdict {event.rule} {event.call}: {event.because}"
        case OperatorSaid():
            step = f" {event.step}" if event.step else ""
            answer = f": {event.answer}" if event.answer else ""
            return f"operator {event.who} said {event.word}{step}{_accepted(event)}{answer}"
        case PlanStarted():
            plan = event.plan
            what = f"{plan.kind} from {plan.from_region} to {plan.to_region}, epoch {plan.epoch}"
            return f"plan {plan.id} starts: {what}{_lag(event)}"
        case Granted():
            return f"granted epoch {event.epoch} to {event.holder}"
        case PlanFinished():
            return f"plan {event.plan} is finished"
        case PlanStuck():
            return f"plan {event.plan} is stuck at {event.step}: {event.why}"
        case PlanAborted():
            return f"plan {event.plan} was aborted by {event.who}"
        case ReconcileStarted() | ReconcileActing() | ReconcileActed() | ReconcileFinished():
            return _reconciling(event)
        case _:
            return _step(event)


def _accepted(said: OperatorSaid) -> str:
    if not said.accept_loss:
        return ""
    named = "a loss that nobody could name" if said.loss_s is None else f"the loss of {said.loss_s:.1f} s of orders"
    return f", accepting {named}"


def _lag(started: PlanStarted) -> str:
    """Only where the standby was not known to be within the budget: what may be lost, and by which word."""
    if not beyond_budget(started):
        return ""
    lag = "by nobody knows how much" if started.behind_s is None else f"by {started.behind_s:.1f} s"
    return f"; the standby is behind {lag}, the budget is {started.budget_s:g} s (word {started.word})"


def _reconciling(event: ReconcileStarted | ReconcileActing | ReconcileActed | ReconcileFinished) -> str:
    match event:
        case ReconcileStarted():
            return f"reconciliation of {event.store} starts under epoch {event.epoch}: {event.orders} orders"
        case ReconcileActing():
            return f"order {event.order_key}: {event.do}, by {event.rule}"
        case ReconcileActed():
            number = f" as number {event.order_id}" if event.order_id else ""
            return f"order {event.order_key}: {event.did}{number}{': ' + event.why if event.why else ''}"
        case ReconcileFinished():
            figures = f"{event.done} done, {event.failed} failed, {event.remaining} remain"
            return f"reconciliation of {event.store} ends: {figures}"


def _step(event: StepStarted | StepDone | StepFailed | StepSkipped) -> str:
    match event:
        case StepStarted():
            again = f" (attempt {event.attempt})" if event.attempt > 1 else ""
            return f"{event.step} starts{again}"
        case StepDone():
            left = f"; later: {', '.join(event.left)}" if event.left else ""
            return f"{event.step} done{': ' + event.detail if event.detail else ''}{left}"
        case StepFailed():
            return f"{event.step} failed{', will be tried again' if event.retry else ''}: {event.why}"
        case StepSkipped():
            return f"{event.step} skipped by {event.by}: {event.why}"
