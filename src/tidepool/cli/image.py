"""`tidepool image`: build the root filesystem (cached)."""

import argparse

from tidepool.lab.image import ensure_image


def register(verbs: "argparse._SubParsersAction[argparse.ArgumentParser]") -> None:
    verb = verbs.add_parser("image", help="build the root filesystem (cached)")
    verb.set_defaults(run=run)


def run(_: argparse.Namespace) -> int:
    print(ensure_image(lambda line: print(line, flush=True)))
    return 0
