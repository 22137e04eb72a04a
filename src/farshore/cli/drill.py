"""`farshore drill NAME`: break something in a lab under load, let farshore act, measure and report."""

import argparse
import functools
import json
import sys
from pathlib import Path
from typing import TYPE_CHECKING, Any

from farshore.cli.options import add_json
from farshore.drills.scenes import SCENES

if TYPE_CHECKING:
    from farshore.drills.command import Progress

PLAIN = {"writer": "A", "standby": "B"}

EXAMPLES = """\
  farshore drill region
  farshore drill region --engine postgresql --out ./out/pg --json
  farshore drill region --lab mine --keep
  farshore drill partition --times 3
"""


def configure(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("drill", choices=tuple(SCENES), metavar="NAME", help=_menu())
    parser.add_argument("--store", choices=("plain", "wordpress"), default="plain", help="(default: plain)")
    parser.add_argument(
        "--checkout", choices=("block", "classic"), default="block", help="of a WordPress shop (default: block)"
    )
    parser.add_argument(
        "--hpos",
        action=argparse.BooleanOptionalAction,
        default=True,
        help="a WordPress shop's orders in tables of their own (default), or with --no-hpos among the posts",
    )
    parser.add_argument(
        "--journal",
        choices=("off", "open", "closed"),
        default="off",
        help="a WordPress shop's orders go to the other region's journal; reconciled at the end (default: off)",
    )
    parser.add_argument(
        "--gate",
        choices=("trigger", "kernel"),
        default="trigger",
        help="what refuses an order without a permit: triggers in the database, or nftables (default: trigger)",
    )
    parser.add_argument("--times", type=count, default=1, metavar="N", help="play it N times (default: 1)")
    add_drill_options(parser)


def _menu() -> str:
    told = "; ".join(f"{scene.name}: {scene.says.format(**PLAIN)}" for scene in SCENES.values())
    return f"where A takes the orders and B stands by, {told}"


def count(text: str) -> int:
    times = int(text)
    if times < 1:
        raise argparse.ArgumentTypeError("must be 1 or more")
    return times


def add_drill_options(parser: argparse.ArgumentParser, engine: str = "mysql") -> None:
    engines = ("mysql", "mariadb", "pg", "postgresql")
    parser.add_argument("--engine", choices=engines, default=engine, help="(default: %(default)s)")
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
    from farshore.drills.command import Progress

    out = (args.out or Path("out") / f"{args.drill}-{args.engine}").absolute()
    say = Progress(args.quiet)
    reports = []
    for number in range(1, args.times + 1):
        folder = out if args.times == 1 else out / str(number)
        if args.times > 1:
            say(f"drill {args.drill}, {number} of {args.times}")
        reports.append(_once(args, folder, say))
    if args.json:
        print(json.dumps(reports[0] if args.times == 1 else reports, indent=2))
    passed = sum(report["passed"] for report in reports)
    if args.times > 1 and not args.json:
        print(f"{passed} of {args.times} passed")
    return 0 if passed == args.times else 1


def _once(args: argparse.Namespace, out: Path, say: "Progress") -> dict[str, Any]:
    from rich.console import Console

    from farshore.drills.command import run_to_end
    from farshore.drills.drill import Scenario, engine_of, run_drill
    from farshore.drills.ours import Farshore
    from farshore.drills.summary import show
    from farshore.drills.trade import OFF, WORDPRESS, Trade
    from farshore.model.failure import Refused
    from farshore.provision.wordpress_files import wordpress_folder

    plugin = wordpress_folder() if args.store == WORDPRESS else None
    trade = Trade(args.store, args.checkout, args.hpos, plugin, args.journal)
    if trade.journal != OFF and trade.kind != WORDPRESS:
        raise Refused("The plain shop keeps no order journal.", "Add --store wordpress.")
    if trade.kind == WORDPRESS and engine_of(args.engine) != "mysql":
        raise Refused("A WordPress shop has no other database than MySQL.", "Leave --engine out.")
    scenario = Scenario(
        engine=engine_of(args.engine),
        load=trade.load,
        trade=trade,
        lab=args.lab,
        out=out,
        promote_delay_s=args.promote_delay,
        time_scale=args.time_scale,
        keep=args.keep,
        name=args.drill,
        scene=SCENES[args.drill],
    )
    contestant = functools.partial(Farshore, gate=args.gate, trade=trade)
    result, report = run_to_end(run_drill(scenario, contestant, say))
    if not args.json:
        show(result, Console(width=None if sys.stdout.isatty() else 96))
        print(f"Report: {report.html_file}\n        {report.json_file}")
    return result.to_json()
