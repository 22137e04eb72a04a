"""`farshore check`: everything that would break a failover today, each line with its remedy.

Exit code 0 when nothing fails (warnings allowed), 1 otherwise.
"""

import argparse
import asyncio
from dataclasses import asdict

from farshore.cli.options import add_config, add_json
from farshore.cli.show import print_json, voice
from farshore.settings.load import load_settings
from farshore.wiring.checks import run_checks

EXAMPLES = """\
  farshore check
  farshore check --json | jq '.[] | select(.level == "fail")'
"""


def configure(parser: argparse.ArgumentParser) -> None:
    add_config(parser)
    add_json(parser)


def run(args: argparse.Namespace) -> int:
    settings = load_settings(args.config)
    findings = asyncio.run(run_checks(settings))
    counts = {level: sum(finding.level == level for finding in findings) for level in ("ok", "warn", "fail")}
    if args.json:
        print_json([asdict(finding) for finding in findings])
        return 1 if counts["fail"] else 0
    out = voice()
    width = max(len(finding.what) for finding in findings)
    for finding in findings:
        out.line(f"{out.paint(finding.level, f'{finding.level:<4}')}  {finding.what:<{width}}  {finding.detail}")
        if finding.remedy and finding.level != "ok":
            out.line(f"{'':<6}{'':<{width}}  -> {finding.remedy}")
    out.line(f"{counts['ok']} ok, {counts['warn']} warnings, {counts['fail']} failures")
    return 1 if counts["fail"] else 0
