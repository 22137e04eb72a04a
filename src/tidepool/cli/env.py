"""`tidepool env`: how to reach the account, for a shell (`eval "$(tidepool env)"`) or as JSON."""

import argparse
import json
import shlex

from tidepool.cli.options import add_json, add_name
from tidepool.lab.home import LabFolder
from tidepool.lab.launch import facts

VARIABLES = {
    "DIGITALOCEAN_TOKEN": "token",
    "DIGITALOCEAN_API_URL": "endpoint",
    "TIDEPOOL_ENDPOINT_INSIDE": "endpoint_inside",
    "TIDEPOOL_CA_FILE": "ca_file",
    "TIDEPOOL_DNS_SERVER": "dns_server",
}


def register(verbs: "argparse._SubParsersAction[argparse.ArgumentParser]") -> None:
    verb = verbs.add_parser("env", help="endpoint, token, CA, DNS server, places")
    add_name(verb)
    add_json(verb)
    verb.set_defaults(run=run)


def run(options: argparse.Namespace) -> int:
    known = facts(LabFolder.named(options.name))
    if options.json:
        print(json.dumps(known, indent=2))
    else:
        for variable, key in VARIABLES.items():
            print(f"export {variable}={shlex.quote(str(known[key]))}")
    return 0
