"""`tidepool up`: start the account; prints endpoint, token, CA."""

import argparse
import sys

from tidepool.cli.options import add_name
from tidepool.engines.trust import ESTABLISHED
from tidepool.lab.home import LabFolder
from tidepool.lab.launch import up


def register(verbs: "argparse._SubParsersAction[argparse.ArgumentParser]") -> None:
    verb = verbs.add_parser("up", help="start the account; prints endpoint, token, CA")
    add_name(verb)
    verb.add_argument(
        "--time-scale", type=float, default=0.05, metavar="X", help="how long DigitalOcean's waits take here (0.05)"
    )
    verb.add_argument(
        "--promote-delay",
        type=float,
        default=1.0,
        metavar="S",
        help="seconds between the promote call and its effect (1.0)",
    )
    verb.add_argument(
        "--established",
        choices=ESTABLISHED,
        default=ESTABLISHED[0],
        help="what a database's trusted sources do with connections that are open already: nobody knows DigitalOcean's "
        "way, so the default is the worse case for a fence (keep)",
    )
    verb.set_defaults(run=run)


def run(options: argparse.Namespace) -> int:
    folder = LabFolder.named(options.name)
    words = ["--time-scale", str(options.time_scale), "--promote-delay", str(options.promote_delay)]
    words += ["--established", options.established]
    facts = up(folder, words, lambda line: print(line, file=sys.stderr, flush=True))
    for key in ("endpoint", "token", "ca_file"):
        print(f"{key:<9} {facts[key]}")
    return 0
