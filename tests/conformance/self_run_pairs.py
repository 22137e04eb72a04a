"""The pairs on servers that their operator runs: asked as the superuser, and promoted by the adapter itself."""

import asyncio
from pathlib import Path

from pairs import MariaDbPair, PostgreSqlPair, description

from farshore.adapters.mysql.self_run import SelfRunMySql
from farshore.adapters.postgresql.self_run import SelfRunPostgreSql
from farshore.ports.database import Database

_PATIENCE_S = 20.0


async def _promote(database: SelfRunMySql | SelfRunPostgreSql) -> None:
    try:
        await database.promote()
        await database.promote()  # the second time it is promoted already
        while not await database.writable():  # noqa: ASYNC110 the server ends its recovery
            await asyncio.sleep(0.02)
    finally:
        await database.close()


class SelfRunMariaDbPair(MariaDbPair):
    admin, database = "platform", "mysql"

    def __init__(self, folder: Path) -> None:
        super().__init__(folder)
        self.writer, self.replica = self._own(0), self._own(1)

    def _own(self, number: int, timeout_s: float = 1.2) -> SelfRunMySql:
        return SelfRunMySql(
            description("mysql", self._servers[number].port, self.admin, self.database), None, timeout_s
        )

    def patient(self) -> Database:
        return self._own(0, _PATIENCE_S)

    def promote(self) -> None:
        asyncio.run(_promote(self._own(1)))


class SelfRunPostgreSqlPair(PostgreSqlPair):
    admin, database = "platform", "postgres"

    def __init__(self, folder: Path) -> None:
        super().__init__(folder)
        self.writer, self.replica = self._own(0), self._own(1)

    def _own(self, number: int, timeout_s: float = 1.2) -> SelfRunPostgreSql:
        return SelfRunPostgreSql(
            description("pg", self._servers[number].port, self.admin, self.database), None, timeout_s
        )

    def patient(self) -> Database:
        return self._own(0, _PATIENCE_S)

    def promote(self) -> None:
        asyncio.run(_promote(self._own(1)))


SELF_RUN = {"self-run mariadb": SelfRunMariaDbPair, "self-run postgresql": SelfRunPostgreSqlPair}
