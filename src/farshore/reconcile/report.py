"""What a reconciliation found and did, for the owner of the shop: orders, customers, money."""

from collections import Counter
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from decimal import Decimal
from typing import Any

from farshore.ports.storefront import Did
from farshore.reconcile.case import Case
from farshore.reconcile.money_rules import MoneyKind
from farshore.reconcile.rules import Action, Kind
from farshore.reconcile.run import Outcome

_LOST = (Kind.MISSING, Kind.PAID_BUT_MISSING)


@dataclass(frozen=True, slots=True)
class Report:
    store: str
    domain: str
    region: str  # that sells
    epoch: int
    at: str
    since: str
    outcome: Outcome

    @property
    def headline(self) -> str:
        outcome = self.outcome
        if not outcome.cases:
            return "No order is in question"
        if outcome.applied:
            return self._after()
        acting, asking = [case for case in outcome.cases if case.acts], [case for case in outcome.cases if case.asks]
        if not acting and not asking:
            return "The order is whole" if len(outcome.cases) == 1 else f"All {_orders(len(outcome.cases))} are whole"
        found = f"{_orders(len(acting))} of {len(outcome.cases)} can be put right"
        return f"{found}, {_waiting(len(asking))}" if asking else found

    def _after(self) -> str:
        outcome = self.outcome
        done = sum(did.what not in ("failed", "nothing") for did in outcome.did.values())
        asking = [case for case in outcome.after if case.asks]
        parts = [
            f"{_orders(done)} {'was' if done == 1 else 'were'} put right" if done else "Nothing had to be put right"
        ]
        if outcome.failed:
            parts.append(f"{len(outcome.failed)} could not be")
        if asking:
            parts.append(_waiting(len(asking)))
        return ", ".join(parts)

    @property
    def kinds(self) -> tuple[tuple[str, int, str], ...]:
        """What was found: a word, how many orders, how much money."""
        cases = self.outcome.cases
        counts = Counter(kind for case in cases for kind in kinds_of(case))
        return tuple(
            (kind, count, money([case for case in cases if kind in kinds_of(case)])) for kind, count in counts.items()
        )

    @property
    def telling(self) -> tuple[Case, ...]:
        """Those of which there is something to say."""
        return tuple(case for case in self.outcome.cases if not case.settled)

    @property
    def in_doubt(self) -> str:
        """What the shop would have lost: the money of orders that were not in the database."""
        return money([case for case in self.outcome.cases if case.rule.kind in _LOST])

    def said_of(self, case: Case) -> str:
        """What was done with it, or would be."""
        did = self.outcome.did.get(case.order_key)
        return done_words(did, case) if did is not None else would_words(case)

    def to_json(self) -> dict[str, Any]:
        outcome = self.outcome
        return {
            "store": self.store,
            "domain": self.domain,
            "region": self.region,
            "epoch": self.epoch,
            "at": self.at,
            "since": self.since,
            "applied": outcome.applied,
            "headline": self.headline,
            "found": [{"kind": kind, "orders": count, "money": sums} for kind, count, sums in self.kinds],
            "in_doubt": self.in_doubt,
            "orders": [case_json(case, self.said_of(case)) for case in outcome.cases],
            "left": [case.order_key for case in outcome.left],
            "failed": [did.order_key for did in outcome.failed],
            "gaps": list(outcome.gaps),
        }


def kinds_of(case: Case) -> tuple[str, ...]:
    other = () if case.money.kind is MoneyKind.RIGHT else (case.money.kind.value,)
    return (case.rule.kind.value, *other)


def case_json(case: Case, said: str) -> dict[str, Any]:
    return {
        "order_key": case.order_key,
        "number": case.order_id,
        "customer": case.customer,
        "email": case.email,
        "total": f"{case.total:.2f}",
        "currency": case.currency,
        "placed": case.at,
        "kind": case.rule.kind.value,
        "rule": case.rule.number,
        "because": case.rule.because,
        "money": case.money.kind.value,
        "money_rule": case.money.number,
        "action": case.rule.action.value,
        "said": said,
        "ask": list(case.asks),
        "differences": [str(one) for one in case.differences],
        "payments": [
            {"provider": pay.provider, "id": pay.id, "amount": f"{pay.amount:.2f}", "returned": f"{pay.returned:.2f}"}
            for pay in case.payments
        ],
        "kept": case.kept.file if case.kept is not None else None,
    }


def money(cases: Iterable[Case]) -> str:
    """Sums by currency, as a text: euros and dollars are not added."""
    sums: dict[str, Decimal] = {}
    for case in cases:
        sums[case.currency] = sums.get(case.currency, Decimal(0)) + case.total
    return ", ".join(f"{total:.2f} {currency}".strip() for currency, total in sorted(sums.items()))


def would_words(case: Case) -> str:
    if not case.acts:
        return "nothing is done"
    parts = [] if case.rule.action is Action.LEAVE else [case.rule.action.value]
    parts += ["add the refund's record"] if case.money.add_refund else []
    number = " under a new number" if case.id_taken and "restore" in parts[0] else ""
    return f"would {' and '.join(parts)}{number}"


def done_words(did: Did, case: Case) -> str:
    if did.what == "failed":
        return f"could not be put right: {did.why}"
    if did.what == "nothing":
        return "had been put right before"
    moved = did.order_id and case.order_id and did.order_id != case.order_id
    return f"{did.what} as number {did.order_id}, for {case.order_id} belongs to another order" if moved else did.what


def _orders(count: int) -> str:
    return "1 order" if count == 1 else f"{count} orders"


def _waiting(count: int) -> str:
    return "1 order waits for your decision" if count == 1 else f"{count} orders wait for your decision"


def passed(reports: Sequence[Report]) -> bool:
    """Nothing failed, and where it was to be applied, nothing is left that a machine could do."""
    return not any(report.outcome.failed or (report.outcome.applied and report.outcome.left) for report in reports)
