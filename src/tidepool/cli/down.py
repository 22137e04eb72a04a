"""`tidepool down`: end the lab and remove every trace of it, also after a crash."""

import argparse

from tidepool.cli.options import add_name
from tidepool.lab.home import LabFolder
from tidepool.lab.launch import down


def register(verbs: "argparse._SubParsersAction[argparse.ArgumentParser]") -> None:
    verb = verbs.add_parser("down", help="end the lab and remove every trace of it, also after a crash")
    add_name(verb)
    verb.set_defaults(run=run)


def run(options: argparse.Namespace) -> int:
    down(LabFolder.named(options.name))
    return 0
