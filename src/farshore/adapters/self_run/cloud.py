"""The account with its database half replaced: servers that the operator runs himself are asked by SQL and SSH.

Implements the cloud port. What is no self-run server is the account's, so that plans and steps stay as they are.
"""

from collections.abc import Sequence

from farshore.adapters.self_run.fleet import Fleet
from farshore.adapters.self_run.server import ONLINE, Shortcoming
from farshore.model.failure import Refused, RetryLater
from farshore.model.region import RegionName
from farshore.ports.cloud import Balancer, Cloud, DatabaseServer, Host, Power, Source

_POLL_S = 2.0


class SelfRunCloud:
    def __init__(self, account: Cloud, fleet: Fleet) -> None:
        self._account = account
        self._fleet = fleet

    async def database(self, name: str) -> DatabaseServer | None:
        if name not in self._fleet:
            return await self._account.database(name)
        return await self._fleet.look(name)

    async def promote(self, server: DatabaseServer) -> None:
        await self._fleet.promote(server.name)

    async def create_replica(
        self, of: DatabaseServer, name: str, region: RegionName, size: str | None = None, network: str | None = None
    ) -> None:
        """On its own host, where `delete_database` has stopped it: rewound or attached if that can be, else copied."""
        own, source = self._fleet.own(name), self._fleet.own(of.name)
        if own.region != region:
            raise Refused(f"The database {name} is in {own.region}, not in {region}.", "Correct regions.")
        at = await self._fleet.there(own)
        state = await self._fleet.hosts.state(own, at.public)
        if state.what == "running":
            raise RetryLater(f"{name} is being rebuilt: {state.said}.", after_s=_POLL_S)
        if state.what == "none":
            return _follows(await self._fleet.look(name), of, name)
        await self._fleet.hosts.rebuild(own, at.public, of, source.ca_pem)
        again = f" again; before that, it {state.said}" if state.said.startswith("failed") else ""
        raise RetryLater(f"The rebuild of {name} has begun{again}.", after_s=_POLL_S)

    async def delete_database(self, name: str, *, expected_id: str) -> None:
        """Stopped, and kept from starting: its data are what `create_replica` begins with."""
        own = self._fleet.own(name)
        if own.id != expected_id:
            raise Refused(f"{name} has the id {own.id} and not {expected_id}.", "Look at what is in it.")
        found = await self._fleet.look(name)
        if found is None:
            return
        for other in self._fleet.names():
            follower = await self._fleet.look(other) if other != name else None
            if follower is not None and follower.replica_of == own.id:
                raise Refused(f"{other} follows {name}, so it is not stopped.", "Promote the replica first.")
        await self._fleet.hosts.retire(own, found.host)

    async def sources(self, server: DatabaseServer) -> Sequence[Source]:
        """None that the provider keeps: who may connect is the host's own firewall's business."""
        if server.name not in self._fleet:
            return await self._account.sources(server)
        return ()

    async def replace_sources(self, server: DatabaseServer, rules: Sequence[Source]) -> None:
        if server.name not in self._fleet:
            return await self._account.replace_sources(server, rules)
        raise Refused(f"Database {server.name} is self-run and has no trusted sources.", "Use its host's firewall.")

    async def password(self, server: DatabaseServer, user: str) -> str:
        own = self._fleet.own(server.name)
        if user != own.app_user:
            raise Refused(f"The password of {user} on {server.name} is not known.", "Set app_password_file.")
        return own.app_password

    async def database_ca(self, server: DatabaseServer) -> str:
        return self._fleet.own(server.name).ca_pem

    async def shortcomings(self, name: str) -> Sequence[Shortcoming]:
        """What would break a failover or a rebuild of it; beyond the port, for `farshore check`."""
        return await self._fleet.shortcomings(name)

    # The rest is the account's.

    async def check_token(self) -> None:
        await self._account.check_token()

    async def regions(self) -> Sequence[RegionName]:
        return await self._account.regions()

    async def domains(self) -> Sequence[str]:
        return await self._account.domains()

    async def balancer(self, name: str) -> Balancer | None:
        return await self._account.balancer(name)

    async def hosts(self, tag: str) -> Sequence[Host]:
        return await self._account.hosts(tag)

    async def powered(self, host: Host) -> Power:
        return await self._account.powered(host)

    async def power_off(self, host: Host) -> None:
        await self._account.power_off(host)

    async def power_on(self, host: Host) -> None:
        await self._account.power_on(host)


def _follows(found: DatabaseServer | None, of: DatabaseServer, name: str) -> None:
    """Nothing is under way on its host: it follows, or it is something else."""
    if found is not None and found.status != ONLINE:
        raise RetryLater(f"{name} is {found.status}.", after_s=_POLL_S)
    if found is None or found.replica_of != of.id:
        raise Refused(
            f"{name} is no replica of {of.name}, and was not stopped for a rebuild.",
            "Run `farshore rebuild`, which keeps first what only it has.",
        )
