"""The `tidepool` command: one file per verb beside this one."""

import argparse
import sys
from importlib import import_module

from tidepool.lab.home import LabError

VERBS = ("image", "up", "env", "store", "exec", "fault", "status", "down")


def main() -> int:
    parser = argparse.ArgumentParser(
        prog="tidepool", description="A DigitalOcean account in miniature on one Linux machine."
    )
    verbs = parser.add_subparsers(dest="verb", metavar="VERB", required=True)
    for verb in VERBS:
        import_module(f"tidepool.cli.{verb}").register(verbs)
    options = parser.parse_args()
    try:
        return int(options.run(options))
    except LabError as error:
        print(f"tidepool: {error}", file=sys.stderr)
        return 1
    except KeyboardInterrupt:
        return 130


if __name__ == "__main__":
    sys.exit(main())
