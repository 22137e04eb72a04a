"""What a group's journal amounts to: a fold over its lines. Nothing about a plan's position is kept anywhere else."""

from collections.abc import Iterable
from dataclasses import dataclass, replace

from farshore.model.operator import Word
from farshore.plan.journal import (
    BY_PLAN,
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
from farshore.plan.plan import HOLD_PREFIX, Plan, PlanKind
from farshore.plan.step import StepKind


@dataclass(frozen=True, slots=True)
class Ledger:
    plan: Plan | None = None  # the last that was started
    active: bool = False  # neither finished nor aborted
    stuck: PlanStuck | None = None
    held: bool = False  # paused in the middle
    events: tuple[Event, ...] = ()  # of that plan, and the operator's words since it started
    aborted: Plan | None = None  # an aborted failover whose holder was not given its door back yet
    epoch_max: int = 0  # the largest epoch any line has mentioned
    revision: int = 0  # of the operator's last word that was obeyed
    standing: OperatorSaid | None = None  # an approval or an order that waits for its moment
    answer: str = ""  # to the operator's last word
    rule: str = ""  # of the last verdict written down
    failover_at_s: float | None = None  # begins the cool-down
    unfenced: int = 0  # epoch of the failover whose old database is not proved fenced; 0: none
    holding: frozenset[StepKind] = frozenset()  # begun after the plan, and not known to be done
    promotion_s: float | None = None  # measured by the last failover


def fold(ledger: Ledger, event: Event) -> Ledger:
    """The ledger after one more line."""
    match event:
        case VerdictChanged():
            return replace(ledger, rule=event.rule)
        case OperatorSaid():
            return _operator(ledger, event)
        case Granted():
            return replace(ledger, epoch_max=max(ledger.epoch_max, event.epoch))
        case PlanStarted():
            return _started(ledger, event)
        case StepStarted() | StepDone() | StepFailed() | StepSkipped():
            return _step(ledger, event)
        case ReconcileStarted() | ReconcileActing() | ReconcileActed() | ReconcileFinished():
            return ledger  # it moves no writer
        case PlanStuck():
            return replace(ledger, stuck=event, events=(*ledger.events, event))
        case PlanFinished():
            return replace(ledger, active=False, stuck=None, held=False, events=(*ledger.events, event))
        case PlanAborted():
            failed = ledger.plan if ledger.plan is not None and ledger.plan.moves else None
            return replace(
                ledger,
                active=False,
                stuck=None,
                held=False,
                events=(*ledger.events, event),
                aborted=failed,
                failover_at_s=event.at_s if _unplanned(ledger.plan) else ledger.failover_at_s,
                unfenced=ledger.unfenced if ledger.plan is not None and ledger.plan.kind is PlanKind.REBUILD else 0,
            )


def _unplanned(plan: Plan | None) -> bool:
    return plan is None or plan.kind in (PlanKind.FAILOVER, PlanKind.REOPEN)


def fold_all(events: Iterable[Event]) -> Ledger:
    ledger = Ledger()
    for event in events:
        ledger = fold(ledger, event)
    return ledger


def _operator(ledger: Ledger, event: OperatorSaid) -> Ledger:
    standing = event if event.stands_s > 0 else None
    ledger = replace(ledger, revision=max(ledger.revision, event.revision), standing=standing, answer=event.answer)
    if not ledger.active:
        return ledger
    ledger = replace(ledger, events=(*ledger.events, event))
    match event.word:
        case Word.PAUSE:
            return replace(ledger, held=True)
        case Word.RESUME:
            return replace(ledger, held=False)
        case Word.APPROVE:
            return replace(ledger, held=False, stuck=None)
    return ledger


def _started(ledger: Ledger, event: PlanStarted) -> Ledger:
    failover, rebuilds = event.plan.kind is PlanKind.FAILOVER, event.plan.kind is PlanKind.REBUILD
    return replace(
        ledger,
        plan=event.plan,
        active=True,
        stuck=None,
        held=False,
        events=(event,),
        aborted=None,
        standing=None,
        epoch_max=max(ledger.epoch_max, event.plan.epoch),
        failover_at_s=event.at_s if failover else ledger.failover_at_s,
        unfenced=event.plan.epoch if event.plan.moves else (ledger.unfenced if rebuilds else 0),
    )


def _step(ledger: Ledger, event: StepStarted | StepDone | StepFailed | StepSkipped) -> Ledger:
    proved = isinstance(event, StepDone) or (isinstance(event, StepSkipped) and event.by != BY_PLAN)
    if proved and event.step is StepKind.FENCE_DATABASE:
        ledger = replace(ledger, unfenced=0)
        if ledger.stuck is not None and ledger.stuck.step is StepKind.FENCE_HOSTS:
            ledger = replace(ledger, stuck=None)  # the other proof is there after all
    if event.plan.startswith(HOLD_PREFIX):
        started = isinstance(event, StepStarted)
        holding = ledger.holding | {event.step} if started else ledger.holding - {event.step}
        events = (*ledger.events, event) if ledger.active else ledger.events
        return replace(ledger, holding=holding, events=events)
    if ledger.plan is None or event.plan != ledger.plan.id:
        return ledger
    if isinstance(event, StepSkipped) and event.by != BY_PLAN:
        ledger = replace(ledger, stuck=None)
    if isinstance(event, StepDone) and event.step is StepKind.AWAIT_WRITABLE:
        begun = [e.at_s for e in ledger.events if isinstance(e, StepStarted) and e.step is StepKind.PROMOTE]
        if begun and event.at_s >= begun[0]:
            ledger = replace(ledger, promotion_s=event.at_s - begun[0])
    return replace(ledger, events=(*ledger.events, event))
