"""The facts that the rules of reconciliation look at. Nothing else may influence what is done with an order."""

from collections.abc import Iterator
from dataclasses import dataclass
from enum import StrEnum
from itertools import product

from farshore.reconcile.witness import Told


class Stored(StrEnum):
    """What the writer's database holds of the order."""

    NOWHERE = "nowhere"
    BEGUN = "begun"  # a draft, or waiting for its payment
    WHOLE = "whole"  # taken, and all that the journal knows of it is there
    PARTLY = "partly"  # taken, and what is missing an interrupted write explains
    ALTERED = "altered"  # taken, and somebody has changed it since


class Paid(StrEnum):
    """What the payment provider says."""

    UNASKED = "unasked"  # no provider keeps this order's payments, or its list does not reach so far yet
    NONE = "none"  # it was asked, and knows of none
    PAID = "paid"
    RETURNED = "returned"  # all of it was paid back


@dataclass(frozen=True, slots=True)
class Facts:
    told: Told  # by the journal
    stored: Stored
    paid: Paid
    kept: bool  # an old writer's database has it, and the new one never received it
    readable: bool  # the journal's copy of the order could be opened


def every_combination() -> Iterator[Facts]:
    """All facts there can be: with nothing to compare it with, an order is neither partly there nor altered."""
    for told, stored, paid, kept, readable in product(Told, Stored, Paid, (False, True), (False, True)):
        if readable and told is Told.NOTHING:
            continue
        if not readable and stored in (Stored.PARTLY, Stored.ALTERED):
            continue
        yield Facts(told, stored, paid, kept, readable)


class Returned(StrEnum):
    """Money that was paid back, and the shop's record of it."""

    RIGHT = "right"
    JOURNALLED = "journalled"  # the journal knows a refund that the database lacks
    PROVIDER_ONLY = "provider_only"  # only the provider knows it


@dataclass(frozen=True, slots=True)
class MoneyFacts:
    twice: bool  # two payments stand for one order
    returned: Returned
    amount_right: bool  # what was paid is the order's total


def every_money() -> Iterator[MoneyFacts]:
    for twice, returned, amount_right in product((False, True), Returned, (False, True)):
        yield MoneyFacts(twice, returned, amount_right)
