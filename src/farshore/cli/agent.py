"""`farshore agent`: runs on an app server, with the standard library only."""

import argparse
import asyncio
from pathlib import Path

EXAMPLES = "  farshore agent --config /etc/farshore/agent.json\n"


def configure(parser: argparse.ArgumentParser) -> None:
    parser.add_argument(
        "--config", type=Path, required=True, metavar="FILE", help="written by `farshore agents deploy`"
    )


def run(args: argparse.Namespace) -> int:
    from farshore.wiring.agent import run_agent

    asyncio.run(run_agent(args.config))
    return 0
