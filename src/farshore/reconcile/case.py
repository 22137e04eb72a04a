"""One order with all that is known of it, and what the rules say: the value that acts and reports are made from."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from decimal import Decimal

from farshore.ports.payment_ledger import Payment
from farshore.ports.storefront import Act, Do, Found
from farshore.reconcile.compare import Difference, differences, missing_refunds
from farshore.reconcile.facts import Facts, Stored
from farshore.reconcile.kept import KeptOrder
from farshore.reconcile.money_rules import MoneyRule, judge_money
from farshore.reconcile.order import Order, Refunded, read_order
from farshore.reconcile.payments import Told as ToldByProvider
from farshore.reconcile.payments import money, paid
from farshore.reconcile.rules import Action, Rule, judge
from farshore.reconcile.witness import Testimony, Told


@dataclass(frozen=True, slots=True)
class Case:
    order_key: str
    rule: Rule
    money: MoneyRule
    journal: Order | None
    database: Order | None
    testimony: Testimony | None
    payments: tuple[Payment, ...]
    kept: KeptOrder | None
    differences: tuple[Difference, ...]
    refunds: tuple[Refunded, ...]  # journalled, and not in the database
    id_taken: bool

    @property
    def order_id(self) -> int:
        known = (self.database, self.journal, self.testimony, self.kept)
        numbers = [one.id if isinstance(one, Order) else one.order_id for one in known if one is not None]
        return next((number for number in numbers if number), 0)

    @property
    def customer(self) -> str:
        order = self.journal or self.database
        if order is not None:
            return order.customer
        if self.payments:
            return self.payments[0].payer
        return self.kept.customer if self.kept is not None else ""

    @property
    def email(self) -> str:
        order = self.journal or self.database
        return order.billing.get("email", "") if order is not None else ""

    @property
    def total(self) -> Decimal:
        order = self.journal or self.database
        if order is not None:
            return order.total
        if self.testimony is not None and self.testimony.total:
            return Decimal(self.testimony.total)
        if self.payments:
            return self.payments[0].amount
        return self.kept.total if self.kept is not None else Decimal(0)

    @property
    def currency(self) -> str:
        order = self.journal or self.database
        known = (order, self.testimony, *self.payments, self.kept)
        return next((one.currency for one in known if one is not None and one.currency), "")

    @property
    def at(self) -> str:
        """When the order was placed, in UTC, for people."""
        order = self.journal or self.database
        at_s = order.created_s if order is not None else None
        if at_s is None and self.testimony is not None:
            at_s = self.testimony.at_ms / 1000
        if at_s is None and self.payments:
            at_s = self.payments[0].at_s
        if at_s is None:
            return self.kept.at if self.kept is not None else ""
        return datetime.fromtimestamp(at_s, UTC).strftime("%Y-%m-%d %H:%M:%S")

    @property
    def asks(self) -> tuple[str, ...]:
        return tuple(text for text in (self.rule.ask, self.money.ask) if text)

    @property
    def acts(self) -> bool:
        return self.rule.action is not Action.LEAVE or self.money.add_refund

    @property
    def settled(self) -> bool:
        """Nothing to do and nothing to decide."""
        return not self.acts and not self.asks


def judge_case(
    key: str,
    testimony: Testimony | None,
    found: Found | None,
    payments: Sequence[Payment],
    kept: KeptOrder | None,
    providers: Sequence[ToldByProvider],
) -> Case:
    journal = testimony.order if testimony is not None else None
    database = read_order(found.order) if found is not None and found.order is not None else None
    # An order that an intent knows only: what it lacks against the database is what came after.
    differing = differences(journal, database) if journal is not None and database is not None else ()
    refunds = missing_refunds(journal, database) if journal is not None and database is not None else ()
    heard_s = testimony.at_ms / 1000 if testimony is not None else 0.0
    facts = Facts(
        told=testimony.told if testimony is not None else Told.NOTHING,
        stored=_stored(database, differing),
        paid=paid(payments, journal or database, heard_s, providers),
        kept=kept is not None,
        readable=journal is not None,
    )
    rule = judge(facts)
    return Case(
        key,
        rule,
        judge_money(money(payments, database, bool(refunds))),
        journal,
        database,
        testimony,
        tuple(payments),
        kept,
        differing,
        refunds,
        found.id_taken if found is not None else False,
    )


def _stored(database: Order | None, differing: Sequence[Difference]) -> Stored:
    if database is None:
        return Stored.NOWHERE
    if database.begun:
        return Stored.BEGUN
    if not differing:
        return Stored.WHOLE
    return Stored.PARTLY if all(one.explained for one in differing) else Stored.ALTERED


_DOES: Mapping[Action, tuple[Do, ...]] = {
    Action.LEAVE: (),
    Action.RESTORE: (Do.RESTORE,),
    Action.RESTORE_ON_HOLD: (Do.RESTORE,),
    Action.RESTORE_PAID: (Do.RESTORE, Do.COMPLETE),
    Action.MEND: (Do.MEND,),
    Action.MEND_ON_HOLD: (Do.MEND,),
    Action.COMPLETE: (Do.COMPLETE,),
}


def act_of(case: Case) -> Act:
    """What the shop is told to do. Only for a case that acts."""
    do = (*_DOES[case.rule.action], *((Do.REFUNDS,) if case.money.add_refund else ()))
    held = case.rule.action in (Action.RESTORE_ON_HOLD, Action.MEND_ON_HOLD)
    standing = next((payment for payment in case.payments if payment.stands), None)
    return Act(
        order_key=case.order_key,
        do=do,
        order=case.journal.raw if case.journal is not None else None,
        order_id=case.order_id,
        parts=tuple(dict.fromkeys(one.part.value for one in case.differences)),
        status="on-hold" if held else "",
        payment=standing if Do.COMPLETE in do else None,
        refunds=tuple(refund.raw for refund in case.refunds) if case.money.add_refund else (),
        note=f"farshore {case.rule.number}: {case.rule.because}" + (f" {case.rule.ask}" if case.rule.ask else ""),
    )
