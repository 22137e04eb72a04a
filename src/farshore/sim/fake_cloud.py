"""The cloud port before an account in memory. Implements the cloud port."""

from collections.abc import Sequence
from dataclasses import replace

from farshore.model.failure import Refused, RetryLater
from farshore.model.region import RegionName
from farshore.ports.cloud import Balancer, DatabaseServer, Host, Power, Source
from farshore.sim.fake_account import FakeAccount


class FakeCloud(FakeAccount):
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
            return self.find(name)

    async def promote(self, server: DatabaseServer) -> None:
        with self.calls.call("cloud.promote"):
            known = self.servers.get(server.id)
            if known is None:
                raise Refused(f"There is no database {server.name}.", "Check its name in the provider's panel.")
            fake = self.fakes.get(server.id)
            if fake is not None:
                fake.promote_in(self.promote_delay_s)
            else:
                self.servers[server.id] = replace(known, replica_of=None)

    async def create_replica(
        self, of: DatabaseServer, name: str, region: RegionName, size: str | None = None, network: str | None = None
    ) -> None:
        with self.calls.call("cloud.create_replica"):
            known = self.find(name)
            if known is not None:
                if (known.replica_of, known.region) != (of.id, region):
                    raise Refused(f"{name} is something else than a replica of {of.name}.", "Delete it first.")
                return
            if any(server.name == name for server in self.servers.values()):
                raise RetryLater(f"The name {name} is taken by a replica that is being made.", after_s=5.0)
            if of.id not in self.servers or self.as_it_is(self.servers[of.id]).replica_of is not None:
                raise Refused(f"The account has no cluster {of.name}.", "A replica has no replicas: promote it first.")
            self.make_replica(of, name, region, size or of.size, network or "")

    async def delete_database(self, name: str, *, expected_id: str) -> None:
        with self.calls.call("cloud.delete_database"):
            found = self.find(name)
            if found is None:
                if expected_id in self.servers:
                    raise Refused(f"The database with the id {expected_id} is not called {name}.", "Correct its name.")
                return
            if found.id != expected_id:
                raise Refused(f"{name} has the id {found.id} and not {expected_id}.", "Look at what is in it.")
            if any(self.as_it_is(server).replica_of == found.id for server in list(self.servers.values())):
                raise Refused(f"{name} has a replica, which would go with it.", "Promote or delete the replica first.")
            del self.servers[found.id]
            if fake := self.fakes.pop(found.id, None):
                fake.reachable = False

    async def sources(self, server: DatabaseServer) -> Sequence[Source]:
        with self.calls.call("cloud.sources"):
            self.must_have(server)
            return self.source_rules.get(server.id, ())

    async def replace_sources(self, server: DatabaseServer, rules: Sequence[Source]) -> None:
        with self.calls.call("cloud.replace_sources"):
            if not rules:
                raise Refused(f"An empty list would open database {server.name} to the world.", "Name a source.")
            self.must_have(server)
            known = {(rule.kind, rule.value): rule for rule in self.source_rules.get(server.id, ())}
            self.source_rules[server.id] = tuple(known.get((rule.kind, rule.value), rule) for rule in rules)

    async def balancer(self, name: str) -> Balancer | None:
        with self.calls.call("cloud.balancer"):
            return self.balancers.get(name)

    async def hosts(self, tag: str) -> Sequence[Host]:
        with self.calls.call("cloud.hosts"):
            return tuple(host for host in self.host_list if tag in host.tags)

    async def powered(self, host: Host) -> Power:
        with self.calls.call("cloud.powered"):
            if not any(known.id == host.id for known in self.host_list):
                return Power.GONE
            return self.power.get(host.id, Power.ON)

    async def power_off(self, host: Host) -> None:
        with self.calls.call("cloud.power_off"):
            self.turn(host, Power.OFF)

    async def power_on(self, host: Host) -> None:
        with self.calls.call("cloud.power_on"):
            if not any(known.id == host.id for known in self.host_list):
                raise Refused(f"The droplet {host.name} does not exist any more.", "Make another one.")
            self.turn(host, Power.ON)

    async def password(self, server: DatabaseServer, user: str) -> str:
        with self.calls.call("cloud.password"):
            if user not in self.users:
                raise Refused(f"Database {server.name} has no user {user}.", "Correct stores[].app_user.")
            return self.users[user]

    async def database_ca(self, server: DatabaseServer) -> str:
        with self.calls.call("cloud.database_ca"):
            return "-----BEGIN CERTIFICATE-----\nfake\n-----END CERTIFICATE-----\n"
