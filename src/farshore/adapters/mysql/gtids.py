"""What a MySQL server has committed and another one has not, by GTID.

MariaDB shows the newest number of each server in each domain, MySQL whole sets. Within a domain numbers grow from one
server to the next, so what is beyond the newest shared one was written after the fork.
"""

from collections.abc import Mapping, Sequence

from farshore.adapters.mysql.session import Statements
from farshore.model.sighting import Position

_State = Mapping[tuple[int, int], int]


def history(statements: Statements) -> Position:
    if statements.mariadb:
        return Position("mariadb", str(statements.rows("SELECT @@global.gtid_binlog_state")[0][0] or ""))
    return Position("mysql", str(statements.rows("SELECT @@global.gtid_executed")[0][0] or "").replace("\n", ""))


def beyond(statements: Statements, other: Position) -> Sequence[str]:
    ours = history(statements)
    if ours.engine != other.engine:
        return ()
    if ours.engine == "mariadb":
        return beyond_state(ours.text, other.text)
    left = str(statements.rows("SELECT GTID_SUBTRACT(%s, %s)", ours.text, other.text)[0][0] or "")
    return tuple(part for part in left.replace("\n", "").split(",") if part)


def beyond_state(ours: str, other: str) -> tuple[str, ...]:
    mine, theirs = _state(ours), _state(other)
    shared: dict[int, int] = {}
    for (domain, server), number in mine.items():
        shared[domain] = max(shared.get(domain, 0), min(number, theirs.get((domain, server), 0)))
    found = []
    for (domain, server), number in sorted(mine.items()):
        if number > theirs.get((domain, server), 0):
            first = shared[domain] + 1
            found.append(f"{domain}-{server}-{first}" + (f"..{number}" if number > first else ""))
    return tuple(found)


def _state(text: str) -> _State:
    parts = (part.strip().split("-") for part in text.split(",") if part.strip())
    return {(int(domain), int(server)): int(number) for domain, server, number in parts}
