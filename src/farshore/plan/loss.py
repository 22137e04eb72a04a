"""The journal's proof that no stale standby was promoted unless an operator said so, by name.

Read by the tests after every story, and by whoever has to explain a failover afterwards.
"""

from collections.abc import Iterable

from farshore.model.operator import Word
from farshore.plan.journal import Event, OperatorSaid, PlanStarted

_ORDERS = frozenset({Word.FAILOVER, Word.APPROVE})


def beyond_budget(started: PlanStarted) -> bool:
    """Began a failover to a standby that was known to be behind by more than the budget, or not known to be within."""
    return started.budget_s is not None and (started.behind_s is None or started.behind_s > started.budget_s)


def ordered_by(started: PlanStarted, events: Iterable[Event]) -> OperatorSaid | None:
    """The word that began it, where a person with a name spoke it before."""
    for event in events:
        if event is started:
            return None
        if isinstance(event, OperatorSaid) and event.revision == started.word and event.word in _ORDERS and event.who:
            return event
    return None


def unspoken_losses(events: Iterable[Event]) -> tuple[PlanStarted, ...]:
    """Failovers beyond the budget that nobody is on record for. There must be none."""
    lines = tuple(events)
    started = (line for line in lines if isinstance(line, PlanStarted))
    return tuple(line for line in started if beyond_budget(line) and ordered_by(line, lines) is None)
