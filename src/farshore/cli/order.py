"""An order that moves the writer, from the confirmation to its end: given to a living daemon, or carried out here."""

import argparse
import sys
from collections.abc import Callable
from dataclasses import replace

from farshore.cli.follow_failover import Order, follow_order
from farshore.cli.operator_word import speak
from farshore.daemon.lock import Lock, holder_of
from farshore.daemon.story import Story
from farshore.engine.controller import Ending
from farshore.model.failure import Refused
from farshore.model.group import Group
from farshore.model.operator import OperatorWord
from farshore.plan.journal import Event, from_json
from farshore.plan.ledger import fold_all
from farshore.settings.problem import BadSettings
from farshore.settings.settings import Settings
from farshore.wiring.controller import controller
from farshore.wiring.store import open_clock, open_store


def confirm(group: Group, purpose: str) -> None:
    """Refused unless the store's name is typed on a terminal."""
    name = group.stores[0].name if len(group.stores) == 1 else group.name
    if not sys.stdin.isatty():
        raise BadSettings(f"There is nobody to ask here; say --yes to {purpose}, or run this on a terminal.")
    if input(f"Type {name} to {purpose}: ").strip() != name:
        raise Refused("Nothing was done: the name was not typed.", "Repeat, and type it as shown.")


async def carry_out(settings: Settings, args: argparse.Namespace, order: OperatorWord) -> Ending:
    """Tells what happens as it does; on standard error where `args.json` wants the result alone on standard output."""
    story = Story()

    def tell(event: Event) -> None:
        print(story.tell(event), file=sys.stderr if args.json else sys.stdout, flush=True)

    if holder_of(settings.state_file) is not None:
        return await _through_daemon(settings, order, args.timeout_s, tell)
    with Lock(settings.state_file, f"farshore {order.word}"):
        async with controller(settings, tell) as leading:
            return await leading.carry_out(order, args.timeout_s)


async def _through_daemon(
    settings: Settings, order: OperatorWord, timeout_s: float, tell: Callable[[Event], None]
) -> Ending:
    """The word's answer comes first, then the plan's lines; silence means that the daemon hangs."""
    store, clock = open_store(settings), open_clock()
    lines = await store.journal()
    ledger = fold_all([from_json(line.body) for line in lines])
    at = clock.wall()

    def change(before: OperatorWord) -> OperatorWord:
        return replace(order, at=at, paused=before.paused)

    spoken = await speak(store, settings.group.name, change)
    running = ledger.plan.id if ledger.plan is not None and ledger.active else ""
    after = lines[-1].number if lines else 0
    return await follow_order(store, clock, Order(spoken.revision, running), after, timeout_s, tell)
