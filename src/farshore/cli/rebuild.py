"""`farshore rebuild`: the region that lost the writer stands by again, its database made anew from the writer's.

What only the old database has is kept as files first; then it is deleted, and the provider makes a replica of its name.
"""

import argparse
import asyncio
import sys
from dataclasses import asdict

from farshore.cli.failover_plan import read_grant
from farshore.cli.operator_word import who
from farshore.cli.options import add_config, add_json
from farshore.cli.order import carry_out, confirm
from farshore.cli.show import log_to_stderr, print_json
from farshore.model.failure import Refused
from farshore.model.operator import OperatorWord, Word
from farshore.plan.plan import Plan
from farshore.plan.rebuild import rebuild
from farshore.settings.load import load_settings
from farshore.settings.settings import Settings
from farshore.wiring.store import open_store

EXAMPLES = """\
  farshore rebuild                     # prints, asks, does
  farshore rebuild --yes --json
"""


def configure(parser: argparse.ArgumentParser) -> None:
    add_config(parser)
    parser.add_argument("--plan", default="", metavar="CHECKSUM", help="carry out this plan, and refuse any other")
    parser.add_argument("--yes", action="store_true", help="do not ask")
    parser.add_argument(
        "--timeout-s", type=float, default=21600.0, metavar="S", help="give up following (default: 21600)"
    )
    add_json(parser)


def run(args: argparse.Namespace) -> int:
    log_to_stderr()
    settings = load_settings(args.config)
    plan = asyncio.run(_planned(settings))
    if args.plan and args.plan != plan.checksum:
        raise Refused(
            f"The plan would now be {plan.checksum}, not {args.plan}: the situation has changed.",
            "Look at `farshore rebuild` again, and approve what it prints.",
        )
    old = settings.group.place(plan.to_region).database
    fate = (
        "deleted for ever" if not settings.self_run else "stopped, and rewound or replaced by a copy, on its own host"
    )
    price = (
        f"Cost: the database {old} in {plan.to_region} is {fate}. What it has that {plan.from_region} never "
        f"received is kept first, in {settings.state_file.parent / 'divergence'}. Nothing is closed meanwhile."
    )
    print(f"{plan.text()}\n{price}", file=sys.stderr if args.json else sys.stdout, flush=True)
    if not args.yes:
        confirm(settings.group, f"{'replace' if settings.self_run else 'delete'} {old} and rebuild {plan.to_region}")
    ending = asyncio.run(carry_out(settings, args, OperatorWord(Word.REBUILD, who(), plan=args.plan)))
    if args.json:
        print_json(asdict(ending) | {"checksum": plan.checksum})
    else:
        print(f"The rebuild {ending.how}{': ' + ending.why if ending.why else '.'}")
        if ending.how != "finished":
            print("Next: `farshore status` says what is open; `approve` tries again, `abort` leaves it as it is.")
        else:
            print("Next: `farshore failback` moves the writer home; `farshore check` says whether all is well.")
    return 0 if ending.how == "finished" else 1


async def _planned(settings: Settings) -> Plan:
    grant = await read_grant(open_store(settings), settings.group)
    return rebuild(settings.group, grant.epoch, grant.holder)
