"""One reconciliation of one store, from the witnesses to the last act. Called by the verb, with everything it needs.

Look, judge, act, look again: what was done is never believed, it is seen. Each act is in the group's journal before it
is sent and after it is known, and may be repeated, so that a run that was killed anywhere is simply begun again.
"""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field

from farshore.model.failure import RetryLater, Unknown
from farshore.model.region import Epoch
from farshore.plan.journal import Event, ReconcileActed, ReconcileActing, ReconcileFinished, ReconcileStarted, to_json
from farshore.ports.clock import Clock
from farshore.ports.coordination import Coordination
from farshore.ports.storefront import Act, Asked, Did, Found, Storefront
from farshore.reconcile.case import Case, act_of, judge_case
from farshore.reconcile.kept import KeptOrder
from farshore.reconcile.order import Order, read_order
from farshore.reconcile.payments import Told, assign
from farshore.reconcile.witness import Testimony

LOOK_AT_ONCE_MAX = 50
ACT_AT_ONCE_MAX = 10  # a request is 256 KiB at most, and an order with long notes some 15
_ATTEMPTS_MAX = 3  # of an act whose answer was lost


@dataclass(frozen=True, slots=True)
class Witnesses:
    """What is known besides the database itself."""

    testimonies: Mapping[str, Testimony]
    providers: tuple[Told, ...] = ()
    kept: Mapping[str, KeptOrder] = field(default_factory=dict)
    gaps: tuple[str, ...] = ()  # what could not be heard, as sentences


@dataclass(frozen=True, slots=True)
class Shop:
    """The store, and where what is done with it is written down."""

    store: str
    epoch: Epoch
    front: Storefront
    record: Coordination
    clock: Clock


@dataclass(frozen=True, slots=True)
class Outcome:
    cases: tuple[Case, ...]  # as they were found
    did: Mapping[str, Did] = field(default_factory=dict)  # by order_key; empty on a dry run
    after: tuple[Case, ...] = ()  # as they are now; empty on a dry run
    applied: bool = False
    gaps: tuple[str, ...] = ()

    @property
    def left(self) -> tuple[Case, ...]:
        """What a machine could still put right."""
        return tuple(case for case in (self.after if self.applied else self.cases) if case.acts)

    @property
    def failed(self) -> tuple[Did, ...]:
        return tuple(did for did in self.did.values() if did.what == "failed")


async def look(shop: Shop, witnesses: Witnesses) -> tuple[Case, ...]:
    """All cases, those that need something first."""
    testimonies, kept = witnesses.testimonies, witnesses.kept
    payments = [payment for told in witnesses.providers for payment in told.statement.payments]
    keys = {key: _asked(key, testimonies, kept) for key in (*testimonies, *kept)}
    keys |= {pay.order_key: Asked(pay.order_key, pay.order_id) for pay in payments if pay.order_key not in ("", *keys)}
    found: dict[str, Found] = {}
    named: dict[str, str] = {}
    for start in range(0, max(len(keys), len(payments)), LOOK_AT_ONCE_MAX):
        piece = slice(start, start + LOOK_AT_ONCE_MAX)
        seen = await shop.front.look(list(keys.values())[piece], payments[piece])
        found |= {one.order_key: one for one in seen.found}
        named |= seen.keys_of_payments
    unseen = [Asked(key) for key in dict.fromkeys(named.values()) if key not in found]
    for start in range(0, len(unseen), LOOK_AT_ONCE_MAX):
        found |= {
            one.order_key: one for one in (await shop.front.look(unseen[start : start + LOOK_AT_ONCE_MAX], [])).found
        }
    known = {key: _known(testimonies.get(key), found.get(key)) for key in {*testimonies, *found}}
    money = assign(payments, known, named)
    cases = [
        judge_case(key, testimonies.get(key), found.get(key), money.get(key, ()), kept.get(key), witnesses.providers)
        for key in dict.fromkeys((*keys, *found, *money))
    ]
    return tuple(sorted(cases, key=lambda case: (case.settled, case.rule.number, case.order_id, case.order_key)))


async def reconcile(
    shop: Shop, witnesses: Witnesses, apply: bool, progress: Callable[[str], None] = lambda text: None
) -> Outcome:
    """A failure of one act leaves the others alone; a shop that does not answer ends the run, which may be repeated."""
    cases = await look(shop, witnesses)
    acting = [case for case in cases if case.acts]
    if not apply:
        return Outcome(cases, gaps=witnesses.gaps)
    await _note(shop, ReconcileStarted(shop.clock.now_s(), shop.store, shop.epoch, len(acting)))
    did: dict[str, Did] = {}
    for start in range(0, len(acting), ACT_AT_ONCE_MAX):
        some = acting[start : start + ACT_AT_ONCE_MAX]
        for one in await _act(shop, some):
            did[one.order_key] = one
        progress(f"{min(start + ACT_AT_ONCE_MAX, len(acting))} of {len(acting)} orders")
    after = await look(shop, witnesses)
    outcome = Outcome(cases, did, after, True, witnesses.gaps)
    await _note(
        shop,
        ReconcileFinished(
            shop.clock.now_s(), shop.store, len(acting) - len(outcome.failed), len(outcome.failed), len(outcome.left)
        ),
    )
    return outcome


async def _act(shop: Shop, cases: Sequence[Case]) -> list[Did]:
    acts = [act_of(case) for case in cases]
    for case, act in zip(cases, acts, strict=True):
        rule = case.rule.number if case.rule.action.value != "leave" else case.money.number
        do = ", ".join(one.value for one in act.do)
        await _note(shop, ReconcileActing(shop.clock.now_s(), shop.store, act.order_key, rule, do))
    answers = await _patiently(shop, acts)
    for did in answers:
        event = ReconcileActed(shop.clock.now_s(), shop.store, did.order_key, did.what, did.order_id, did.why)
        await _note(shop, event)
    return answers


async def _patiently(shop: Shop, acts: Sequence[Act]) -> list[Did]:
    """An answer that was lost is asked for again: the shop looks before it acts."""
    for attempt in range(1, _ATTEMPTS_MAX + 1):
        try:
            return list(await shop.front.act(acts))
        except (Unknown, RetryLater) as failure:
            if attempt == _ATTEMPTS_MAX:
                raise
            await shop.clock.sleep(failure.after_s if isinstance(failure, RetryLater) else 1.0)
    raise AssertionError("unreachable")


async def _note(shop: Shop, event: Event) -> None:
    await shop.record.append(None, to_json(event))


def _asked(key: str, testimonies: Mapping[str, Testimony], kept: Mapping[str, KeptOrder]) -> Asked:
    if key in testimonies:
        return Asked(key, testimonies[key].order_id)
    return Asked(key, kept[key].order_id)


def _known(testimony: Testimony | None, found: Found | None) -> list[Order]:
    known = [testimony.order] if testimony is not None and testimony.order is not None else []
    if found is not None and found.order is not None:
        known.append(read_order(found.order))
    return known
