"""`farshore bench`: the same faults in the same shop, for farshore, for Patroni and for the script that founded it."""

import argparse
import json
import time
from pathlib import Path
from typing import TYPE_CHECKING, Any

from farshore.cli.drill import add_drill_options, count

if TYPE_CHECKING:
    from farshore.drills.command import Progress
    from farshore.drills.comparison import Comparison
    from farshore.drills.drill import Scenario
    from farshore.drills.patroni_versus import Versus

FOUNDING, PATRONI = "founding", "patroni"
EXAMPLES = """\
  farshore bench
  farshore bench --against patroni --times 3
  farshore bench --against founding --engine mysql --interval 20 --json
"""


def configure(parser: argparse.ArgumentParser) -> None:
    add_drill_options(parser, engine="postgresql")
    parser.add_argument(
        "--against",
        choices=(FOUNDING, PATRONI, "all"),
        default="all",
        help="founding: the script that founded this project, on a crash. patroni: the same database pair under "
        "Patroni, on a crash and on a cut; PostgreSQL only (default: all)",
    )
    parser.add_argument(
        "--times", type=count, default=1, metavar="N", help="bouts with Patroni of each kind (default: 1)"
    )
    parser.add_argument(
        "--patroni-dir",
        type=Path,
        default=Path(".bench"),
        metavar="DIR",
        help="where `make setup-bench` has put Patroni and etcd (default: .bench)",
    )
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
    from farshore.drills.drill import Scenario, engine_of
    from farshore.drills.patroni_cluster import Bundle
    from farshore.model.failure import Refused

    out = (args.out or Path("out") / f"bench-{args.engine}").absolute()
    base = Scenario(
        engine=engine_of(args.engine),
        lab=args.lab,
        out=out,
        promote_delay_s=args.promote_delay,
        time_scale=args.time_scale,
        keep=args.keep,
        name="bench",
    )
    bundle = Bundle(args.patroni_dir.absolute())
    if args.against != FOUNDING and base.engine != "pg":
        raise Refused(
            f"Patroni runs PostgreSQL, and this bench is for {args.engine}.",
            "Add --against founding, or --engine postgresql.",
        )
    if args.against != FOUNDING:
        bundle.check()  # now, and not after minutes
    say, began = Progress(args.quiet), time.monotonic()
    founding, versus = run_to_end(_all(args, base, bundle, say))
    body: dict[str, Any] = founding.to_json() if founding is not None else {}
    body |= {"patroni": versus.to_json()} if versus is not None else {}
    body["took_s"] = round(time.monotonic() - began, 1)
    out.mkdir(parents=True, exist_ok=True)
    (out / "bench.json").write_text(json.dumps(body, indent=2) + "\n")
    if args.json:
        print(json.dumps(body, indent=2))
    else:
        _show(args, founding, versus, out)
    return _code(founding, versus)


async def _all(
    args: argparse.Namespace, base: "Scenario", bundle: Any, say: "Progress"
) -> "tuple[Comparison | None, Versus | None]":
    from farshore.drills.patroni_match import run_match

    founding = await _founding(args, base, say) if args.against != PATRONI else None
    if args.against == FOUNDING:
        return founding, None
    crash = founding.ours if founding is not None else None
    return founding, await run_match(base, crash, bundle, args.times, say)


async def _founding(args: argparse.Namespace, base: "Scenario", say: "Progress") -> "Comparison":
    from dataclasses import replace

    from farshore.drills.comparison import Comparison
    from farshore.drills.drill import as_bench, run_drill
    from farshore.drills.founding_contestant import FoundingScript
    from farshore.drills.ours import Farshore

    watched = replace(base, give_up_s=args.patience)
    say("farshore: the writer's region is killed")
    ours, _ = await run_drill(as_bench(watched, "ours", permit=base.permit), Farshore, say)
    say("the founding script, in a shop built anew")
    theirs, _ = await run_drill(
        as_bench(watched, "base", permit=False),  # it has no agents
        lambda lab, facts, work, tell: FoundingScript(lab, facts, work, args.interval, tell),
        say,
    )
    return Comparison(ours, theirs, args.patience)


def _show(args: argparse.Namespace, founding: "Comparison | None", versus: "Versus | None", out: Path) -> None:
    if founding is not None:
        print(founding.sentence("browse", "browsing"))
        print(founding.sentence("buy", "buying"))
        print(
            f"promotion {args.promote_delay:g} s, other waits x {args.time_scale:g}, the founding script looks every "
            f"{args.interval:g} s; the fault comes half an interval after a look, and it never promotes the database"
        )
    if versus is not None:
        print("\n".join(versus.lines()))
        print(
            "absent: acknowledged to a customer and not in the new writer's database; kept: whole in the old one after "
            "the cut was mended; doubled: one order number for two customers"
        )
        print(
            f"farshore's provider promotes in {args.promote_delay:g} s, Patroni by itself; Patroni's door is moved by "
            "a watcher that looks each second"
        )
    print(f"JSON: {out / 'bench.json'}")


def _code(founding: "Comparison | None", versus: "Versus | None") -> int:
    from farshore.drills.patroni_match import whole

    if founding is not None and not founding.ours.passed:
        return 1
    return 0 if versus is None or (whole(versus.bouts) and not versus.problems) else 1
