"""Rows of a server in memory. Implements the reader port.

A row is an entry `row:DATABASE:TABLE:KEY` of the server's state, with its cells as JSON; one that is False is gone.
"""

import json
from collections.abc import Mapping, Sequence

from farshore.model.divergence import Cell, Column, Key, Row, Table
from farshore.model.sighting import Position
from farshore.sim.fake_server import FakeServer


class FakeReader:
    def __init__(self, server: FakeServer) -> None:
        self._server = server

    async def tables(self, database: str) -> Sequence[Table]:
        with self._server.calls.call("reader.tables"):
            self._server.answer()
            found: dict[str, set[str]] = {}
            for table, _, cells in self._all(database):
                found.setdefault(table, set()).update(cells)
        return [
            Table(name, ("id",) if "id" in columns else (), tuple(Column(c, "text") for c in sorted(columns)))
            for name, columns in sorted(found.items())
        ]

    async def rows(
        self, database: str, table: Table, after: Key | None, limit: int, fork_mark: str = ""
    ) -> Sequence[Row]:
        with self._server.calls.call("reader.rows"):
            self._server.answer()
            rows = [Row((key,), cells) for name, key, cells in self._all(database) if name == table.name]
        rows = sorted((row for row in rows if after is None or _order(row.key) > _order(after)), key=_of_row)
        return rows[:limit]

    async def rows_of(self, database: str, table: Table, keys: Sequence[Key]) -> Sequence[Row | None]:
        with self._server.calls.call("reader.rows_of"):
            self._server.answer()
            found: dict[Key, Row] = {
                (key,): Row((key,), cells) for name, key, cells in self._all(database) if name == table.name
            }
        return [found.get(key) for key in keys]

    async def fork_mark(self, database: str) -> str:
        with self._server.calls.call("reader.fork_mark"):
            self._server.answer()
        return ""

    async def history(self) -> Position:
        with self._server.calls.call("reader.history"):
            self._server.answer()
            return Position("fake", ",".join(self._server.transactions()))

    async def transactions_beyond(self, other: Position) -> Sequence[str]:
        with self._server.calls.call("reader.transactions_beyond"):
            self._server.answer()
            known = set(other.text.split(","))
            return [one for one in self._server.transactions() if one not in known]

    async def close(self) -> None:
        return None

    def _all(self, database: str) -> list[tuple[str, Cell, Mapping[str, Cell]]]:
        found: list[tuple[str, Cell, Mapping[str, Cell]]] = []
        for entry, value in self._server.state.items():
            kind, _, rest = entry.partition(":")
            if kind == "row" and rest.startswith(f"{database}:") and isinstance(value, str):
                cells = json.loads(value)
                found.append((rest.split(":")[1], cells.get("id"), cells))
        return found


def _of_row(row: Row) -> tuple[str, ...]:
    return _order(row.key)


def _order(key: Key) -> tuple[str, ...]:
    return tuple(f"{value:020d}" if isinstance(value, int) else str(value) for value in key)
