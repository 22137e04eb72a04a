"""A PostgreSQL server on a host of its operator, asked as its superuser."""

from collections.abc import Sequence

import psycopg

from farshore.adapters.postgresql.database import PostgreSqlDatabase
from farshore.adapters.postgresql.failures import NOT_IN_RECOVERY
from farshore.adapters.postgresql.session import Statements
from farshore.adapters.self_run.server import Shortcoming
from farshore.model.region import Epoch
from farshore.ports.cloud import DatabaseServer

# Fencing makes read-only the default; our own sessions have to raise the epoch all the same.
_OWN = "-c default_transaction_read_only=off"
_SOURCE = """
SELECT pg_is_in_recovery(),
    coalesce((SELECT nullif(sender_host, '') FROM pg_stat_wal_receiver),
        (regexp_match(current_setting('primary_conninfo'), '(?:^|\\s)host=''?([^\\s'']+)'))[1], '')
"""
_READ_ONLY = "ALTER SYSTEM SET default_transaction_read_only = on"
_READ_WRITE = "ALTER SYSTEM RESET default_transaction_read_only"
_SETTINGS = """
SELECT name, setting FROM pg_settings WHERE name IN
    ('wal_log_hints', 'data_checksums', 'full_page_writes', 'hot_standby', 'wal_level', 'max_wal_senders', 'ssl')
"""


class SelfRunPostgreSql(PostgreSqlDatabase):
    """Implements SelfRunDatabase. In recovery not even a superuser writes, so nothing else differs."""

    def __init__(self, server: DatabaseServer, ca_pem: str | None, timeout_s: float = 1.2) -> None:
        super().__init__(server, ca_pem, timeout_s, _OWN)

    async def source(self) -> str | None:
        def look(statements: Statements) -> str | None:
            follows, host = statements.rows(_SOURCE)[0]
            return str(host) if follows else None

        return await self._session.run(look, writing=False)

    async def promote(self) -> None:
        """Everything that was received is applied by the promotion itself."""

        def work(statements: Statements) -> None:
            if not statements.rows("SELECT pg_is_in_recovery()")[0][0]:
                return
            try:
                statements.rows("SELECT pg_promote(false)")
            except psycopg.Error as error:
                if error.sqlstate != NOT_IN_RECOVERY:  # an earlier call's promotion ended between the two
                    raise

        await self._session.run(work, writing=True)

    async def fence(self, epoch: Epoch, app_user: str) -> None:
        await super().fence(epoch, app_user)
        await self._default(_READ_ONLY)

    async def fence_orders(self, epoch: Epoch, app_user: str) -> None:
        await super().fence_orders(epoch, app_user)
        await self._default(_READ_ONLY)

    async def unfence(self, app_user: str) -> None:
        await self._default(_READ_WRITE)
        await super().unfence(app_user)

    async def shortcomings(self) -> Sequence[Shortcoming]:
        rows = await self._session.run(lambda statements: statements.rows(_SETTINGS), writing=False)
        user = await self._session.run(lambda statements: statements.rows(_SUPERUSER)[0][0], writing=False)
        return shortcomings({str(name): str(value) for name, value in rows}, bool(user))

    async def _default(self, statement: str) -> None:
        """ALTER SYSTEM is no part of replication, and survives a restart. It runs in no transaction of its own."""

        def work(statements: Statements) -> None:
            statements.all(statement)
            statements.all("SELECT pg_reload_conf()")

        await self._session.run(work, writing=True)


_SUPERUSER = "SELECT rolsuper FROM pg_roles WHERE rolname = current_user"


def shortcomings(settings: dict[str, str], superuser: bool) -> list[Shortcoming]:
    found = []
    if not superuser:
        found.append(Shortcoming("the admin user is no superuser", "Run ALTER ROLE ... SUPERUSER for admin_user."))
    if settings.get("wal_level") not in ("replica", "logical"):
        found.append(Shortcoming("wal_level is minimal", "Set wal_level = replica and restart it."))
    if int(settings.get("max_wal_senders", "0")) < 3:
        found.append(Shortcoming("max_wal_senders is below 3", "Set max_wal_senders = 10 and restart it."))
    if settings.get("hot_standby") != "on":
        found.append(Shortcoming("hot_standby is off", "Set hot_standby = on and restart it."))
    if settings.get("ssl") != "on":
        found.append(Shortcoming("ssl is off", "Set ssl = on, with a certificate for its addresses."))
    hints = "on" in (settings.get("wal_log_hints"), settings.get("data_checksums"))
    if not hints or settings.get("full_page_writes") != "on":
        found.append(
            Shortcoming(
                "neither wal_log_hints nor data checksums are on, so pg_rewind cannot rebuild it",
                "Set wal_log_hints = on (and full_page_writes = on) and restart it; until then a rebuild copies all.",
                breaks=False,
            )
        )
    return found
