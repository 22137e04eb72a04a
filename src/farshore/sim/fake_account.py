"""An account in memory as the world sees it; its databases may be fakes too. `FakeCloud` puts the port before it."""

from dataclasses import replace

from farshore.model.failure import Refused, RetryLater
from farshore.model.region import RegionName
from farshore.ports.cloud import Balancer, DatabaseServer, Host, Power, Source
from farshore.sim.fake_calls import FakeCalls
from farshore.sim.fake_database import FakeDatabase


class FakeAccount:
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
        self.replica_delay_s = 60.0  # nobody finds a new replica before that
        self.source_rules: dict[str, tuple[Source, ...]] = {}  # by the server's id
        self.power: dict[int, Power] = {}  # by the host's id; on where nothing is said
        self.servers: dict[str, DatabaseServer] = {}
        self.fakes: dict[str, FakeDatabase] = {}
        self.found_from_s: dict[str, float] = {}
        self.made = 0

    def attach(self, server: DatabaseServer, fake: FakeDatabase | None = None) -> None:
        self.servers[server.id] = server
        if fake is not None:
            self.fakes[server.id] = fake

    def open(self, server: DatabaseServer) -> FakeDatabase:
        """The database factory of a world that has this account."""
        return self.fakes[server.id]

    def find(self, name: str) -> DatabaseServer | None:
        for server in list(self.servers.values()):
            if server.name == name and self.visible(server):
                return self.as_it_is(server)
        return None

    def visible(self, server: DatabaseServer) -> bool:
        fake = self.fakes.get(server.id)
        return fake is None or fake.clock.now_s() >= self.found_from_s.get(server.id, 0.0)

    def must_have(self, server: DatabaseServer) -> None:
        if server.id not in self.servers or not self.visible(server):
            raise Refused(f"The account has no database {server.name} with the id {server.id}.")

    def make_replica(self, of: DatabaseServer, name: str, region: RegionName, size: str, network: str) -> None:
        self.made += 1
        made = replace(
            of, id=f"id-{name}-{self.made}", name=name, region=region, host=f"{name}.db.test",
            private_host=f"private-{name}.db.test", replica_of=of.id, size=size, network=network,
        )  # fmt: skip
        fake, source = None, self.fakes.get(of.id)
        if source is not None:
            fake = FakeDatabase(source.clock, name, source.calls, source=source, lag_s=0.1)
            self.found_from_s[made.id] = source.clock.now_s() + self.replica_delay_s
        self.attach(made, fake)

    def turn(self, host: Host, wanted: Power) -> None:
        if self.power.get(host.id) is Power.CHANGING:
            raise RetryLater(f"The droplet {host.name} is in the middle of another action.", after_s=1.0)
        self.power[host.id] = wanted

    def as_it_is(self, server: DatabaseServer) -> DatabaseServer:
        fake = self.fakes.get(server.id)
        if fake is not None:
            fake.settle()
            if fake.source is None and server.replica_of is not None:
                server = replace(server, replica_of=None)
                self.servers[server.id] = server
        return server
