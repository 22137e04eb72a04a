"""One database server of the group, asked by SQL with the rights of a managed admin (no superuser).

Every call opens or reuses one connection and is bounded by the adapter's timeout. Raises Unreachable when
nobody answers, RetryLater when the server says "not now", Unknown when a write's answer was lost,
Refused when the server said no.
"""

from collections.abc import Sequence
from typing import Protocol

from farshore.model.region import Epoch
from farshore.model.sighting import Marker, Position
from farshore.ports.reader import Reader


class Database(Protocol):
    async def prepare(self) -> None:
        """Create farshore's own tables (marker, epoch row, permit row) where they are missing. Writer only."""
        ...

    async def writable(self) -> bool:
        """True when a transaction of our own could write just now (tried, not read from a variable)."""
        ...

    async def is_replica(self) -> bool:
        """True while it follows another server."""
        ...

    async def position(self) -> Position: ...

    async def write_marker(self, marker: Marker) -> None:
        """Upsert the marker row, in one committed transaction."""
        ...

    async def read_marker(self) -> Marker | None: ...

    async def epoch(self) -> Epoch | None:
        """The epoch row; None where there is none yet. With several databases under guard: what all of them show."""
        ...

    async def raise_epoch(self, epoch: Epoch) -> Epoch:
        """Set the epoch row to the larger of what is there and `epoch`; returns what it then is. Never lowers.

        Waits for orders in flight on guarded tables, within the adapter's timeout; after it, none of an older epoch
        commits, in any database under guard.
        """
        ...

    async def fence(self, epoch: Epoch, app_user: str) -> None:
        """Raise the epoch row, block `app_user`, end its sessions, and prove that none is left.

        Where tables are guarded, an attempt of our own to write to one is made too, and undone; RetryLater when the
        gate does not refuse it. Returns only when proved. Blocking without ending sessions does not fence; both
        orders of a crash in between are safe to repeat.
        """
        ...

    async def fence_orders(self, epoch: Epoch, app_user: str) -> None:
        """Raise the epoch row behind a gate that stands, and prove by an own attempt that it refuses orders.

        `app_user` loses its sessions once and is not locked out: a lock would be replicated, and shut the pages of a
        standby that is to sell next. Only where every order needs a guarded table (`guarded`). RetryLater when the gate
        does not refuse our own attempt.
        """
        ...

    async def unfence(self, app_user: str) -> None:
        """Let `app_user` in again (after a promotion, or an aborted failover). Never lowers the epoch row."""
        ...

    async def guard(self, database: str, tables: Sequence[str], app_user: str) -> None:
        """Put the gate before exactly these tables of `database`, and no others, after `prepare`. Writer only.

        Every insert and update is refused there unless the permit row is of the epoch row's epoch and has not run
        out by the database's clock. `app_user` may read the epoch row, and read and write the permit row, so that the
        app servers' agents can renew it. What is there already is not touched: a running shop waits for nothing.
        Refused with the remedy where the provider allows no trigger.
        """
        ...

    async def guarded(self, database: str, tables: Sequence[str]) -> bool:
        """True when the gate stands before exactly these tables, as this version makes it."""
        ...

    async def before_promotion(self) -> None:
        """Make an immediate promotion harmless and fast: drain the relay log, shorten PostgreSQL's retry sleep."""
        ...

    async def warm(self, databases: Sequence[str]) -> None:
        """Open the connections that `raise_epoch` and `jump_ids` will need for the stores in these databases.

        A handshake over 65 ms is five round trips, and nobody sells meanwhile. Changes nothing; who did not call it
        only waits longer later.
        """
        ...

    async def jump_ids(self, database: str, counters: Sequence[str], gap: int, token: str, past: int = 0) -> int:
        """Move every id counter of `database` forward by `gap`, once per `token`; returns how many moved.

        `past`: the largest order id that is known to have been given out. A counter that is behind it moves past it
        first, unless it is so far behind (a million) that it counts something else.

        Those are AUTO_INCREMENT values (or sequences) and the named `table.column` counters.

        Ids of rows that were lost with the old writer stay free for reconciliation.
        """
        ...

    def reader(self) -> Reader:
        """Rows of the stores, over a connection of its own, for which the caller cares. Opens nothing yet."""
        ...

    async def close(self) -> None: ...
