"""The group's self-run servers: where they are, how each is asked, and what each says of itself."""

from collections.abc import Awaitable, Callable, Sequence

from farshore.adapters.self_run.hosts import DatabaseHosts
from farshore.adapters.self_run.server import (
    ONLINE,
    SOMEBODY,
    STARTING,
    UNREACHABLE,
    Addresses,
    SelfRunDatabase,
    SelfRunServer,
    Shortcoming,
    described,
)
from farshore.model.failure import Failure, Refused, RetryLater, Unreachable
from farshore.ports.cloud import DatabaseServer

Locate = Callable[[SelfRunServer], Awaitable[Addresses | None]]
"""Where its host is; None where there is no such host."""
Open = Callable[[DatabaseServer, str], SelfRunDatabase]
"""With the authority of its certificate. Opens nothing yet: the first call connects."""
_HOST_IS_UP = "refused"  # nobody listens, says a host that is there


class Fleet:
    def __init__(self, servers: Sequence[SelfRunServer], locate: Locate, open: Open, hosts: DatabaseHosts) -> None:
        self._servers = {server.name: server for server in servers}
        self._locate = locate
        self._open = open
        self.hosts = hosts
        self._at: dict[str, Addresses] = {}
        self._sessions: dict[str, SelfRunDatabase] = {}  # kept warm: a failover asks whether a promotion is done
        self._followed: dict[str, str | None] = {}  # what was last seen

    def __contains__(self, name: str) -> bool:
        return name in self._servers

    def names(self) -> Sequence[str]:
        return tuple(self._servers)

    def own(self, name: str) -> SelfRunServer:
        if name not in self._servers:
            raise Refused(f"There is no self-run database {name} in farshore.yaml.", "Correct regions.")
        return self._servers[name]

    async def at(self, own: SelfRunServer) -> Addresses | None:
        """Looked up once: the answer must still be there on the day when the provider's API is not."""
        if own.name not in self._at:
            found = await self._locate(own)
            if found is None:
                return None
            self._at[own.name] = found
        return self._at[own.name]

    async def there(self, own: SelfRunServer) -> Addresses:
        found = await self.at(own)
        if found is None:
            raise Refused(f"There is no droplet {own.name} in the account.", "Correct host in farshore.yaml.")
        return found

    async def look(self, name: str) -> DatabaseServer | None:
        """Its state by its own word. One that does not answer is what it was when it last did."""
        own = self.own(name)
        if (at := await self.at(own)) is None:
            return None
        try:
            replica_of = await self._replica_of(own, at)
        except Unreachable as error:
            if _HOST_IS_UP in str(error) and await self._stopped(own, at):
                return None
            return described(own, at, UNREACHABLE, self._followed.get(name, SOMEBODY))
        except RetryLater:
            return described(own, at, STARTING, self._followed.get(name, SOMEBODY))
        self._followed[name] = replica_of
        return described(own, at, ONLINE, replica_of)

    async def promote(self, name: str) -> None:
        own = self.own(name)
        await self._session(own, await self.there(own)).promote()

    async def shortcomings(self, name: str) -> Sequence[Shortcoming]:
        """What would break a failover or a rebuild of it. Its host is logged in to, as a rebuild does."""
        own = self.own(name)
        at = await self.there(own)
        await self.hosts.state(own, at.public)
        return await self._session(own, at).shortcomings()

    def open(self, server: DatabaseServer) -> SelfRunDatabase:
        return self._open(server, self.own(server.name).ca_pem)

    async def close(self) -> None:
        for session in self._sessions.values():
            await session.close()

    def _session(self, own: SelfRunServer, at: Addresses) -> SelfRunDatabase:
        if own.name not in self._sessions:
            self._sessions[own.name] = self.open(described(own, at, ONLINE, None))
        return self._sessions[own.name]

    async def _replica_of(self, own: SelfRunServer, at: Addresses) -> str | None:
        """The other server's id where it follows that one by any of its addresses."""
        source = await self._session(own, at).source()
        if source is None:
            return None
        for other in self._servers.values():
            known = self._at.get(other.name) or (await self.at(other) if other.name != own.name else None)
            if other.name != own.name and known is not None and source in (other.name, known.public, known.private):
                return other.id
        return source or SOMEBODY

    async def _stopped(self, own: SelfRunServer, at: Addresses) -> bool:
        """For a rebuild, by us. A host that cannot be asked does not say so."""
        try:
            return (await self.hosts.state(own, at.public)).what != "none"
        except Failure:
            return False
