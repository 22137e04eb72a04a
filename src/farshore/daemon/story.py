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
    StepDone,
    StepFailed,
    StepSkipped,
    StepStarted,
    VerdictChanged,
)


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
            return f"operator {event.who} said {event.word}{step}{answer}"
        case PlanStarted():
            plan = event.plan
            return f"plan {plan.id} starts: {plan.kind} from {plan.from_region} to {plan.to_region}, epoch {plan.epoch}"
        case Granted():
            return f"granted epoch {event.epoch} to {event.holder}"
        case PlanFinished():
            return f"plan {event.plan} is finished"
        case PlanStuck():
            return f"plan {event.plan} is stuck at {event.step}: {event.why}"
        case PlanAborted():
            return f"plan {event.plan} was aborted by {event.who}"
        case _:
            return _step(event)


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
