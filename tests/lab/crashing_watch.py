"""`farshore watch` that kills itself with SIGKILL at boundaries of a failover; started by test_crash_boundaries.

python crashing_watch.py DONE_FILE FARSHORE_ARGUMENTS...

A boundary is a moment around one journal line of a step: `before` the line is written (its effect has happened, and
nobody knows) and `after` it is durable. Each boundary kills once: it is written to DONE_FILE first. The kill is
exact because it happens inside the call that appends to the journal, which no kill from outside could hit.
"""

import json
import os
import signal
import sys
from pathlib import Path

from farshore.adapters.sqlite_coordination import SqliteCoordination
from farshore.cli.main import main
from farshore.ports.coordination import Lease, Line

KINDS = ("plan_started", "step_started", "step_done", "step_skipped", "plan_finished")


class Boundaries:
    def __init__(self, file: Path) -> None:
        self._file = file
        self._seen = set(file.read_text().split()) if file.exists() else set()

    def cross(self, moment: str, body: dict[str, object]) -> None:
        if body["kind"] not in KINDS or str(body.get("plan", "")).startswith("hold-"):
            return
        name = f"{moment}:{body['kind']}:{body.get('step', '')}"
        if name in self._seen:
            return
        with self._file.open("a") as file:
            file.write(name + "\n")
            file.flush()
            os.fsync(file.fileno())
        os.kill(os.getpid(), signal.SIGKILL)


def crash_at(boundaries: Boundaries) -> None:
    append = SqliteCoordination.append

    async def crashing(self: SqliteCoordination, lease: Lease | None, body: str) -> Line:
        line = json.loads(body)
        boundaries.cross("before", line)
        written = await append(self, lease, body)
        boundaries.cross("after", line)
        return written

    SqliteCoordination.append = crashing  # type: ignore[method-assign]


if __name__ == "__main__":
    crash_at(Boundaries(Path(sys.argv[1])))
    sys.exit(main(sys.argv[2:]))
