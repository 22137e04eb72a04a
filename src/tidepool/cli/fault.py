"""`tidepool fault add|list|remove`: break something on purpose, and mend it."""

import argparse
import json

from tidepool.cli.options import add_json, add_name
from tidepool.faults.book import KINDS
from tidepool.lab.control import ask
from tidepool.lab.home import LabError, LabFolder

EXAMPLES = """examples:
  tidepool fault add kill region:nyc3
  tidepool fault add kill service:web-nyc3-1/php8.2-fpm
  tidepool fault add freeze host:shop-nyc3
  tidepool fault add partition region:nyc3 link=uplink direction=in
  tidepool fault add partition host:web-nyc3-1 peer=203.0.113.128/25
  tidepool fault add flap link:peering period=5
  tidepool fault add slow link:public delay=200 loss=0.02
  tidepool fault add clock region:nyc3 shift=-300
  tidepool fault add api route="PUT /v2/databases/*/replicas/*/promote" ambiguous=true times=1
  tidepool fault add api route="PUT /v2/databases/*/replicas/*/promote" late=60
  tidepool fault remove all"""


def register(verbs: "argparse._SubParsersAction[argparse.ArgumentParser]") -> None:
    verb = verbs.add_parser(
        "fault",
        help="break something on purpose, and mend it",
        epilog=EXAMPLES,
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )
    actions = verb.add_subparsers(dest="action", metavar="ACTION", required=True)
    add = actions.add_parser("add", help="prints the fault's id")
    add_name(add)
    add.add_argument("kind", help=f"{', '.join(KINDS)}")
    add.add_argument("target", help="region:NAME, host:NAME, service:HOST/UNIT, link:NAME; for api: route=ROUTE")
    add.add_argument("options", nargs="*", metavar="key=value")
    add.set_defaults(run=run_add)
    listing = actions.add_parser("list", help="those in force")
    add_name(listing)
    add_json(listing)
    listing.set_defaults(run=run_list)
    remove = actions.add_parser("remove", help="mend")
    add_name(remove)
    remove.add_argument("id", help="as printed by add, or all")
    remove.set_defaults(run=run_remove)


def run_add(options: argparse.Namespace) -> int:
    words = list(options.options)
    target = options.target
    if options.kind == "api" and target.startswith("route="):
        target = target.removeprefix("route=")
    pairs = dict(_pair(word) for word in words)
    print(ask(LabFolder.named(options.name), "fault_add", kind=options.kind, target=target, options=pairs)["id"])
    return 0


def run_list(options: argparse.Namespace) -> int:
    faults = ask(LabFolder.named(options.name), "fault_list")["faults"]
    if options.json:
        print(json.dumps(faults, indent=2))
    else:
        for fault in faults:
            print(f"{fault['id']:<5} {fault['since']}  {fault['text']}")
    return 0


def run_remove(options: argparse.Namespace) -> int:
    ask(LabFolder.named(options.name), "fault_remove", id=options.id)
    return 0


def _pair(word: str) -> tuple[str, str]:
    key, sign, value = word.partition("=")
    if not sign or not key:
        raise LabError(f"{word!r} is not an option; write key=value, as in direction=out")
    return key, value
