"""Options that several verbs share, spelt the same everywhere."""

import argparse
from pathlib import Path

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
