"""What is done with each order, as data.

Every combination of facts matches exactly one row; tests/unit/reconcile enumerates them all. Rule numbers leave gaps
and are never reused: they stand in the journal and in every report. A row that asks has a second sentence: what the
owner of the shop decides.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from enum import Enum, StrEnum

from farshore.reconcile.facts import Facts, Paid, Stored
from farshore.reconcile.witness import Told

Needs = Mapping[str, frozenset[object]]


class Kind(StrEnum):
    """What became of an order, in words that stand in reports."""

    WHOLE = "whole"
    HALF_WRITTEN = "half-written"
    MISSING = "missing"
    PAID_BUT_MISSING = "paid but missing"
    PAID_NOT_COMPLETED = "paid, not completed"
    UNDECIDED = "payment unknown"
    NOT_PAID = "not paid"
    UNPAID = "taken without payment"
    ALTERED = "changed since"
    DIVERGENT = "in the old database only"
    UNREADABLE = "cannot be opened"
    WITHDRAWN = "withdrawn"


class Action(StrEnum):
    LEAVE = "leave"
    RESTORE = "restore"
    RESTORE_ON_HOLD = "restore on hold"
    RESTORE_PAID = "restore and complete its payment"
    MEND = "mend"
    MEND_ON_HOLD = "mend, on hold"
    COMPLETE = "complete its payment"


@dataclass(frozen=True, slots=True)
class Rule:
    number: str
    kind: Kind
    action: Action
    because: str
    ask: str = ""  # what a person has to decide; empty: nothing


@dataclass(frozen=True, slots=True)
class Row:
    rule: Rule
    needs: Needs

    def matches(self, facts: Facts) -> bool:
        return all(getattr(facts, name) in allowed for name, allowed in self.needs.items())


def _row(rule: Rule, **needs: Enum | bool | frozenset[object]) -> Row:
    return Row(
        rule, {name: value if isinstance(value, frozenset) else frozenset({value}) for name, value in needs.items()}
    )


def _any(*values: Enum) -> frozenset[object]:
    return frozenset(values)


_NOT_REFUSED = _any(Paid.UNASKED, Paid.PAID, Paid.RETURNED)
_NOT_PAID = _any(Paid.UNASKED, Paid.NONE, Paid.RETURNED)
_NEVER_PAID = _any(Paid.NONE, Paid.RETURNED)
_MAY_BE_PAID = _any(Paid.UNASKED, Paid.PAID)
_THERE = _any(Stored.WHOLE, Stored.ALTERED)
_HERE = _any(Stored.WHOLE, Stored.PARTLY, Stored.ALTERED)
_WITNESSED = _any(Told.INTENT, Told.TAKEN)

ROWS = (
    _row(
        Rule("R10", Kind.WHOLE, Action.LEAVE, "The order is there, with all that was journalled."),
        told=Told.TAKEN, stored=Stored.WHOLE, paid=_NOT_REFUSED, readable=True,
    ),
    _row(
        Rule(
            "R12", Kind.WHOLE, Action.LEAVE,
            "The order is there and taken; the journal's copy cannot be opened, so nothing was compared.",
        ),
        told=_WITNESSED, stored=Stored.WHOLE, paid=_NOT_REFUSED, readable=False,
    ),
    _row(
        Rule("R14", Kind.WHOLE, Action.LEAVE, "The shop has gone on with the order since its checkout."),
        told=Told.INTENT, stored=_THERE, paid=_NOT_REFUSED, readable=True,
    ),
    _row(
        Rule("R15", Kind.WITHDRAWN, Action.LEAVE, "The shop itself threw the order away."),
        told=Told.WITHDRAWN,
    ),
    _row(
        Rule(
            "R18", Kind.UNPAID, Action.LEAVE, "The order is there and taken, but the provider knows no payment for it.",
            "Look at its payment with the provider before you send anything.",
        ),
        told=_WITNESSED, stored=_THERE, paid=Paid.NONE,
    ),
    _row(
        Rule(
            "R20", Kind.HALF_WRITTEN, Action.MEND,
            "The order was acknowledged and is there, but parts of it were not written.",
        ),
        told=_WITNESSED, stored=Stored.PARTLY, paid=_NOT_REFUSED, readable=True,
    ),
    _row(
        Rule(
            "R21", Kind.HALF_WRITTEN, Action.MEND_ON_HOLD,
            "Parts of the order were not written, and the provider knows no payment for it.",
            "Look at its payment with the provider; the order waits on hold.",
        ),
        told=_WITNESSED, stored=Stored.PARTLY, paid=Paid.NONE, readable=True,
    ),
    _row(
        Rule(
            "R22", Kind.HALF_WRITTEN, Action.MEND,
            "The order was acknowledged, and the database still holds it as one that was only begun.",
        ),
        told=Told.TAKEN, stored=Stored.BEGUN, paid=_MAY_BE_PAID, readable=True,
    ),
    _row(
        Rule(
            "R24", Kind.HALF_WRITTEN, Action.MEND_ON_HOLD,
            "The order was acknowledged and is only begun in the database, but no payment of it stands.",
            "Look at its payment with the provider; the order waits on hold.",
        ),
        told=Told.TAKEN, stored=Stored.BEGUN, paid=_NEVER_PAID, readable=True,
    ),
    _row(
        Rule(
            "R26", Kind.UNREADABLE, Action.LEAVE,
            "The order was acknowledged and is only begun in the database; the journal's copy cannot be opened.",
            "Find the journal's private key, or ask the customer.",
        ),
        told=Told.TAKEN, stored=Stored.BEGUN, paid=_NOT_PAID, readable=False,
    ),
    _row(
        Rule(
            "R28", Kind.PAID_NOT_COMPLETED, Action.COMPLETE,
            "The order is only begun in the database; its payment has arrived.",
        ),
        told=Told.TAKEN, stored=Stored.BEGUN, paid=Paid.PAID, readable=False,
    ),
    _row(
        Rule("R30", Kind.MISSING, Action.RESTORE, "The order was acknowledged and is not in the database."),
        told=Told.TAKEN, stored=Stored.NOWHERE, paid=_MAY_BE_PAID, readable=True,
    ),
    _row(
        Rule(
            "R32", Kind.MISSING, Action.RESTORE_ON_HOLD,
            "The order was acknowledged and is not in the database, but no payment of it stands.",
            "Look at its payment with the provider; the order waits on hold.",
        ),
        told=Told.TAKEN, stored=Stored.NOWHERE, paid=_NEVER_PAID, readable=True,
    ),
    _row(
        Rule(
            "R36", Kind.UNREADABLE, Action.LEAVE,
            "The order was acknowledged and is not in the database; the journal's copy cannot be opened.",
            "Find the journal's private key, or ask the customer.",
        ),
        told=Told.TAKEN, stored=Stored.NOWHERE, readable=False,
    ),
    _row(
        Rule(
            "R40", Kind.PAID_BUT_MISSING, Action.RESTORE_PAID,
            "The customer has paid, was never thanked, and the order is not in the database.",
        ),
        told=Told.INTENT, stored=Stored.NOWHERE, paid=Paid.PAID, readable=True,
    ),
    _row(
        Rule(
            "R41", Kind.PAID_BUT_MISSING, Action.LEAVE,
            "The customer has paid and the order is not in the database; the journal's copy cannot be opened.",
            "Find the journal's private key, or pay the money back.",
        ),
        told=Told.INTENT, stored=Stored.NOWHERE, paid=Paid.PAID, readable=False,
    ),
    _row(
        Rule(
            "R42", Kind.PAID_NOT_COMPLETED, Action.COMPLETE,
            "The customer has paid, and the order still waits for its payment.",
        ),
        told=_any(Told.INTENT, Told.NOTHING), stored=Stored.BEGUN, paid=Paid.PAID,
    ),
    _row(
        Rule(
            "R44", Kind.UNDECIDED, Action.LEAVE,
            "The checkout came as far as paying; nobody knows whether it was paid, and the database has no order.",
            "Ask the provider or the customer; nothing is made of it by itself.",
        ),
        told=Told.INTENT, stored=Stored.NOWHERE, paid=Paid.UNASKED,
    ),
    _row(
        Rule(
            "R45", Kind.UNDECIDED, Action.LEAVE,
            "The checkout came as far as paying; nobody knows whether it was paid, and the order waits for payment.",
            "Ask the provider or the customer; nothing is made of it by itself.",
        ),
        told=Told.INTENT, stored=Stored.BEGUN, paid=Paid.UNASKED,
    ),
    _row(
        Rule("R46", Kind.NOT_PAID, Action.LEAVE, "The checkout came as far as paying, and no payment of it stands."),
        told=Told.INTENT, stored=_any(Stored.NOWHERE, Stored.BEGUN), paid=_NEVER_PAID,
    ),
    _row(
        Rule(
            "R60", Kind.ALTERED, Action.LEAVE,
            "The order is there, but differs from what was acknowledged in a way that no interrupted write explains.",
            "Look at the differences: somebody has changed the order since, or it went on in the old region.",
        ),
        told=Told.TAKEN, stored=Stored.ALTERED, paid=_NOT_REFUSED,
    ),
    _row(
        Rule(
            "R70", Kind.PAID_BUT_MISSING, Action.LEAVE,
            "The provider has a payment, and neither the database nor the journal has an order for it.",
            "Pay the money back, or enter the order by hand.",
        ),
        told=Told.NOTHING, stored=Stored.NOWHERE, paid=Paid.PAID, kept=False,
    ),
    _row(
        Rule(
            "R72", Kind.DIVERGENT, Action.LEAVE,
            "Only the old writer's database has the order, and it is paid.",
            "Enter the order by hand from the kept rows, or pay the money back.",
        ),
        told=Told.NOTHING, stored=Stored.NOWHERE, paid=Paid.PAID, kept=True,
    ),
    _row(
        Rule(
            "R74", Kind.DIVERGENT, Action.LEAVE,
            "Only the old writer's database has the order.",
            "Look at the kept rows: nobody else has seen this order.",
        ),
        told=Told.NOTHING, stored=Stored.NOWHERE, paid=_NOT_PAID, kept=True,
    ),
    _row(
        Rule("R76", Kind.NOT_PAID, Action.LEAVE, "There is no order, and no payment of it stands."),
        told=Told.NOTHING, stored=Stored.NOWHERE, paid=_NOT_PAID, kept=False,
    ),
    _row(
        Rule("R77", Kind.NOT_PAID, Action.LEAVE, "The order waits for its payment, as the shop knows."),
        told=Told.NOTHING, stored=Stored.BEGUN, paid=_NOT_PAID,
    ),
    _row(
        Rule("R78", Kind.WHOLE, Action.LEAVE, "The order is there; the journal never heard of it."),
        told=Told.NOTHING, stored=_HERE,
    ),
)  # fmt: skip


def judge(facts: Facts) -> Rule:
    """The rule of the one row that matches."""
    matching = [row.rule for row in ROWS if row.matches(facts)]
    if len(matching) != 1:
        raise AssertionError(f"{len(matching)} rows match {facts}; the rules of reconciliation must be total")
    return matching[0]
