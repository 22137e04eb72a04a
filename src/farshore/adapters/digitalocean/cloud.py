"""What exists in the account, and what is done to it. Implements the cloud port."""

import base64
import binascii
from collections.abc import Callable, Sequence
from typing import Any

from farshore.adapters.digitalocean import clusters, power, sources
from farshore.adapters.digitalocean.account import Account, Forbidden, Json
from farshore.model.failure import Refused
from farshore.model.region import RegionName
from farshore.ports.cloud import Balancer, DatabaseServer, Host, Power, Source


class DigitalOceanCloud:
    def __init__(self, account: Account) -> None:
        self._account = account
        self._client = account.client

    async def check_token(self) -> None:
        body = await self._may("account:read", self._client.account.get)
        status = ((body or {}).get("account") or {}).get("status")
        if status == "locked":
            raise Refused("The provider has locked this account.", "Ask the provider's support.")
        for scope, call in (
            ("regions:read", self._client.regions.list),
            ("load_balancer:read", self._client.load_balancers.list),
            ("droplet:read", self._client.droplets.list),
            ("domain:read", self._client.domains.list),
        ):
            await self._may(scope, call, per_page=1)
        body = await self._may("database:read", self._client.databases.list_clusters)
        clusters = (body or {}).get("databases") or []
        if clusters and not any((cluster.get("connection") or {}).get("password") for cluster in clusters):
            raise Refused("The token may not see database passwords.", "Give it the scope database:view_credentials.")

    async def _may(self, scope: str, call: Callable[..., Any], **options: Any) -> Json | None:
        """The provider says only that something is lacking; what, is known from what was asked."""
        try:
            return await self._account.read(call, **options)
        except Forbidden as error:
            raise Refused(error.what, f"Give the token the scope {scope}.") from error

    async def regions(self) -> Sequence[RegionName]:
        found = await self._account.read_all(self._client.regions.list, "regions")
        return tuple(RegionName(region["slug"]) for region in found if region.get("available"))

    async def domains(self) -> Sequence[str]:
        return tuple(domain["name"] for domain in await self._account.read_all(self._client.domains.list, "domains"))

    async def database(self, name: str) -> DatabaseServer | None:
        """Clusters first: a promoted replica is one of them, and may still be listed below its old primary."""
        clusters = await self._clusters()
        for cluster in clusters:
            if cluster.get("name") == name:
                return _server(cluster, cluster, None)
        for cluster in clusters:
            body = await self._account.read(self._client.databases.list_replicas, cluster["id"])
            for replica in (body or {}).get("replicas") or []:
                if replica.get("name") == name:
                    return _server(replica, cluster, str(cluster["id"]))
        return None

    async def promote(self, server: DatabaseServer) -> None:
        if server.replica_of is not None:
            done = await self._account.write(self._client.databases.promote_replica, server.replica_of, server.name)
            if done is not None:
                return
        # A 404 means promoted already, or never there: only looking tells which.
        if not any(cluster.get("id") == server.id for cluster in await self._clusters()):
            raise Refused(
                f"There is no replica {server.name} to promote, and no cluster with its id.",
                "Look for it in the provider's panel.",
            )

    async def create_replica(
        self, of: DatabaseServer, name: str, region: RegionName, size: str | None = None, network: str | None = None
    ) -> None:
        await clusters.create_replica(self._account, await self.database(name), of, name, region, size, network)

    async def delete_database(self, name: str, *, expected_id: str) -> None:
        await clusters.delete(self._account, await self.database(name), await self._clusters(), name, expected_id)

    async def sources(self, server: DatabaseServer) -> Sequence[Source]:
        return await sources.read(self._account, server)

    async def replace_sources(self, server: DatabaseServer, rules: Sequence[Source]) -> None:
        await sources.replace(self._account, server, rules)

    async def balancer(self, name: str) -> Balancer | None:
        for balancer in await self._account.read_all(self._client.load_balancers.list, "load_balancers"):
            if balancer.get("name") == name:
                return Balancer(
                    id=str(balancer["id"]),
                    name=name,
                    region=_region(balancer),
                    status=str(balancer.get("status", "")),
                    ip=str(balancer.get("ip") or ""),
                )
        return None

    async def hosts(self, tag: str) -> Sequence[Host]:
        found = await self._account.read_all(self._client.droplets.list, "droplets", tag_name=tag)
        return tuple(_host(droplet) for droplet in found)

    async def host(self, name: str) -> Host | None:
        """The droplet of that name, for what is named in a configuration. Refused when it is the name of several."""
        found = await self._account.read_all(self._client.droplets.list, "droplets", name=name)
        same = [droplet for droplet in found if droplet.get("name") == name]
        if len(same) > 1:
            raise Refused(f"The account has {len(same)} droplets called {name}.", "Rename those that are not meant.")
        return _host(same[0]) if same else None

    async def powered(self, host: Host) -> Power:
        return await power.state(self._account, host)

    async def power_off(self, host: Host) -> None:
        await power.turn(self._account, host, on=False)

    async def power_on(self, host: Host) -> None:
        await power.turn(self._account, host, on=True)

    async def password(self, server: DatabaseServer, user: str) -> str:
        """A replica has its primary's users."""
        for identity in filter(None, (server.id, server.replica_of)):
            body = await self._account.read(self._client.databases.list_users, identity)
            for found in (body or {}).get("users") or []:
                if found.get("name") == user and found.get("password"):
                    return str(found["password"])
        raise Refused(
            f"The provider tells no password of the user {user} of database {server.name}.",
            "Correct stores[].app_user, or give the token the scope database:view_credentials.",
        )

    async def database_ca(self, server: DatabaseServer) -> str:
        """A replica has an id of its own, but its primary's authority."""
        for identity in filter(None, (server.id, server.replica_of)):
            body = await self._account.read(self._client.databases.get_ca, identity)
            certificate = ((body or {}).get("ca") or {}).get("certificate")
            if certificate:
                try:
                    return base64.b64decode(certificate).decode()
                except (binascii.Error, UnicodeDecodeError) as error:
                    raise Refused(f"The provider's certificate for database {server.name} is garbled.") from error
        raise Refused(f"The provider has no certificate for database {server.name}.")

    async def _clusters(self) -> list[Json]:
        """Not paginated by the API."""
        body = await self._account.read(self._client.databases.list_clusters)
        return list((body or {}).get("databases") or [])


