"""`farshore drill region`: kill a region of a lab under load, fail over, measure and report."""

import argparse
import json
import sys
from pathlib import Path

from farshore.cli.options import add_json

EXAMPLES = """\
  farshore drill region
  farshore drill region --engine postgresql --out ./out/pg --json
  farshore drill region --lab mine --keep
"""


def configure(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("drill", choices=("region",), help="region: everything in the writer's region dies")
    add_drill_options(parser)


def add_drill_options(parser: argparse.ArgumentParser) -> None:
    engines = ("mysql", "mariadb", "pg", "postgresql")
    parser.add_argument("--engine", choices=engines, default="mysql", help="(default: mysql)")
    parser.add_argument(
        "--lab", default="drill", metavar="NAME", help="lab to use; brought up if it is not (default: drill)"
    )
    parser.add_argument("--out", type=Path, metavar="DIR", help="folder for the report (default: ./out/DRILL-ENGINE)")
    parser.add_argument(
        "--promote-delay", type=float, default=1.0, metavar="S", help="of the lab's provider (default: 1)"
    )
    parser.add_argument(
        "--time-scale", type=float, default=0.05, metavar="X", help="of its other waits (default: 0.05)"
    )
    parser.add_argument("--keep", action="store_true", help="leave the lab up afterwards")
    parser.add_argument("--quiet", action="store_true", help="no progress lines")
    add_json(parser)


def run(args: argparse.Namespace) -> int:
    from rich.console import Console

    from farshore.drills.command import Progress, run_to_end
    from farshore.drills.ours import Farshore
    from farshore.drills.region import Scenario, engine_of, run_region
    from farshore.drills.summary import show

    scenario = Scenario(
        engine=engine_of(args.engine),
        lab=args.lab,
        out=(args.out or Path("out") / f"{args.drill}-{args.engine}").absolute(),
        promote_delay_s=args.promote_delay,
        time_scale=args.time_scale,
        keep=args.keep,
        name=args.drill,
    )
    say = Progress(args.quiet)
    result, report = run_to_end(
        run_region(
            scenario,
            Farshore,
            say,
        )
    )
    if args.json:
        print(json.dumps(result.to_json(), indent=2))
    else:
        show(result, Console(width=None if sys.stdout.isatty() else 96))
        print(f"Report: {report.html_file}\n        {report.json_file}")
    return 0 if result.passed else 1
