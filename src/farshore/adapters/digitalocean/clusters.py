"""Making and deleting database servers, of which both can lose data when the wrong name is believed.

A replica that was asked for is found by nobody for minutes, and its name is taken all the while; the name of a deleted
server is taken until it is buried. Both look alike from here: "not available", by something that cannot be seen.
"""

from farshore.adapters.digitalocean.account import Account, Forbidden, Json, Rejected
from farshore.model.failure import Refused, RetryLater
from farshore.model.region import RegionName
from farshore.ports.cloud import DatabaseServer

_ONLINE = ("online", "active")  # the API's prose says active, its answers say online
_TAKEN = "not available"
_POLL_S = 5.0


async def create_replica(
    account: Account,
    known: DatabaseServer | None,
    of: DatabaseServer,
    name: str,
    region: RegionName,
    size: str | None,
    network: str | None,
) -> None:
    """`known` is what has the name now."""
    if known is not None:
        _there_already(known, of, name, region)
        return
    body: Json = {"name": name, "region": str(region), "size": size or of.size}
    if network:
        body["private_network_uuid"] = network
    if of.storage_mib and size in (None, of.size):
        body["storage_size_mib"] = of.storage_mib
    try:
        made = await account.write(account.client.databases.create_replica, of.id, body)
    except Rejected as error:
        if _TAKEN not in error.said:
            raise
        raise RetryLater(
            f"The name {name} is taken, by a replica that is being made or by a database that is being deleted.",
            "Both end by themselves; if it lasts, look for it in the provider's panel.",
            _POLL_S,
        ) from error
    except Forbidden as error:
        raise Refused(error.what, "Give the token the scope database:create.") from error
    if made is None:
        raise Refused(
            f"The account has no cluster {of.name} with the id {of.id} of which a replica could be made.",
            "A replica has no replicas: promote it first.",
        )


def _there_already(known: DatabaseServer, of: DatabaseServer, name: str, region: RegionName) -> None:
    if known.replica_of is None:
        raise Refused(
            f"{name} is a cluster of its own (id {known.id}), no replica of {of.name}.",
            "Delete it once nothing in it is needed, or have the replica made under another name.",
        )
    if known.replica_of != of.id:
        raise Refused(
            f"{name} is a replica of the cluster with the id {known.replica_of}, not of {of.name} ({of.id}).",
            "Delete that replica, or have this one made under another name.",
        )
    if known.region != region:
        raise Refused(f"The replica {name} is in {known.region}, not in {region}.", "Delete that replica first.")
    if known.status not in _ONLINE:
        raise RetryLater(f"The replica {name} is being made: it is {known.status or 'in no state yet'}.", "", _POLL_S)


async def delete(account: Account, found: DatabaseServer | None, clusters: list[Json], name: str, id: str) -> None:
    """`found` is what has the name now, `clusters` are all there are."""
    if found is None:
        _refuse_renamed(clusters, name, id)
        return
    if found.id != id:
        raise Refused(
            f"{name} has the id {found.id} and not {id}: it is another database than the one that was to be deleted.",
            "It was made meanwhile; look at what is in it.",
        )
    databases = account.client.databases
    try:
        if found.replica_of is not None:
            await account.write(databases.destroy_replica, found.replica_of, name)
            return
        body = await account.read(databases.list_replicas, id)
        replicas = sorted(str(replica.get("name")) for replica in (body or {}).get("replicas") or [])
        if replicas:
            raise Refused(
                f"{name} has the replica {', '.join(replicas)}, which would go with it.",
                "Promote or delete the replica first.",
            )
        await account.write(databases.destroy_cluster, id)  # a 404 says that it is gone
    except Forbidden as error:
        raise Refused(error.what, "Give the token the scope database:delete.") from error


def _refuse_renamed(clusters: list[Json], name: str, id: str) -> None:
    """No database of that name is only good news when none has its id either."""
    for cluster in clusters:
        if cluster.get("id") == id:
            raise Refused(
                f"The database with the id {id} is called {cluster.get('name')}, not {name}.",
                "Correct the group's database names in farshore.yaml.",
            )
