"""`farshore agents deploy`: the agent on every app server, over SSH. Repeating it is harmless."""

import argparse
import asyncio
from dataclasses import asdict

from farshore.cli.options import add_config, add_json
from farshore.cli.show import print_json, voice
from farshore.provision.deploy import Deployed
from farshore.settings.load import load_settings
from farshore.settings.settings import Settings
from farshore.wiring.deploy import deploy_agents

EXAMPLES = """\
  farshore agents deploy
  farshore agents deploy --region sfo3
  farshore agents deploy --dry-run
"""


def configure(parser: argparse.ArgumentParser) -> None:
    add_config(parser)
    parser.add_argument("--region", metavar="REGION", help="only the app servers there")
    parser.add_argument("--dry-run", action="store_true", help="only say which hosts it would be")
    add_json(parser)


def run(args: argparse.Namespace) -> int:
    settings = load_settings(args.config)
    results = asyncio.run(deploy_agents(settings, args.region, args.dry_run))
    failed = [result for result in results if result.outcome == "failed"]
    if args.json:
        print_json([asdict(result) for result in results])
    else:
        _print(settings, results)
    return 1 if failed else 0


def _print(settings: Settings, results: list[Deployed]) -> None:
    out = voice()
    width = max((len(result.host) for result in results), default=0)
    for result in results:
        level = "fail" if result.outcome == "failed" else "ok"
        outcome = out.paint(level, f"{result.outcome:<9}")
        out.line(f"{outcome}  {result.host:<{width}}  {result.address}  {result.why}".rstrip())
    pinned = [result.host for result in results if result.pinned]
    if pinned:
        out.line(
            f"Warning: the SSH host keys of {', '.join(pinned)} were seen for the first time and are pinned in "
            f"{settings.agents.known_hosts_file}; compare them with the hosts' consoles."
        )
    if not any(result.outcome == "failed" for result in results):
        out.line("Next: `farshore check`.")
