"""`tidepool store plain`: build the plain shop in both regions through the API, from a machine in lon1."""

import argparse
import os
import subprocess
import sys

from tidepool.cli.options import add_name
from tidepool.lab.home import LabError, LabFolder
from tidepool.lab.launch import facts
from tidepool.store.blueprint import ENGINES, split_domain

DOMAIN = "shop.example.com"


def register(verbs: "argparse._SubParsersAction[argparse.ArgumentParser]") -> None:
    verb = verbs.add_parser("store", help="build a store in the account, like a customer")
    kinds = verb.add_subparsers(dest="kind", metavar="KIND", required=True)
    plain = kinds.add_parser("plain", help="the plain shop in both regions; prints what it made as JSON")
    add_name(plain)
    plain.add_argument("--engine", choices=sorted(ENGINES), default="mysql", help="mysql (default) or pg")
    plain.add_argument("--domain", default=DOMAIN, metavar="NAME", help=f"the store's host name ({DOMAIN})")
    plain.add_argument(
        "--permit", action=argparse.BooleanOptionalAction, default=False,
        help="orders need a permit, which farshore's agents renew; without agents the checkout stays closed",
    )  # fmt: skip
    plain.set_defaults(run=run)


def run(options: argparse.Namespace) -> int:
    try:
        split_domain(options.domain)
    except ValueError as error:
        raise LabError(str(error)) from None
    folder = LabFolder.named(options.name)
    known = facts(folder)
    into = folder.path / "store"
    into.mkdir(mode=0o700, exist_ok=True)
    if (into / "store.json").exists():
        raise LabError(
            f"lab {options.name} already has a store, see {into / 'store.json'}; `tidepool down` removes both"
        )
    env = os.environ | {
        "TIDEPOOL_ENDPOINT": known["endpoint_inside"],
        "TIDEPOOL_TOKEN": known["token"],
        "TIDEPOOL_CA_FILE": known["ca_file"],
        "NO_PROXY": "*",  # the machine's proxy does not know the lab
        "no_proxy": "*",
    }
    tidepool = [sys.executable, "-m", "tidepool.cli.main", "exec", "--name", options.name, "lon1", "--"]
    build = [sys.executable, "-m", "tidepool.store.plain", options.engine, options.domain, str(into)]
    build += ["permit" if options.permit else "no-permit"]
    return subprocess.run([*tidepool, *build], env=env, check=False).returncode
