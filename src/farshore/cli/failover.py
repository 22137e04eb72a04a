"""`farshore failover`: prints the plan and its price, asks, and follows it to its end.

With --accept-loss it goes past a writer that serves and a standby that lacks orders: the loss is named, and what is
accepted stands in the journal under the operator's name. It never goes past the fence.

Where a daemon lives, it gets the operator's word and does the work; otherwise this process leads for one plan.
"""

import argparse
import asyncio
import sys
from dataclasses import asdict, replace

from farshore.cli.cost import cost_sentence, restraint_sentence
from farshore.cli.failover_plan import Proposal, propose
from farshore.cli.loss import Loss, name_loss
from farshore.cli.operator_word import who
from farshore.cli.options import add_config, add_json
from farshore.cli.order import carry_out, confirm
from farshore.cli.plan_failover import add_accept_loss, add_old_database
from farshore.cli.show import log_to_stderr, print_json
from farshore.daemon.lock import holder_of
from farshore.engine.controller import Ending
from farshore.model.failure import Refused
from farshore.model.operator import OperatorWord, Word
from farshore.settings.load import load_settings
from farshore.settings.settings import Settings
from farshore.wiring.store import open_clock, open_store

ASKS_FOR_LOSS = "(rule V36)"
EXAMPLES = """\
  farshore failover                    # prints, asks, does
  farshore plan failover
  farshore failover --plan CHECKSUM --yes
  farshore failover --accept-loss      # names the orders that would be lost, and asks for them
"""


def configure(parser: argparse.ArgumentParser) -> None:
    add_config(parser)
    parser.add_argument("--plan", default="", metavar="CHECKSUM", help="carry out this plan, and refuse any other")
    parser.add_argument("--yes", action="store_true", help="do not ask")
    parser.add_argument("--timeout-s", type=float, default=900.0, metavar="S", help="give up following (default: 900)")
    add_old_database(parser)
    add_accept_loss(parser)
    add_json(parser)


def run(args: argparse.Namespace) -> int:
    log_to_stderr()
    settings = load_settings(args.config)
    proposal, price, loss = asyncio.run(_prepare(settings, args))
    if args.plan and args.plan != proposal.plan.checksum:
        raise Refused(
            f"The plan would now be {proposal.plan.checksum}, not {args.plan}: the situation has changed.",
            f"Look at `farshore plan failover{' --accept-loss' if args.accept_loss else ''}` and approve that.",
        )
    out = sys.stderr if args.json else sys.stdout
    print(f"{proposal.plan.text()}\n{price}", file=out, flush=True)
    if not args.yes:
        confirm(settings.group, "fail over and accept that loss" if args.accept_loss else "fail over")
    order = OperatorWord(Word.FAILOVER, who(), plan=args.plan, accept_loss=args.accept_loss)
    if args.accept_loss:
        order = replace(order, loss_s=loss.seconds)
    ending = asyncio.run(carry_out(settings, args, order))
    if args.json:
        accepted = {"accepted_loss_s": loss.seconds} if args.accept_loss else {}
        print_json(asdict(ending) | {"checksum": proposal.plan.checksum} | accepted)
    else:
        print(f"The failover {ending.how}{': ' + ending.why if ending.why else '.'}")
    if ending.how != "finished" and not args.json:
        print(_next(ending))
    return 0 if ending.how == "finished" else 1


def _next(ending: Ending) -> str:
    if ending.how == "refused" and ASKS_FOR_LOSS in ending.why:
        return "Next: mend the replication, or `farshore failover --accept-loss`, which names those orders and asks."
    return "Next: `farshore status` says what is open; `approve` tries again, `abort` goes back, `runbook` is by hand."


async def _prepare(settings: Settings, args: argparse.Namespace) -> tuple[Proposal, str, Loss]:
    """The plan, what it costs as lines to print, and what it would lose."""
    store, group, runs = open_store(settings), settings.group, holder_of(settings.state_file) is not None
    proposal = await propose(settings, store, args.old_database, runs, args.accept_loss)
    loss = await name_loss(store, open_clock(), group, proposal.grant)
    price = [await cost_sentence(store, group)]
    if args.accept_loss:
        price.append(loss.sentence)
    if runs:
        price.append(await restraint_sentence(store, group))
    return proposal, "\n".join(filter(None, price)), loss
