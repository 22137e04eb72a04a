"""Which adapter speaks to a database, with the authority that signed its certificate."""

from farshore.adapters.digitalocean.account import Account
from farshore.adapters.digitalocean.cloud import DigitalOceanCloud
from farshore.adapters.mysql.database import MySqlDatabase
from farshore.adapters.postgresql.database import PostgreSqlDatabase
from farshore.model.failure import Refused
from farshore.ports.cloud import Cloud, DatabaseServer
from farshore.ports.database import Database


class _CloudWithAuthorities(DigitalOceanCloud):
    """Fetches a database's authority when the database is found, so that opening it later asks nobody."""

    def __init__(self, account: Account) -> None:
        super().__init__(account)
        self.authorities: dict[str, str] = {}

    async def database(self, name: str) -> DatabaseServer | None:
        server = await super().database(name)
        if server is not None and server.id not in self.authorities:
            self.authorities[server.id] = await self.database_ca(server)
        return server


class Databases:
    """Managed ones, as the account finds them."""

    def __init__(self, account: Account) -> None:
        self._cloud = _CloudWithAuthorities(account)

    @property
    def cloud(self) -> Cloud:
        return self._cloud

    async def close(self) -> None:
        """Nothing is kept open."""

    def open(self, server: DatabaseServer) -> Database:
        """Connects at the first call. Never without TLS: a server that was not found through the account is refused."""
        authority = self._cloud.authorities.get(server.id)
        if authority is None:
            raise Refused(f"The authority of database {server.name} is not known.", "Run `farshore check`.")
        if server.engine == "mysql":
            return MySqlDatabase(server, authority)
        if server.engine == "pg":
            return PostgreSqlDatabase(server, authority)
        raise Refused(f"Database {server.name} is {server.engine}; farshore speaks mysql and pg.", "Correct engine.")
