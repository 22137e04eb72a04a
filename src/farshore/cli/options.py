"""Options that several verbs share, spelt the same everywhere."""

import argparse
from pathlib import Path

from farshore.model.group import Group
from farshore.settings.problem import BadSettings

DEFAULT_CONFIG = Path("farshore.yaml")


def add_config(parser: argparse.ArgumentParser) -> None:
    parser.add_argument(
        "--config",
        type=Path,
        default=DEFAULT_CONFIG,
        metavar="FILE",
        help="the group's settings (default: farshore.yaml here)",
    )


def add_json(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("--json", action="store_true", help="answer one JSON document instead of text")


def add_adopt(parser: argparse.ArgumentParser) -> None:
    parser.add_argument(
        "--adopt",
        metavar="REGION",
        help="the state file is lost, and REGION is the one that sells: go on above every epoch that is remembered",
    )


def adopted_region(args: argparse.Namespace, group: Group) -> str | None:
    regions = (group.first.region, group.second.region)
    if args.adopt is not None and args.adopt not in regions:
        raise BadSettings(f"--adopt is {args.adopt!r}; write {regions[0]} or {regions[1]}.")
    return str(args.adopt) if args.adopt is not None else None
