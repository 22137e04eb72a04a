"""`farshore plan failover`: what it would do, in which order, and the checksum that approves exactly that."""

import argparse
import asyncio

from farshore.cli.failover_plan import Proposal, propose
from farshore.cli.options import add_config, add_json
from farshore.cli.show import print_json
from farshore.daemon.lock import holder_of
from farshore.settings.load import load_settings
from farshore.settings.settings import Settings
from farshore.wiring.store import open_store

EXAMPLES = """\
  farshore plan failover
  farshore plan failover --json | jq -r .checksum
  farshore failover --plan CHECKSUM
"""


def configure(parser: argparse.ArgumentParser) -> None:
    add_config(parser)
    add_old_database(parser)
    add_accept_loss(parser)
    add_json(parser)


def add_accept_loss(parser: argparse.ArgumentParser) -> None:
    parser.add_argument(
        "--accept-loss",
        action="store_true",
        help="although the writer serves, lose the orders that the standby lacks; the loss is named first",
    )


def add_old_database(parser: argparse.ArgumentParser) -> None:
    parser.add_argument(
        "--old-database",
        choices=("ask", "reachable", "unreachable"),
        default="ask",
        help="whether the losing database answers: ask it (default), or assume",
    )


def run(args: argparse.Namespace) -> int:
    proposal = asyncio.run(_propose(load_settings(args.config), args))
    if args.json:
        print_json(as_json(proposal))
    else:
        print(proposal.plan.text())
        print(f"The old database is {proposal.old_database}: {proposal.why}.")
    return 0


async def _propose(settings: Settings, args: argparse.Namespace) -> Proposal:
    runs = holder_of(settings.state_file) is not None
    return await propose(settings, open_store(settings), args.old_database, runs, args.accept_loss)


def as_json(proposal: Proposal) -> dict[str, object]:
    return {
        "checksum": proposal.plan.checksum,
        "old_database": proposal.old_database,
        "why": proposal.why,
        "plan": proposal.plan.for_storage(),
    }