def _server(own: Json, cluster: Json, replica_of: str | None) -> DatabaseServer:
    """`cluster` lends a replica what its own object lacks: the engine, and blank credentials."""
    connection, lent = own.get("connection") or {}, cluster.get("connection") or {}
    private = own.get("private_connection") or {}
    return DatabaseServer(
        id=str(own["id"]),
        name=str(own["name"]),
        engine=str(own.get("engine") or cluster.get("engine") or ""),
        region=_region(own),
        status=str(own.get("status", "")),
        host=str(connection.get("host") or ""),
        private_host=str(private.get("host") or ""),
        port=int(connection.get("port") or lent.get("port") or 25060),
        user=str(connection.get("user") or lent.get("user") or "doadmin"),
        password=str(connection.get("password") or lent.get("password") or ""),
        database=str(connection.get("database") or lent.get("database") or "defaultdb"),
        replica_of=replica_of,
        size=str(own.get("size") or ""),
        storage_mib=int(own.get("storage_size_mib") or 0),
        network=str(own.get("private_network_uuid") or ""),
    )


def _host(droplet: Json) -> Host:
    return Host(
        id=int(droplet["id"]),
        name=str(droplet["name"]),
        region=_region(droplet),
        status=str(droplet.get("status", "")),
        public_ip=_address(droplet, "public"),
        private_ip=_address(droplet, "private"),
        tags=tuple(droplet.get("tags") or ()),
    )


def _region(thing: Json) -> RegionName:
    """A slug in databases, an object elsewhere."""
    region: Any = thing.get("region") or ""
    return RegionName(str(region.get("slug", "")) if isinstance(region, dict) else str(region))


def _address(droplet: Json, kind: str) -> str:
    for network in (droplet.get("networks") or {}).get("v4") or []:
        if network.get("type") == kind:
            return str(network["ip_address"])
    return ""
