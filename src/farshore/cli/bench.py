"""`farshore bench`: the same fault in the same shop, once for farshore and once for the script that founded it."""

import argparse
import json
from pathlib import Path

from farshore.cli.drill import add_drill_options

EXAMPLES = """\
  farshore bench
  farshore bench --engine postgresql --interval 20 --json
"""


def configure(parser: argparse.ArgumentParser) -> None:
    add_drill_options(parser)
    parser.add_argument(
        "--interval",
        type=float,
        default=60.0,
        metavar="S",
        help="between two looks of the founding script (default: 60)",
    )
    parser.add_argument(
        "--patience",
        type=float,
        default=120.0,
        metavar="S",
        help="how long it is watched after the fault (default: 120)",
    )


def run(args: argparse.Namespace) -> int:
    from farshore.drills.command import Progress, run_to_end
    from farshore.drills.comparison import Comparison
    from farshore.drills.drill import Scenario, as_bench, engine_of, run_drill
    from farshore.drills.founding_contestant import FoundingScript
    from farshore.drills.ours import Farshore

    out = (args.out or Path("out") / f"bench-{args.engine}").absolute()
    base = Scenario(
        engine=engine_of(args.engine),
        lab=args.lab,
        out=out,
        promote_delay_s=args.promote_delay,
        time_scale=args.time_scale,
        keep=args.keep,
        name="bench",
        give_up_s=args.patience,
    )
    say = Progress(args.quiet)

    async def both() -> Comparison:
        say("first: farshore")
        ours, _ = await run_drill(
            as_bench(base, "ours", permit=base.permit),
            Farshore,
            say,
        )
        say("second: the founding script, in a shop built anew")
        theirs, _ = await run_drill(
            as_bench(base, "base", permit=False),  # it has no agents
            lambda lab, facts, work, tell: FoundingScript(lab, facts, work, args.interval, tell),
            say,
        )
        return Comparison(ours, theirs, args.patience)

    compared = run_to_end(both())
    body = compared.to_json()
    (out / "bench.json").write_text(json.dumps(body, indent=2) + "\n")
    if args.json:
        print(json.dumps(body, indent=2))
    else:
        print(compared.sentence("browse", "browsing"))
        print(compared.sentence("buy", "buying"))
        print(
            f"promotion {args.promote_delay:g} s, other waits x {args.time_scale:g}, the founding script looks every "
            f"{args.interval:g} s; the fault comes half an interval after a look, and it never promotes the database"
        )
        print(f"JSON: {out / 'bench.json'}")
    return 0 if compared.ours.passed else 1
