"""`tidepool store KIND`: build a shop in both regions through the API, from a machine in lon1."""

import argparse
import json
import os
import subprocess
import sys
from pathlib import Path

from tidepool.cli.options import add_name
from tidepool.lab.home import LabError, LabFolder
from tidepool.lab.launch import facts
from tidepool.shop.wordpress_files import woocommerce_problem
from tidepool.store.blueprint import ENGINES, split_domain

DOMAIN = "shop.example.com"
WOOCOMMERCE = "TIDEPOOL_WOOCOMMERCE"
CORE = "TIDEPOOL_WORDPRESS"


def register(verbs: "argparse._SubParsersAction[argparse.ArgumentParser]") -> None:
    verb = verbs.add_parser("store", help="build a store in the account, like a customer")
    kinds = verb.add_subparsers(dest="kind", metavar="KIND", required=True)
    plain = kinds.add_parser("plain", help="the plain shop in both regions; prints what it made as JSON")
    _add_common(plain, sorted(ENGINES), "mysql (default) or pg")
    plain.add_argument(
        "--databases", choices=["managed", "self-run"], default="managed",
        help="managed clusters (default), or PostgreSQL or MariaDB on a droplet in each region",
    )  # fmt: skip
    plain.set_defaults(run=run_plain)
    wordpress = kinds.add_parser(
        "wordpress",
        help="WordPress with WooCommerce in both regions; prints what it made as JSON",
        epilog=f"WooCommerce is taken from the folder or zip file that {WOOCOMMERCE} names; without it, a stand-in "
        f"that behaves like it where that matters to a failover. {CORE} may name the folder of a newer WordPress than "
        "Debian's, for a WooCommerce that needs one.",
    )
    _add_common(wordpress, ["mysql"], "mysql; WooCommerce has no other")
    wordpress.add_argument(
        "--hpos", action=argparse.BooleanOptionalAction, default=True,
        help="keep orders in WooCommerce's own tables (default) or, with --no-hpos, among WordPress's posts",
    )  # fmt: skip
    wordpress.add_argument(
        "--plugin", type=Path, metavar="FOLDER", help="the must-use plugin to bring: a folder with farshore.php"
    )
    wordpress.set_defaults(run=run_wordpress)


def _add_common(kind: argparse.ArgumentParser, engines: list[str], engine_help: str) -> None:
    add_name(kind)
    kind.add_argument("--engine", choices=engines, default="mysql", help=engine_help)
    kind.add_argument("--domain", default=DOMAIN, metavar="NAME", help=f"the store's host name ({DOMAIN})")
    kind.add_argument(
        "--permit", action=argparse.BooleanOptionalAction, default=False,
        help="orders need a permit, which farshore's agents renew; without agents the checkout stays closed",
    )  # fmt: skip


def run_plain(options: argparse.Namespace) -> int:
    into = _folder(options)
    permit = "permit" if options.permit else "no-permit"
    wish = [options.engine, options.domain, str(into), permit, options.databases]
    return _build(options, ["tidepool.store.plain", *wish])


def run_wordpress(options: argparse.Namespace) -> int:
    woocommerce = os.environ.get(WOOCOMMERCE) or None
    if woocommerce is not None and (problem := woocommerce_problem(Path(woocommerce))):
        raise LabError(f"{WOOCOMMERCE}: {problem}; set it to an unpacked WooCommerce or its zip file, or unset it")
    core = os.environ.get(CORE) or None
    if core is not None and not Path(core, "wp-settings.php").is_file():
        raise LabError(f"{CORE}: {core} holds no wp-settings.php; set it to an unpacked WordPress, or unset it")
    if options.plugin is not None and not (options.plugin / "farshore.php").is_file():
        raise LabError(f"--plugin {options.plugin} holds no farshore.php; give the folder of the must-use plugin")
    wish = {
        "engine": options.engine, "domain": options.domain, "permit": options.permit, "hpos": options.hpos,
        "folder": str(_folder(options)), "woocommerce": woocommerce and os.path.abspath(woocommerce),
        "plugin": options.plugin and os.path.abspath(options.plugin), "core": core and os.path.abspath(core),
    }  # fmt: skip
    return _build(options, ["tidepool.store.wordpress", json.dumps(wish)])


def _folder(options: argparse.Namespace) -> Path:
    """Where the store's own files go; refuses what cannot be built before anything is touched."""
    try:
        split_domain(options.domain)
    except ValueError as error:
        raise LabError(str(error)) from None
    folder = LabFolder.named(options.name)
    facts(folder)
    into = folder.path / "store"
    into.mkdir(mode=0o700, exist_ok=True)
    if (into / "store.json").exists():
        raise LabError(
            f"lab {options.name} already has a store, see {into / 'store.json'}; `tidepool down` removes both"
        )
    return into


def _build(options: argparse.Namespace, module: list[str]) -> int:
    known = facts(LabFolder.named(options.name))
    env = os.environ | {
        "TIDEPOOL_ENDPOINT": known["endpoint_inside"],
        "TIDEPOOL_TOKEN": known["token"],
        "TIDEPOOL_CA_FILE": known["ca_file"],
        "NO_PROXY": "*",  # the machine's proxy does not know the lab
        "no_proxy": "*",
    }
    tidepool = [sys.executable, "-m", "tidepool.cli.main", "exec", "--name", options.name, "lon1", "--"]
    return subprocess.run([*tidepool, sys.executable, "-m", *module], env=env, check=False).returncode
