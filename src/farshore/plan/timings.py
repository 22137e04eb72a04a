"""What a failover took, computed from its lines in the journal. The report step and `farshore status` print it."""

from collections.abc import Sequence
from dataclasses import dataclass

from farshore.plan.journal import Event, PlanFinished, PlanStarted, StepDone, StepSkipped, StepStarted
from farshore.plan.step import StepKind


@dataclass(frozen=True, slots=True)
class StageTime:
    step: StepKind
    begun_s: float  # since the plan started
    took_s: float
    attempts: int
    how: str  # done | skipped | unfinished


@dataclass(frozen=True, slots=True)
class Timings:
    plan: str
    stages: tuple[StageTime, ...]
    promotion_s: float | None  # asked for -> a transaction of our own commits
    first_order_s: float | None  # verdict -> the order from outside is answered
    total_s: float | None  # verdict -> finished

    @property
    def own_s(self) -> float | None:
        """What farshore itself spent: the first order less the provider's promotion."""
        if self.first_order_s is None or self.promotion_s is None:
            return None
        return self.first_order_s - self.promotion_s


def timings(plan: str, events: Sequence[Event]) -> Timings:
    """Seconds of one controller's clock; a plan that survived a reboot has no meaningful total and says None."""
    start = next((e.at_s for e in events if isinstance(e, PlanStarted) and e.plan.id == plan), None)
    begun: dict[StepKind, float] = {}
    ended: dict[StepKind, tuple[float, str]] = {}
    attempts: dict[StepKind, int] = {}
    for event in events:
        if isinstance(event, StepStarted) and event.plan == plan:
            begun.setdefault(event.step, event.at_s)
            attempts[event.step] = attempts.get(event.step, 0) + 1
        elif isinstance(event, StepDone | StepSkipped) and event.plan == plan:
            ended.setdefault(event.step, (event.at_s, "done" if isinstance(event, StepDone) else "skipped"))
    finish = next((e.at_s for e in events if isinstance(e, PlanFinished) and e.plan == plan), None)
    return Timings(
        plan=plan,
        stages=tuple(
            StageTime(
                kind,
                at - (start or at),
                ended.get(kind, (at, ""))[0] - at,
                attempts[kind],
                ended.get(kind, (0.0, "unfinished"))[1],
            )
            for kind, at in begun.items()
        ),
        promotion_s=_between(begun.get(StepKind.PROMOTE), ended.get(StepKind.AWAIT_WRITABLE, (None, ""))[0]),
        first_order_s=_between(start, ended.get(StepKind.VERIFY, (None, ""))[0]),
        total_s=_between(start, finish),
    )


def _between(start: float | None, end: float | None) -> float | None:
    return None if start is None or end is None or end < start else end - start
