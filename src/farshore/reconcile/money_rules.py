"""What is done about an order's money besides, as data: paid twice, paid back, paid another amount.

A second table and not more columns of the first: whether an order is whole and whether its money is right are two
questions, and each has one answer.
"""

from dataclasses import dataclass
from enum import StrEnum

from farshore.reconcile.facts import MoneyFacts, Returned


class MoneyKind(StrEnum):
    RIGHT = "right"
    PAID_TWICE = "paid twice"
    REFUND_MISSING = "refund missing"
    OTHER_AMOUNT = "another amount paid"


@dataclass(frozen=True, slots=True)
class MoneyRule:
    number: str
    kind: MoneyKind
    because: str
    add_refund: bool = False  # its record is added to the order; no money moves
    ask: str = ""


@dataclass(frozen=True, slots=True)
class MoneyRow:
    rule: MoneyRule
    twice: frozenset[bool]
    returned: frozenset[Returned]
    amount_right: frozenset[bool]

    def matches(self, facts: MoneyFacts) -> bool:
        return facts.twice in self.twice and facts.returned in self.returned and facts.amount_right in self.amount_right


_EITHER = frozenset({False, True})
_YES, _NO = frozenset({True}), frozenset({False})
_RIGHT, _JOURNALLED, _PROVIDER = (frozenset({one}) for one in Returned)
_PAY_BACK = "Pay one of the two payments back."

MONEY_ROWS = (
    MoneyRow(MoneyRule("R80", MoneyKind.RIGHT, "Nothing is amiss with its money."), _NO, _RIGHT, _YES),
    MoneyRow(
        MoneyRule("R82", MoneyKind.PAID_TWICE, "Two payments stand for this one order.", ask=_PAY_BACK),
        _YES,
        _RIGHT,
        _EITHER,
    ),
    MoneyRow(
        MoneyRule(
            "R83",
            MoneyKind.PAID_TWICE,
            "Two payments stand for this one order, and the database lacks a refund that was journalled.",
            add_refund=True,
            ask=_PAY_BACK,
        ),
        _YES,
        _JOURNALLED,
        _EITHER,
    ),
    MoneyRow(
        MoneyRule(
            "R84", MoneyKind.REFUND_MISSING, "A refund was journalled and is not in the database.", add_refund=True
        ),
        _NO,
        _JOURNALLED,
        _EITHER,
    ),
    MoneyRow(
        MoneyRule(
            "R85",
            MoneyKind.REFUND_MISSING,
            "The provider has paid money back, and the shop has no record of it.",
            ask="Enter the refund in the shop, without paying it again.",
        ),
        _NO,
        _PROVIDER,
        _EITHER,
    ),
    MoneyRow(
        MoneyRule(
            "R86",
            MoneyKind.OTHER_AMOUNT,
            "What was paid is not the order's total.",
            ask="Compare the payment with the order.",
        ),
        _NO,
        _RIGHT,
        _NO,
    ),
    MoneyRow(
        MoneyRule(
            "R87",
            MoneyKind.PAID_TWICE,
            "Two payments stand for this order, and the provider has paid money back that the shop does not know of.",
            ask="Compare the payments with the order before you pay one of them back.",
        ),
        _YES,
        _PROVIDER,
        _EITHER,
    ),
)


def judge_money(facts: MoneyFacts) -> MoneyRule:
    matching = [row.rule for row in MONEY_ROWS if row.matches(facts)]
    if len(matching) != 1:
        raise AssertionError(f"{len(matching)} rows match {facts}; the rules about money must be total")
    return matching[0]
