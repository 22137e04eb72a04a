"""One managed PostgreSQL in a cell."""

import asyncio
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from tidepool.engines import datadir
from tidepool.engines.postgresql import config, sql
from tidepool.engines.server import PORT, REPLICATOR, DatabaseServer, Secrets, ServerError, Tls, write_file, write_tls
from tidepool.lab import clock
from tidepool.lab.cell import Cell, CellError, Child

READY_ATTEMPTS, READY_PAUSE_S = 200, 0.1
PASSWORD_FILE = "/var/lib/postgresql/replicator.pass"  # noqa: S105 a path
OWNER = "postgres"


class PostgreSQL:
    """Implements DatabaseServer. The platform's own SQL goes over the local socket as the superuser."""

    def __init__(self, cell: Cell, secrets: Secrets, tls: Tls, cache: Path) -> None:
        self.cell = cell
        self.secrets = secrets
        self._tls = tls
        self._cached = cache / f"postgresql-data-wal{config.WAL_SEGMENT_MB}"
        self._replica = False
        self._config: dict[str, Any] = {}
        self._child: Child | None = None

    async def create(self) -> None:
        await datadir.place(self.cell, config.DATA, self._cached, self._initialise)
        await self._settle()
        await self._start()
        await self._sql(sql.bootstrap(self.secrets))

    async def follow(self, primary: DatabaseServer) -> None:
        assert isinstance(primary, PostgreSQL)
        self._replica, self._config = True, dict(primary._config)  # a copy has its primary's settings too
        await write_tls(self.cell, config.TLS_FOLDER, OWNER, self._tls)
        line = f"*:{PORT}:*:{REPLICATOR}:{self.secrets.replicator}\n"
        await write_file(self.cell, PASSWORD_FILE, line, owner=OWNER, mode="0600")
        await self.cell.run(["rm", "-rf", config.DATA])
        source = config.primary_conninfo(str(primary.cell.public_ip), PASSWORD_FILE)
        # -R writes standby.signal and the same connection into postgresql.auto.conf.
        copy = ["-D", config.DATA, "-d", source, "-R", "-X", "stream", "-c", "fast", "--compress=server-lz4"]
        argv = [*config.HOME, f"{config.BIN}/pg_basebackup", *copy]
        await self.cell.run(argv, user=OWNER, timeout_s=600)
        await self._settle()
        await self._start()
        await self._until_following()

    async def promote(self) -> None:
        if not self._replica:
            return
        await self._sql(sql.PROMOTE)
        self._replica = False

    async def restart(self) -> None:
        if self._child is None or not self._child.alive():
            await self._start()

    async def set_user(self, name: str, password: str | None) -> None:
        if password is not None:
            await self._sql(sql.set_user(name, password))
            return
        found = await self._sql("SELECT datname FROM pg_database WHERE datallowconn AND NOT datistemplate;\n")
        await self._sql(sql.drop_user(name, found.split()))

    async def set_database(self, name: str, present: bool) -> None:
        await self._sql(sql.create_database(name) if present else sql.drop_database(name))

    async def configure(self, config: Mapping[str, Any]) -> None:
        self._config.update(config)
        await self._write_config()
        await self._sql("SELECT pg_reload_conf();\n")

    async def _until_following(self) -> None:
        """A replica is online when it follows, not when it answers."""
        for _ in range(READY_ATTEMPTS):
            if (await self._sql("SELECT status FROM pg_stat_wal_receiver;\n")).strip() == "streaming":
                return
            await asyncio.sleep(READY_PAUSE_S)
        raise ServerError(f"{self.cell.name}: the replica does not follow its primary; see the log `postgresql`.")

    async def _initialise(self) -> None:
        await self.cell.run(["rm", "-rf", config.DATA])
        await self.cell.run(
            [
                f"{config.BIN}/initdb", "-D", config.DATA, "-U", "postgres", "-E", "UTF8", "--locale=C.UTF-8",
                "--auth-local=peer", "--auth-host=scram-sha-256", "--no-instructions",
                f"--wal-segsize={config.WAL_SEGMENT_MB}",
            ],
            user=OWNER,
            timeout_s=300,
        )  # fmt: skip

    async def _settle(self) -> None:
        await write_tls(self.cell, config.TLS_FOLDER, OWNER, self._tls)
        await write_file(self.cell, f"{config.DATA}/pg_hba.conf", config.HBA, owner=OWNER, mode="0600")
        await self._write_config()

    async def _write_config(self) -> None:
        text = config.text(self._config)
        await write_file(self.cell, f"{config.DATA}/postgresql.conf", text, owner=OWNER, mode="0600")

    async def _start(self) -> None:
        await self.cell.run(["install", "-d", "-o", OWNER, "-g", OWNER, config.SOCKET_FOLDER])
        # In a new process namespace the number in an old lock file may belong to somebody else by now.
        await self.cell.run(
            ["rm", "-f", f"{config.DATA}/postmaster.pid", f"{config.SOCKET_FOLDER}/.s.PGSQL.{PORT}.lock"]
        )
        argv = [*clock.PRELOADED, *config.HOME[1:], f"{config.BIN}/postgres", "-D", config.DATA]
        self._child = await self.cell.spawn("postgresql", argv, user=OWNER)
        for _ in range(READY_ATTEMPTS):
            try:
                await self._sql("SELECT 1;\n")
                return
            except CellError:
                if not self._child.alive():
                    break
            await asyncio.sleep(READY_PAUSE_S)
        raise ServerError(f"{self.cell.name}: PostgreSQL did not start; see the log `postgresql` of this cell.")

    async def _sql(self, statements: str) -> str:
        argv = [
            f"{config.BIN}/psql", "-X", "-q", "-A", "-t", "-v", "ON_ERROR_STOP=1",
            "-h", config.SOCKET_FOLDER, "-p", str(PORT), "-d", "postgres",
        ]  # fmt: skip
        return await self.cell.run(argv, input=statements, user=OWNER, timeout_s=sql.PROMOTE_S + 30)
