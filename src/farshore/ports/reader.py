"""Rows of a store's database, read beside everything else: over a connection of its own, which only reads.

Each call is one bounded statement or two; the caller goes through a table chunk by chunk and can begin anywhere. Raises
what the database port raises; RetryLater when a chunk took too long, and a smaller one may do.
"""

from collections.abc import Sequence
from typing import Protocol

from farshore.model.divergence import Key, Row, Table
from farshore.model.sighting import Position


class Reader(Protocol):
    async def tables(self, database: str) -> Sequence[Table]:
        """All tables of a store but farshore's own, by name. Refused when there is no such database."""
        ...

    async def rows(
        self, database: str, table: Table, after: Key | None, limit: int, fork_mark: str = ""
    ) -> Sequence[Row]:
        """The next rows in key order; fewer than `limit` are the last. As long as the connection lives, all chunks of
        a table are of one moment. `fork_mark` is the other server's: with it, rows may know whether they are younger.
        """
        ...

    async def rows_of(self, database: str, table: Table, keys: Sequence[Key]) -> Sequence[Row | None]:
        """The rows of these keys, in their order; None where there is none. The server says which keys are equal."""
        ...

    async def fork_mark(self, database: str) -> str:
        """Of a promoted server: what tells rows that another one wrote after the fork. Empty where nothing does."""
        ...

    async def history(self) -> Position:
        """All that this server has ever committed: its GTID set, or its timeline and LSN."""
        ...

    async def transactions_beyond(self, other: Position) -> Sequence[str]:
        """Names of transactions (or ranges of them) that are ours and not in `other`, where the engine names any."""
        ...

    async def close(self) -> None: ...
