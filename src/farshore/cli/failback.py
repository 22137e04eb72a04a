"""`farshore failback`: a switchover home to the first region of farshore.yaml, once that stands by again."""

import argparse
import asyncio

from farshore.cli import switchover
from farshore.cli.show import log_to_stderr
from farshore.model.failure import Refused
from farshore.settings.load import load_settings

EXAMPLES = """\
  farshore rebuild && farshore failback
  farshore failback --yes
"""

configure = switchover.configure


def run(args: argparse.Namespace) -> int:
    log_to_stderr()
    settings = load_settings(args.config)
    plan = asyncio.run(switchover.planned(settings))
    home = settings.group.first.region
    if plan.from_region == home:
        raise Refused(
            f"{home} takes the orders already: the writer is at home.", "`farshore switchover` moves it away."
        )
    return switchover.move(settings, args, plan, "failback")
