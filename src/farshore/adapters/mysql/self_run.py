"""A MySQL-speaking server (MariaDB) on a host of its operator, asked as an admin who may write where others may not.

read_only does not hold such an admin back, and one row of his own on a replica ends its replication. So everything that
writes looks first whether the server follows another one.
"""

import contextlib
from collections.abc import Collection, Sequence

from farshore.adapters.mysql.database import MySqlDatabase
from farshore.adapters.mysql.session import MySqlSession, Statements
from farshore.adapters.self_run.server import Shortcoming
from farshore.model.failure import Failure, Refused, RetryLater
from farshore.model.region import Epoch
from farshore.model.sighting import Marker
from farshore.ports.cloud import DatabaseServer

_STATUS = "SHOW SLAVE STATUS"
_PROMOTION_S = 8.0  # stopping a thread that talks to a dead server takes seconds
_PIECE_S = 5.0  # of waiting for the relay log; the plan asks again
_SETTINGS = (
    "SELECT @@global.log_bin, @@global.log_slave_updates, @@global.gtid_strict_mode, @@global.binlog_format, "
    "@@global.slave_parallel_threads, @@global.have_ssl, @@global.read_only"
)
# What of an admin's rights a promotion and a fence need besides those of a managed one.
_RIGHTS = """
SELECT privilege_type FROM information_schema.user_privileges WHERE grantee = CONCAT(
    QUOTE(SUBSTRING_INDEX(CURRENT_USER(), '@', 1)), '@', QUOTE(SUBSTRING_INDEX(CURRENT_USER(), '@', -1)))
"""
_NEEDED = ("READ_ONLY ADMIN", "REPLICATION SLAVE ADMIN", "REPLICATION SLAVE", "RELOAD")


class SelfRunMySql(MySqlDatabase):
    """Implements SelfRunDatabase."""

    def __init__(self, server: DatabaseServer, ca_pem: str | None, timeout_s: float = 1.2) -> None:
        super().__init__(server, ca_pem, timeout_s)
        self._slow = MySqlSession(server, ca_pem, max(timeout_s, _PROMOTION_S))

    async def source(self) -> str | None:
        def look(statements: Statements) -> str | None:
            status = statements.named(_STATUS)
            return str(status.get("Master_Host") or "") if status else None

        return await self._session.run(look, writing=False)

    async def promote(self) -> None:
        """The applier runs before the receiver stops: while both stand still, what was received is thrown away."""
        await self._slow.run(lambda statements: _promote(statements, self._where), writing=True)

    async def writable(self) -> bool:
        """Never by trying on a replica that somebody left open."""
        return await self.source() is None and await super().writable()

    async def prepare(self) -> None:
        await self._refuse_replica()
        await super().prepare()

    async def write_marker(self, marker: Marker) -> None:
        await self._refuse_replica()
        await super().write_marker(marker)

    async def raise_epoch(self, epoch: Epoch) -> Epoch:
        await self._refuse_replica()
        return await super().raise_epoch(epoch)

    async def fence(self, epoch: Epoch, app_user: str) -> None:
        await self._refuse_replica()
        await super().fence(epoch, app_user)
        await self._read_only_besides()

    async def fence_orders(self, epoch: Epoch, app_user: str) -> None:
        await self._refuse_replica()
        await super().fence_orders(epoch, app_user)
        await self._read_only_besides()

    async def unfence(self, app_user: str) -> None:
        await self._refuse_replica()
        await self._read_only(False)
        await super().unfence(app_user)

    async def guard(self, database: str, tables: Sequence[str], app_user: str) -> None:
        await self._refuse_replica()
        await super().guard(database, tables, app_user)

    async def jump_ids(self, database: str, counters: Sequence[str], gap: int, token: str, past: int = 0) -> int:
        await self._refuse_replica()
        return await super().jump_ids(database, counters, gap, token, past)

    async def shortcomings(self) -> Sequence[Shortcoming]:
        rows = await self._session.run(lambda statements: statements.rows(_SETTINGS), writing=False)
        rights = await self._session.run(lambda statements: statements.rows(_RIGHTS), writing=False)
        names = ("log_bin", "log_slave_updates", "strict", "format", "threads", "ssl", "read_only")
        settings = dict(zip(names, (str(value) for value in rows[0]), strict=True))
        follows = await self.source() is not None
        return shortcomings(settings, {str(right) for (right,) in rights}, follows)

    async def close(self) -> None:
        await self._slow.close()
        await super().close()

    async def _refuse_replica(self) -> None:
        source = await self.source()
        if source is not None:
            raise Refused(f"{self._where} follows {source}; a row written here would end that.", "Promote it first.")

    async def _read_only_besides(self) -> None:
        """The fence is proved without it, and nobody may wait for a long report that keeps its tables open."""
        with contextlib.suppress(Failure):
            await self._read_only(True)

    async def _read_only(self, on: bool) -> None:
        """Waits for statements that run. Not replicated, and gone with a restart: the lock and the epoch row stay."""
        await self._session.run(lambda s: s.all(f"SET GLOBAL read_only = {int(on)}"), writing=True)


def _promote(statements: Statements, where: str) -> None:
    if not statements.named(_STATUS):
        statements.all("SET GLOBAL read_only = 0")  # an earlier attempt may have come as far as here
        return
    # In this order: when both stand still, the next start throws the relay log away.
    statements.all("START SLAVE SQL_THREAD")
    statements.all("STOP SLAVE IO_THREAD")
    status = statements.named(_STATUS)
    received = str(status.get("Gtid_IO_Pos") or "")
    if received and statements.rows("SELECT MASTER_GTID_WAIT(%s, %s)", received, _PIECE_S)[0][0] != 0:
        problem = str(statements.named(_STATUS).get("Last_SQL_Error") or "")
        if problem:
            raise Refused(f"{where} cannot apply what it received: {problem}.", "Mend that, or rebuild this replica.")
        raise RetryLater(f"{where} has not yet applied all that it received.", after_s=0.0)
    statements.all("STOP SLAVE")
    statements.all("RESET SLAVE ALL")
    statements.all("SET GLOBAL read_only = 0")


def shortcomings(
    settings: dict[str, str], rights: Collection[str] = _NEEDED, follows: bool = False
) -> list[Shortcoming]:
    checks = (
        (settings["log_bin"] == "1", "log_bin is off", "Set log_bin and restart it."),
        (settings["log_slave_updates"] == "1", "log_slave_updates is off", "Set log_slave_updates = 1; restart it."),
        (
            settings["strict"] == "1",
            "gtid_strict_mode is off",
            "Set gtid_strict_mode = 1: what diverged may not follow.",
        ),
        (settings["format"] != "STATEMENT", "binlog_format is STATEMENT", "Set binlog_format = ROW."),
        (not follows or settings["read_only"] == "1", "it follows and is not read-only", "Set read_only = 1 on it."),
        (settings["ssl"] == "YES", "TLS is off", "Set ssl_cert and ssl_key, with a certificate for its addresses."),
    )
    found = [Shortcoming(what, remedy) for good, what, remedy in checks if not good]
    if missing := [right for right in _NEEDED if right not in rights]:
        remedy = "Run GRANT ALL PRIVILEGES ON *.* TO admin_user WITH GRANT OPTION."
        found.append(Shortcoming(f"the admin user lacks {', '.join(missing)}", remedy))
    if int(settings["threads"]) < 4:
        remedy = "Set slave_parallel_threads = 4."
        found.append(Shortcoming("it applies with fewer than 4 threads, so it falls behind", remedy, breaks=False))
    return found
