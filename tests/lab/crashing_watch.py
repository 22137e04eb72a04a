"""`farshore watch` that kills itself with SIGKILL at boundaries of a failover, and is started again each time.

python crashing_watch.py DONE_FILE FARSHORE_ARGUMENTS...     started by test_crash_boundaries

A boundary is a moment around one journal line of a step: `before` the line is written (its effect has happened, and
nobody knows) and `after` it is durable. Each boundary kills once: it is written to DONE_FILE first. The kill is
exact because it happens inside the call that appends to the journal, which no kill from outside could hit. Whoever
starts this spares a boundary by writing it there himself.

Each life is a fork of a process that has imported the program and has run nothing of it: a restart costs no import,
which is most of what a restart costs.
"""

import ctypes
import json
import os
import signal
import sys
from pathlib import Path

import farshore.cli.watch  # noqa: F401
from farshore.adapters.sqlite_coordination import SqliteCoordination
from farshore.cli.main import main
from farshore.ports.coordination import Lease, Line

KINDS = ("plan_started", "step_started", "step_done", "step_skipped", "granted", "plan_finished")
LIVES_MAX = 120
KILLED = "(killed, and started again)"
DIE_WITH_PARENT = 1  # PR_SET_PDEATHSIG


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


def live(file: Path, arguments: list[str]) -> int:
    ctypes.CDLL(None).prctl(DIE_WITH_PARENT, signal.SIGKILL)
    signal.signal(signal.SIGTERM, signal.SIG_DFL)
    crash_at(Boundaries(file))
    return main(arguments)


def supervise(file: Path, arguments: list[str]) -> int:
    """Until a life ends in any other way than by SIGKILL. SIGTERM is passed on."""
    for _ in range(LIVES_MAX):
        child = os.fork()
        if child == 0:
            return live(file, arguments)
        signal.signal(signal.SIGTERM, lambda *_, child=child: os.kill(child, signal.SIGTERM))
        code = os.waitstatus_to_exitcode(os.waitpid(child, 0)[1])
        if code != -signal.SIGKILL:
            return code
        print(KILLED, flush=True)
    print(f"Killed {LIVES_MAX} times and still not finished.", flush=True)
    return 1


if __name__ == "__main__":
    sys.exit(supervise(Path(sys.argv[1]), sys.argv[2:]))
