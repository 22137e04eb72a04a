"""One managed MariaDB in a cell."""

import asyncio
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from tidepool.engines import datadir
from tidepool.engines.mariadb import config, sql
from tidepool.engines.server import (
    ADMIN,
    REPLICATOR,
    DatabaseServer,
    Secrets,
    ServerError,
    Tls,
    server_number,
    write_file,
    write_tls,
)
from tidepool.lab import clock
from tidepool.lab.cell import Cell, CellError, Child

READY_ATTEMPTS, READY_PAUSE_S = 200, 0.1
DRAIN_S = 60
SEED = "/var/lib/mysql-seed"


class MariaDB:
    """Implements DatabaseServer. The platform's own SQL goes over the local socket as root."""

    def __init__(self, cell: Cell, secrets: Secrets, tls: Tls, cache: Path) -> None:
        self.cell = cell
        self.secrets = secrets
        self._tls = tls
        self._cached = cache / "mariadb-data"
        self._replica = False
        self._config: dict[str, Any] = {}
        self._child: Child | None = None
        # A user is granted the databases there are, a database to the users there are: at once, both would miss it.
        self._contents = asyncio.Lock()

    async def create(self) -> None:
        await datadir.place(self.cell, config.DATA, self._cached, self._initialise)
        await self._settle()
        await self._start()
        await self._sql(sql.bootstrap(self.secrets))

    async def follow(self, primary: DatabaseServer) -> None:
        assert isinstance(primary, MariaDB)
        self._replica, self._config = True, dict(primary._config)  # a copy has its primary's settings too
        # A physical copy, taken while the primary runs. It says at which GTID it was taken.
        backup = ["mariadb-backup", "--user=root", f"--socket={config.SOCKET}"]
        await primary.cell.run(["rm", "-rf", SEED])
        await primary.cell.run([*backup, "--backup", f"--target-dir={SEED}"], timeout_s=600)
        await datadir.copy_tree(primary.cell.root / SEED.lstrip("/"), self.cell.root / config.DATA.lstrip("/"))
        await primary.cell.run(["rm", "-rf", SEED])
        await self.cell.run(["mariadb-backup", "--prepare", f"--target-dir={config.DATA}"], timeout_s=600)
        await self.cell.run(["chown", "-R", "mysql:mysql", config.DATA])
        position = await self.cell.run(["sh", "-c", f"cat {config.DATA}/*_binlog_info"])
        await self._settle()
        await self._start()
        await self._sql(sql.follow(str(primary.cell.public_ip), self.secrets, position.split()[-1]))
        await self._until_following()

    async def promote(self) -> None:
        if not self._replica:
            return
        # The applier may have been stopped; it has to run before the receiver stops, or the relay log is thrown away.
        status = await self._status("START SLAVE SQL_THREAD;\nSTOP SLAVE IO_THREAD;\n")
        received = _field(status, "Gtid_IO_Pos")
        try:
            await self._sql(sql.drain_and_open(received, DRAIN_S))
        except ServerError as error:
            raise ServerError(
                f"{self.cell.name}: the relay log was not applied up to {received} within {DRAIN_S} s "
                f"(last error: {_field(status, 'Last_SQL_Error') or 'none'}); it was not promoted: {error}"
            ) from error
        self._replica = False
        await self._write_config()

    async def restart(self) -> None:
        if self._child is None or not self._child.alive():
            await self._start()

    async def set_user(self, name: str, password: str | None) -> None:
        async with self._contents:
            if password is None:
                await self._sql(sql.drop_user(name))
            else:
                await self._sql(sql.set_user(name, password, await self._databases()))

    async def set_database(self, name: str, present: bool) -> None:
        async with self._contents:
            if present:
                await self._sql(sql.create_database(name, await self._users()))
            else:
                await self._sql(sql.drop_database(name))

    async def configure(self, config: Mapping[str, Any]) -> None:
        self._config.update(config)
        await self._write_config()
        statements = sql.configure(config)
        if statements:
            await self._sql(statements)

    async def _until_following(self) -> None:
        """A replica is online when it follows, not when it answers."""
        for _ in range(READY_ATTEMPTS):
            status = await self._status()
            if _field(status, "Slave_IO_Running") == "Yes" and _field(status, "Slave_SQL_Running") == "Yes":
                return
            await asyncio.sleep(READY_PAUSE_S)
        problem = _field(status, "Last_IO_Error") or _field(status, "Last_SQL_Error") or "it says nothing"
        raise ServerError(f"{self.cell.name}: the replica does not follow its primary: {problem}")

    async def _status(self, before: str = "") -> str:
        return await self._sql(f"{before}SHOW SLAVE STATUS\\G\n", named=True)

    async def _initialise(self) -> None:
        await self.cell.run(["rm", "-rf", config.DATA])
        await self.cell.run(["install", "-d", "-o", "mysql", "-g", "mysql", "-m", "0750", config.DATA])
        await self.cell.run(
            ["mariadb-install-db", "--no-defaults", "--user=mysql", f"--datadir={config.DATA}", "--skip-test-db"],
            timeout_s=300,
        )

    async def _settle(self) -> None:
        await write_tls(self.cell, config.TLS_FOLDER, "mysql", self._tls)
        await self._write_config()

    async def _write_config(self) -> None:
        text = config.text(server_number(self.cell.name), self._replica, self._config)
        await write_file(self.cell, config.FILE, text)

    async def _start(self) -> None:
        await self.cell.run(["install", "-d", "-o", "mysql", "-g", "mysql", "/run/mysqld"])
        self._child = await self.cell.spawn("mariadb", [*clock.PRELOADED, "mariadbd", f"--defaults-file={config.FILE}"])
        for _ in range(READY_ATTEMPTS):
            try:
                await self._sql("SELECT 1;")
                return
            except ServerError:
                if not self._child.alive():
                    break
            await asyncio.sleep(READY_PAUSE_S)
        raise ServerError(f"{self.cell.name}: MariaDB did not start; see the log `mariadb` of this cell.")

    async def _databases(self) -> list[str]:
        skip = ", ".join(map(sql.text, sql.SYSTEM_DATABASES))
        query = f"SELECT schema_name FROM information_schema.schemata WHERE schema_name NOT IN ({skip});"
        return (await self._sql(query)).split()

    async def _users(self) -> list[str]:
        return (
            await self._sql(
                f"SELECT user FROM mysql.user WHERE host = '%' AND user NOT IN ('{ADMIN}', '{REPLICATOR}');"
            )
        ).split()

    async def _sql(self, statements: str, named: bool = False) -> str:
        argv = ["mariadb", "--no-defaults", "--batch", f"--socket={config.SOCKET}"]
        argv += [] if named else ["--skip-column-names"]
        try:
            return await self.cell.run(argv, input=statements, timeout_s=DRAIN_S + 30)
        except CellError as error:
            # The client repeats the failed statement, passwords included; only what the server said may travel on.
            said = [line for line in str(error).splitlines() if "ERROR" in line]
            raise ServerError(f"{self.cell.name}: MariaDB answered: {' '.join(said)[-300:] or 'nothing'}") from None


def _field(status: str, name: str) -> str:
    for line in status.splitlines():
        key, _, value = line.strip().partition(":")
        if key == name:
            return value.strip()
    return ""
