"""From the operator's order to the end of the plan it began, read from the journal line by line."""

from collections.abc import Callable
from dataclasses import dataclass

from farshore.cli.follow import follow
from farshore.engine.controller import Ending
from farshore.model.verdict import Call
from farshore.plan.journal import (
    Event,
    OperatorSaid,
    PlanAborted,
    PlanFinished,
    PlanStarted,
    PlanStuck,
    VerdictChanged,
    from_json,
)
from farshore.plan.plan import PlanKind
from farshore.ports.clock import Clock
from farshore.ports.coordination import Coordination

ANSWER_WITHIN_S = 15.0
BEGIN_WITHIN_S = 20.0  # the leader lets an order lapse a little before that, and says so


@dataclass(slots=True)
class Order:
    """What is known of one order. `running` is the plan that was active when it was given, if any."""

    revision: int
    running: str = ""
    answered: bool = False
    plan: str = ""
    verdict: str = ""
    asks: bool = False  # the verdict asks the operator something: it says more than one that only waits
    begin_by_s: float = 0.0  # known with the answer

    def read(self, event: Event) -> Ending | None:
        """The ending, once there is one."""
        match event:
            case OperatorSaid() if event.revision == self.revision:
                return self._answer(event.answer)
            case VerdictChanged() if event.call == Call.ASK_OPERATOR or (event.call != Call.STAY and not self.asks):
                # Not STAY: that the writer serves is no reason to refuse an order.
                self.asks = event.call == Call.ASK_OPERATOR
                self.verdict = f"{event.because} (rule {event.rule})"
            case PlanStarted() if event.plan.moves or event.plan.kind is PlanKind.REBUILD:
                self.answered, self.plan = True, event.plan.id
            case PlanFinished() if event.plan == self.plan:
                return Ending("finished", "", self.plan)
            case PlanStuck() if event.plan == self.plan:
                return Ending("stuck", f"at {event.step}: {event.why}", self.plan)
            case PlanAborted() if event.plan == self.plan:
                return Ending("aborted", f"by {event.who}", self.plan)
        return None

    def _answer(self, answer: str) -> Ending | None:
        self.answered = True
        if answer.startswith("refused"):
            return Ending("refused", answer.removeprefix("refused: "))
        if answer.startswith("lapsed"):
            return Ending("refused", f"the order {answer}; {self.verdict}".rstrip("; "))
        if self.running:
            self.plan = self.running
        return None

    def late(self, waited_s: float, timeout_s: float) -> Ending | None:
        """When to stop waiting. The work itself goes on under the controller."""
        if not self.answered and waited_s > ANSWER_WITHIN_S:
            return Ending("refused", f"the controller has not answered within {ANSWER_WITHIN_S:g} s")
        if self.answered and not self.begin_by_s:
            self.begin_by_s = min(waited_s, ANSWER_WITHIN_S) + BEGIN_WITHIN_S
        if not self.plan and self.answered and waited_s > self.begin_by_s:
            return Ending("refused", self.verdict or "the controller began no plan")
        if waited_s > timeout_s:
            return Ending("stuck", f"it has not ended within {timeout_s:g} s; it goes on without us", self.plan)
        return None


async def follow_order(
    store: Coordination, clock: Clock, order: Order, after: int, timeout_s: float, tell: Callable[[Event], None]
) -> Ending:
    began_s = clock.now_s()
    async for line in follow(store, clock, after):
        if line is None:
            ending = order.late(clock.now_s() - began_s, timeout_s)
        else:
            event = from_json(line.body)
            tell(event)
            ending = order.read(event)
        if ending is not None:
            return ending
    raise AssertionError("the journal is followed until something is returned")
