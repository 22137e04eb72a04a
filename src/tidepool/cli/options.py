"""Options that several verbs share."""

import argparse

DEFAULT_NAME = "default"


def add_name(verb: argparse.ArgumentParser) -> None:
    verb.add_argument("--name", default=DEFAULT_NAME, metavar="N", help=f"which lab ({DEFAULT_NAME})")


def add_json(verb: argparse.ArgumentParser) -> None:
    verb.add_argument("--json", action="store_true", help="for programs")
