"""A drill's result made by hand, for tests of what is printed."""

from farshore.drills.orders import Fate
from farshore.drills.result import Conditions, Result
from farshore.drills.stages import Course, Stage
from farshore.drills.stopwatch import Clocks, Outage


def a_result(**fate: object) -> Result:
    orders: dict[str, object] = {
        "acknowledged": 3,
        "present": 3,
        "lost": (),
        "doubled": (),
        "damaged": (),
        "beyond_replication": 0,
        "bought_twice": 0,
    }
    return Result(
        Conditions(
            "region", "MariaDB", "region nyc3 killed", "nyc3", "sfo3", 1.0, 0.05, True, 30, "2026-11-23T12:00:00"
        ),
        Clocks(Outage(4.2, 9, 0), Outage(6.3, 8, 1), Outage(28.0, 9, 0), Outage(29.0, 3, 0), 6.3, 0.0),
        Course((Stage("detect", 0.0, 4.0), Stage("promote", 4.1, 5.5)), None, 4.0, 1.4, 6.1, 6.5, "V100", "waited out"),
        Fate(**(orders | fate)),  # type: ignore[arg-type]
    )
