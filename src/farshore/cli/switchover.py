"""`farshore switchover`: the writer moves to the other region as planned, and nothing is lost.

Both regions must be well; for a writer that is down there is `farshore failover`.
"""

import argparse
import asyncio
import sys
from dataclasses import asdict

from farshore.cli.failover_plan import next_epoch, read_grant
from farshore.cli.operator_word import who
from farshore.cli.options import add_config, add_json
from farshore.cli.order import carry_out, confirm
from farshore.cli.show import log_to_stderr, print_json
from farshore.engine.controller import Ending
from farshore.model.failure import Refused
from farshore.model.operator import OperatorWord, Word
from farshore.plan.plan import Plan
from farshore.plan.planned import switchover
from farshore.settings.load import load_settings
from farshore.settings.settings import Settings
from farshore.wiring.store import open_store

PRICE = (
    "Cost: the checkout is closed for a few seconds (the provider's promotion and little more). Pages stay up, carts "
    "stay, no order is lost."
)
EXAMPLES = """\
  farshore switchover                  # prints, asks, does
  farshore switchover --yes --json
"""


def configure(parser: argparse.ArgumentParser) -> None:
    add_config(parser)
    parser.add_argument("--plan", default="", metavar="CHECKSUM", help="carry out this plan, and refuse any other")
    parser.add_argument("--yes", action="store_true", help="do not ask")
    parser.add_argument("--timeout-s", type=float, default=900.0, metavar="S", help="give up following (default: 900)")
    add_json(parser)


def run(args: argparse.Namespace) -> int:
    log_to_stderr()
    settings = load_settings(args.config)
    return move(settings, args, asyncio.run(planned(settings)), "switchover")


async def planned(settings: Settings) -> Plan:
    store = open_store(settings)
    grant = await read_grant(store, settings.group)
    return switchover(settings.group, await next_epoch(store, grant), grant.holder)


def move(settings: Settings, args: argparse.Namespace, plan: Plan, what: str) -> int:
    """Prints the plan and its price, asks, follows it to its end. Also the whole of a failback."""
    if args.plan and args.plan != plan.checksum:
        raise Refused(
            f"The plan would now be {plan.checksum}, not {args.plan}: the situation has changed.",
            f"Look at `farshore {what}` again, and approve what it prints.",
        )
    print(f"{plan.text()}\n{PRICE}", file=sys.stderr if args.json else sys.stdout, flush=True)
    if not args.yes:
        confirm(settings.group, f"move the writer to {plan.to_region}")
    order = OperatorWord(Word.SWITCHOVER, who(), plan=args.plan)
    ending = asyncio.run(carry_out(settings, args, order))
    if args.json:
        print_json(asdict(ending) | {"checksum": plan.checksum})
    else:
        print(f"The {what} {ending.how}{': ' + ending.why if ending.why else '.'}")
        if ending.how != "finished":
            print(_next(ending))
    return 0 if ending.how == "finished" else 1


def _next(ending: Ending) -> str:
    if ending.how == "refused":
        return "Next: `farshore status` says what is not well; nothing was moved."
    return "Next: `farshore status` says what is open; `approve` tries again, `abort` reopens where orders were taken."
