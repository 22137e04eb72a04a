"""`farshore terraform guard`: would this plan destroy, replace or cut off anything that the selling region lives on?"""

import argparse
import asyncio
import sys

from farshore.cli.options import add_config, add_json
from farshore.cli.show import print_json, voice
from farshore.cli.terraform_source import read_source, stand
from farshore.model.failure import Failure
from farshore.provision.terraform.finding import Level, exit_code
from farshore.provision.terraform.guard import judge

EXAMPLES = """\
  terraform plan -out p && terraform show -json p | farshore terraform guard -
  farshore terraform guard plan.json --json
  terraform show -json p | ssh controller farshore terraform guard - --config /etc/farshore/farshore.yaml

exit codes: 0 nothing hurts the store, 1 something would, 2 it cannot be told
"""
_STYLES = {Level.VIOLATION: ("fail", "REFUSED"), Level.UNKNOWN: ("fail", "UNKNOWN"), Level.WARNING: ("warn", "warning")}


def configure(parser: argparse.ArgumentParser) -> None:
    add_config(parser)
    parser.add_argument("plan", metavar="PLAN.json|-", help="what `terraform show -json PLAN` says; -: standard input")
    add_json(parser)


def run(args: argparse.Namespace) -> int:
    try:
        document = read_source(args.plan)
        standing = asyncio.run(stand(args))
    except Failure as error:  # 1 would say that the plan is bad
        print(error, file=sys.stderr)
        return 2
    findings = judge(document, standing)
    code, grant = exit_code(findings), standing.grant
    if args.json:
        print_json(
            {
                "verdict": {0: "safe", 1: "refused", 2: "unknown"}[code],
                "writer": grant.holder,
                "epoch": grant.epoch,
                "findings": [finding.as_json() for finding in findings],
            }
        )
        return code
    out = voice()
    for finding in findings:
        style, word = _STYLES[finding.level]
        out.line(f"{out.paint(style, word)}  {finding.rule}  {finding.sentence}")
    said = {0: "hurts nothing that", 1: "would hurt what", 2: "cannot be judged; it may hurt what"}[code]
    out.line(f"The plan {said} {grant.holder} sells with under epoch {grant.epoch}.")
    return code
