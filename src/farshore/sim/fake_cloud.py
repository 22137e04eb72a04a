"""An account in memory whose databases may be fakes as well. Implements the cloud port."""

from collections.abc import Sequence
from dataclasses import replace

from farshore.model.failure import Refused
from farshore.model.region import RegionName
from farshore.ports.cloud import Balancer, DatabaseServer, Host
from farshore.sim.fake_calls import FakeCalls
from farshore.sim.fake_database import FakeDatabase


class FakeCloud:
    """`servers` are attached to their fakes by id, so that a promotion ends in the database too."""

    def __init__(self, calls: FakeCalls | None = None, promote_delay_s: float = 1.0) -> None:
        self.calls = calls or FakeCalls()
        self.promote_delay_s = promote_delay_s
        self.region_names: list[RegionName] = [RegionName("nyc3"), RegionName("sfo3")]
        self.domain_names: list[str] = ["example.com"]
        self.balancers: dict[str, Balancer] = {}
        self.host_list: list[Host] = []
        self.token_ok = True
        self.users: dict[str, str] = {"shop": "secret"}  # name: password
        self._servers: dict[str, DatabaseServer] = {}
        self._fakes: dict[str, FakeDatabase] = {}

    def attach(self, server: DatabaseServer, fake: FakeDatabase | None = None) -> None:
        self._servers[server.id] = server
        if fake is not None:
            self._fakes[server.id] = fake

    async def check_token(self) -> None:
        with self.calls.call("cloud.check_token"):
            if not self.token_ok:
                raise Refused("The provider does not accept the token.", "Set a token that is valid.")

    async def regions(self) -> Sequence[RegionName]:
        with self.calls.call("cloud.regions"):
            return tuple(self.region_names)

    async def domains(self) -> Sequence[str]:
        with self.calls.call("cloud.domains"):
            return tuple(self.domain_names)

    async def database(self, name: str) -> DatabaseServer | None:
        with self.calls.call("cloud.database"):
            found = next((server for server in self._servers.values() if server.name == name), None)
            if found is not None:
                found = self._as_it_is(found)
        return found

    async def promote(self, server: DatabaseServer) -> None:
        with self.calls.call("cloud.promote"):
            known = self._servers.get(server.id)
            if known is None:
                raise Refused(f"There is no database {server.name}.", "Check its name in the provider's panel.")
            fake = self._fakes.get(server.id)
            if fake is not None:
                fake.promote_in(self.promote_delay_s)
            else:
                self._servers[server.id] = replace(known, replica_of=None)

    async def balancer(self, name: str) -> Balancer | None:
        with self.calls.call("cloud.balancer"):
            return self.balancers.get(name)

    async def hosts(self, tag: str) -> Sequence[Host]:
        with self.calls.call("cloud.hosts"):
            return tuple(host for host in self.host_list if tag in host.tags)

    async def password(self, server: DatabaseServer, user: str) -> str:
        with self.calls.call("cloud.password"):
            if user not in self.users:
                raise Refused(f"Database {server.name} has no user {user}.", "Correct stores[].app_user.")
            return self.users[user]

    async def database_ca(self, server: DatabaseServer) -> str:
        with self.calls.call("cloud.database_ca"):
            return "-----BEGIN CERTIFICATE-----\nfake\n-----END CERTIFICATE-----\n"

    def _as_it_is(self, server: DatabaseServer) -> DatabaseServer:
        fake = self._fakes.get(server.id)
        if fake is not None:
            fake.settle()
            if fake.source is None and server.replica_of is not None:
                server = replace(server, replica_of=None)
                self._servers[server.id] = server
        return server
