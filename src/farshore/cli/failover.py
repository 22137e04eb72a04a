"""`farshore failover`: prints the plan and its price, asks, and follows it to its end.

Where a daemon lives, it gets the operator's word and does the work; otherwise this process leads for one plan.
"""

import argparse
import asyncio
import sys
from collections.abc import Callable
from dataclasses import asdict, replace

from farshore.cli.cost import cost_sentence
from farshore.cli.failover_plan import Proposal, propose
from farshore.cli.follow_failover import Order, follow_order
from farshore.cli.operator_word import speak, who
from farshore.cli.options import add_config, add_json
from farshore.cli.plan_failover import add_old_database
from farshore.cli.show import log_to_stderr, print_json
from farshore.daemon.lock import Lock, holder_of
from farshore.daemon.story import Story
from farshore.engine.controller import Ending
from farshore.model.failure import Refused
from farshore.model.operator import OperatorWord, Word
from farshore.plan.journal import Event, from_json
from farshore.plan.ledger import fold_all
from farshore.settings.load import load_settings
from farshore.settings.problem import BadSettings
from farshore.settings.settings import Settings
from farshore.wiring.controller import controller
from farshore.wiring.store import open_clock, open_store

EXAMPLES = """\
  farshore failover                    # prints, asks, does
  farshore plan failover
  farshore failover --plan CHECKSUM --yes
"""


def configure(parser: argparse.ArgumentParser) -> None:
    add_config(parser)
    parser.add_argument("--plan", default="", metavar="CHECKSUM", help="carry out this plan, and refuse any other")
    parser.add_argument("--yes", action="store_true", help="do not ask")
    parser.add_argument("--timeout-s", type=float, default=900.0, metavar="S", help="give up following (default: 900)")
    add_old_database(parser)
    add_json(parser)


def run(args: argparse.Namespace) -> int:
    log_to_stderr()
    settings = load_settings(args.config)
    proposal, price = asyncio.run(_prepare(settings, args))
    if args.plan and args.plan != proposal.plan.checksum:
        raise Refused(
            f"The plan would now be {proposal.plan.checksum}, not {args.plan}: the situation has changed.",
            "Look at `farshore plan failover` and approve that.",
        )
    out = sys.stderr if args.json else sys.stdout
    print(f"{proposal.plan.text()}\n{price}", file=out, flush=True)
    if not args.yes:
        _confirm(settings)
    ending = asyncio.run(_carry_out(settings, args))
    if args.json:
        print_json(asdict(ending) | {"checksum": proposal.plan.checksum})
    else:
        print(f"The failover {ending.how}{': ' + ending.why if ending.why else '.'}")
    if ending.how != "finished" and not args.json:
        print(
            "Next: `farshore status` says what is open; `approve` tries again, `abort` goes back, `runbook` is by hand."
        )
    return 0 if ending.how == "finished" else 1


async def _prepare(settings: Settings, args: argparse.Namespace) -> tuple[Proposal, str]:
    store = open_store(settings)
    proposal = await propose(settings, store, args.old_database, holder_of(settings.state_file) is not None)
    return proposal, await cost_sentence(store, settings.group)


def _confirm(settings: Settings) -> None:
    group = settings.group
    name = group.stores[0].name if len(group.stores) == 1 else group.name
    if not sys.stdin.isatty():
        raise BadSettings("There is nobody to ask here; say --yes to fail over, or run this on a terminal.")
    if input(f"Type {name} to fail over: ").strip() != name:
        raise Refused("Nothing was done: the name was not typed.", "Repeat, and type it as shown.")


async def _carry_out(settings: Settings, args: argparse.Namespace) -> Ending:
    story = Story()

    def tell(event: Event) -> None:
        print(story.tell(event), file=sys.stderr if args.json else sys.stdout, flush=True)

    if holder_of(settings.state_file) is not None:
        return await _through_daemon(settings, args, tell)
    with Lock(settings.state_file, "farshore failover"):
        async with controller(settings, tell) as leading:
            return await leading.fail_over(who(), args.plan, args.timeout_s)


async def _through_daemon(settings: Settings, args: argparse.Namespace, tell: Callable[[Event], None]) -> Ending:
    """The word's answer comes first, then the plan's lines; silence means that the daemon hangs."""
    store, clock = open_store(settings), open_clock()
    lines = await store.journal()
    ledger = fold_all([from_json(line.body) for line in lines])
    at = clock.wall()

    def change(before: OperatorWord) -> OperatorWord:
        return replace(before, word=Word.FAILOVER, who=who(), at=at, step="", plan=args.plan)

    spoken = await speak(store, settings.group.name, change)
    running = ledger.plan.id if ledger.plan is not None and ledger.active else ""
    after = lines[-1].number if lines else 0
    return await follow_order(store, clock, Order(spoken.revision, running), after, args.timeout_s, tell)
