"""`farshore runbook`: the failover plan as commands to type by hand, for the day when farshore itself is broken.

Prints; asks nobody and changes nothing, so it can be printed on paper today.
"""

import argparse
import asyncio

from farshore.cli.failover_plan import next_epoch, read_grant
from farshore.cli.managed_only import refuse_self_run
from farshore.cli.options import add_config, add_json
from farshore.cli.show import print_json
from farshore.model.region import Epoch, RegionName
from farshore.plan.build import failover
from farshore.plan.plan import Plan
from farshore.provision.runbook.page import page
from farshore.settings.load import load_settings
from farshore.settings.problem import BadSettings
from farshore.settings.settings import Settings
from farshore.wiring.store import open_store

EXAMPLES = """\
  farshore runbook
  farshore runbook > failover.sh      # read it, then paste it block by block
  farshore runbook --epoch 7 --from nyc3   # without the store of record
"""


def configure(parser: argparse.ArgumentParser) -> None:
    add_config(parser)
    parser.add_argument(
        "--from", dest="from_region", metavar="REGION", help="the region that is lost (default: the writer)"
    )
    parser.add_argument("--epoch", type=int, metavar="N", help="the epoch to grant (default: the next one)")
    add_json(parser)


def run(args: argparse.Namespace) -> int:
    settings = load_settings(args.config)
    refuse_self_run(settings, "farshore runbook")
    plan = _plan(settings, args)
    text = page(settings, plan)
    if args.json:
        print_json({"plan": plan.for_storage(), "shell": text})
    else:
        print(text, end="")
    return 0


def _plan(settings: Settings, args: argparse.Namespace) -> Plan:
    group = settings.group
    regions = (group.first.region, group.second.region)
    if args.from_region is not None and args.from_region not in regions:
        raise BadSettings(f"--from is {args.from_region!r}; write {regions[0]} or {regions[1]}.")
    if args.from_region is not None and args.epoch is not None:
        return failover(group, Epoch(args.epoch), RegionName(args.from_region))  # the store of record may be lost
    holder, epoch = asyncio.run(_next(settings))
    return failover(
        group,
        Epoch(args.epoch) if args.epoch is not None else epoch,
        RegionName(args.from_region) if args.from_region is not None else holder,
    )


async def _next(settings: Settings) -> tuple[RegionName, Epoch]:
    store = open_store(settings)
    grant = await read_grant(store, settings.group)
    return grant.holder, await next_epoch(store, grant)
