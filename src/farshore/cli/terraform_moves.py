"""`farshore terraform moves`: after a failover, the blocks that make Terraform's state name the world as it is."""

import argparse
import asyncio
import sys
from pathlib import Path

from farshore.cli.options import add_config
from farshore.cli.terraform_source import read_source, stand
from farshore.model.failure import Failure
from farshore.provision.terraform.moves import plan_moves, with_commands_only
from farshore.provision.terraform.moves_text import HEAD, TOOLS, render
from farshore.settings.problem import BadSettings

FILE = "farshore-moves.tf"
EXAMPLES = """\
  terraform show -json | farshore terraform moves
  farshore terraform moves --state state.json --out infra/
  tofu show -json | farshore terraform moves --for opentofu
"""


def configure(parser: argparse.ArgumentParser) -> None:
    add_config(parser)
    parser.add_argument(
        "--state",
        default="-",
        metavar="FILE|-",
        help="what `terraform show -json` says of the state or of a plan (default: -, standard input)",
    )
    parser.add_argument("--out", type=Path, metavar="DIR", help=f"write DIR/{FILE} instead of standard output")
    parser.add_argument(
        "--for",
        dest="tool",
        choices=tuple(TOOLS),
        default="terraform",
        help="whose language: terraform (1.7 or newer), opentofu (1.10 or newer), opentofu-1.7 (to 1.9)",
    )


def run(args: argparse.Namespace) -> int:
    try:
        document = read_source(args.state)
        moves = plan_moves(document, asyncio.run(stand(args)))
    except Failure as error:
        print(error, file=sys.stderr)
        return 2
    if args.tool == "opentofu-1.7":
        moves = with_commands_only(moves)
    text = render(moves, args.tool)
    if args.out is None:
        print(text, end="")
        return 0
    target = args.out / FILE
    if target.exists() and not target.read_text(encoding="utf-8", errors="replace").startswith(HEAD):
        raise BadSettings(f"{target}: was not written by farshore; move it away, or choose another --out.")
    args.out.mkdir(parents=True, exist_ok=True)
    target.write_text(text, encoding="utf-8")
    print(target)
    return 0
