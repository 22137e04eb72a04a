"""Settings -> the reconciliation of one store after another: who is asked, and what for."""

import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from datetime import UTC, datetime

from farshore.adapters.agent_storefront import AgentStorefront
from farshore.engine.world import World
from farshore.model.failure import Failure
from farshore.model.grant import Grant, held
from farshore.model.group import Store
from farshore.model.keys import grant_key
from farshore.plan.journal import Granted, from_json
from farshore.ports.app import App
from farshore.ports.order_journal import SealedOrders
from farshore.reconcile.hearing import hear, recent
from farshore.reconcile.kept import kept_files, kept_orders
from farshore.reconcile.payments import ask
from farshore.reconcile.report import Report
from farshore.reconcile.run import Outcome, Shop, Witnesses, reconcile
from farshore.settings.settings import Settings
from farshore.transport.tls import client_context
from farshore.wiring.identity import identity_of
from farshore.wiring.payment_ledgers import open_ledgers
from farshore.wiring.sealed_orders import open_orders
from farshore.wiring.world import open_world

BEFORE_S = 3600.0  # before the grant: replication was never further behind than this
WITHOUT_GRANT_S = 86400.0
SETTLED_S = 300.0  # a younger checkout, or payment, may still be on its way
PAID_BEFORE_S = 6 * 3600.0  # an order in question may have been placed so long before its last change


@dataclass(frozen=True, slots=True)
class Period:
    since_s: float
    granted_s: float | None
    now_s: float

    @property
    def paid_until_s(self) -> float:
        """Whatever the old region took is settled; what the new one takes now is not."""
        return max(self.granted_s or 0.0, self.now_s - SETTLED_S)


async def reconcile_stores(
    settings: Settings, stores: Sequence[Store], since_s: float | None, apply: bool, progress: Callable[[str], None]
) -> list[Report]:
    """One report for each store. Raises BadSettings, or a Failure that stops the rest."""
    box = open_orders(settings) if any(store.journal.on for store in stores) else None
    async with open_world(settings) as world:
        record = await world.coordination.read(grant_key(settings.group.name))
        grant = held(settings.group, record.value)
        period = await _period(world, grant, since_s)
        reports = []
        for store in stores:
            outcome = await _store(settings, world, store, grant, period, box, apply, progress)
            reports.append(
                Report(
                    store.name,
                    store.domain,
                    grant.holder,
                    int(grant.epoch),
                    _words(period.now_s),
                    _words(period.since_s),
                    outcome,
                )
            )
        return reports


async def _store(
    settings: Settings,
    world: World,
    store: Store,
    grant: Grant,
    period: Period,
    box: SealedOrders | None,
    apply: bool,
    progress: Callable[[str], None],
) -> Outcome:
    apps = [app for one in world.apps.values() for app in one.all()] if store.journal.on else []
    progress(f"{store.name}: reading the order journal of {len(apps)} app servers")
    entries, gaps = await hear(apps, store.name, box)
    since_ms, now_ms, settled_ms = (int(1000 * value) for value in (period.since_s, period.now_s, SETTLED_S))
    ledgers = open_ledgers(settings.payments_of(store.name))
    progress(f"{store.name}: asking {len(ledgers)} payment providers")
    witnesses = Witnesses(
        testimonies=recent(entries, since_ms, now_ms, int(grant.epoch), settled_ms),
        providers=await ask(ledgers, store.domain, period.since_s - PAID_BEFORE_S, period.paid_until_s),
        kept=kept_orders(kept_files(settings.state_file.parent / "divergence", settings.group.name, store.name)),
        gaps=tuple(gaps),
    )
    writers = world.apps[grant.holder].all()
    hosts = [_host(app) for app in writers]
    front = AgentStorefront(hosts, client_context(identity_of(settings)[0]), store.name, store.domain, grant.epoch)
    shop = Shop(store.name, grant.epoch, front, world.coordination, world.clock)
    try:
        outcome = await reconcile(shop, witnesses, apply, lambda text: progress(f"{store.name}: {text}"))
    finally:
        await front.close()
    if not apply or outcome.failed or outcome.left or not store.journal.on:
        return outcome
    return replace(outcome, gaps=(*outcome.gaps, *await _release(writers, store, grant)))


async def _release(writers: Sequence[App], store: Store, grant: Grant) -> list[str]:
    """The shop takes webhooks again. An app server that was not told still refuses them, and is named."""
    untold = []
    for app in writers:
        try:
            await app.journal.reconciled(grant.epoch, store.name)
        except Failure as failure:
            untold.append(f"{app.name} was not told that it may take webhooks again: {failure.what}")
    return untold


async def _period(world: World, grant: Grant, since_s: float | None) -> Period:
    now_s, granted_s = time.time(), None
    for line in await world.coordination.journal():
        event = from_json(line.body)
        if isinstance(event, Granted) and event.epoch == grant.epoch:
            granted_s = datetime.fromisoformat(line.at).timestamp()
    usual_s = now_s - WITHOUT_GRANT_S if granted_s is None else granted_s - BEFORE_S
    return Period(usual_s if since_s is None else since_s, granted_s, now_s)


def _host(app: App) -> tuple[str, str, int]:
    address, _, port = app.address.rpartition(":")
    return app.name, address, int(port)


def _words(at_s: float) -> str:
    return datetime.fromtimestamp(at_s, UTC).strftime("%Y-%m-%d %H:%M:%S")
