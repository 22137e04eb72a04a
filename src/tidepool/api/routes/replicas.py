"""/v2/databases/{id}/replicas and promotion: a fork, not a switchover. Nothing happens to the old primary."""

import asyncio
import dataclasses

from tidepool.api import catalogue
from tidepool.api.account import Account, fresh_id, now
from tidepool.api.backend import BackendError
from tidepool.api.database_view import as_replica, connections, event
from tidepool.api.errors import ApiError, not_found
from tidepool.api.follow import apply_trust
from tidepool.api.objects import Database
from tidepool.api.routes.databases import (
    bury,
    check_name,
    check_ready,
    check_size,
    find_cluster,
    first_backup,
    remove,
    settle,
)
from tidepool.api.routes.tags import ensure_tags
from tidepool.api.routes.vpcs import place
from tidepool.api.routing import Answer, Call, Table

table = Table()


def _replicas(account: Account, primary: Database) -> list[Database]:
    """Those that can be seen: until it is nearly ready, a replica is neither listed nor found, for minutes."""
    return [other for other in account.databases if other.parent == primary.id and other.visible]


def _find(call: Call) -> Database:
    for replica in _replicas(call.account, find_cluster(call)):
        if replica.name == call.params["name"]:
            return replica
    raise not_found("not found")


async def _bring_up(account: Account, primary: Database, replica: Database) -> None:
    primary_json = {**primary.json, "engine": primary.engine}
    replica_json = {**replica.json, "engine": replica.engine}
    work = account.backend.replica_create(primary_json, replica_json)
    try:
        made = await account.at_least(account.pace.replica_s, work)
    except BackendError:
        account.databases.drop(replica.id)  # nobody ever saw it; its name is free again
        raise
    if not replica.doomed:
        replica.visible, replica.json["status"] = True, "forking"
        await asyncio.sleep(account.pace.scaled(account.pace.forking_s))
    if replica.doomed:
        await bury(account, replica)
        return
    replica.users, replica.dbs = primary.users, primary.dbs  # a physical copy has the same, as long as it is one
    # The admin's password may be another than the one that its primary began with.
    settle(account, replica, dataclasses.replace(made, password=primary.json["connection"]["password"]))
    if replica.rules:
        await apply_trust(account, replica)


async def _promote(account: Account, replica: Database) -> None:
    try:
        await asyncio.sleep(account.pace.promote_delay_s)
        if replica.doomed:
            return
        await account.backend.database_promote(replica.id)
    finally:
        replica.promoting = False
    replica.parent = None
    replica.users = {name: dict(user) for name, user in replica.users.items()}
    replica.dbs = list(replica.dbs)
    event(replica, "cluster_master_promotion")
    account.spawn(first_backup(account, replica))


@table.on("GET", "/v2/databases/{database_id}/replicas", "database:read")
async def list_all(call: Call) -> Answer:
    found = _replicas(call.account, find_cluster(call))
    return Answer(200, {"replicas": [as_replica(call, replica) for replica in found]})


@table.on("POST", "/v2/databases/{database_id}/replicas", "database:create")
async def create(call: Call) -> Answer:
    account, body, primary = call.account, call.body, find_cluster(call)
    if not primary.backups:
        raise ApiError(412, "cluster is not ready: it has no backup yet, try again later")
    name = check_name(account, call.need("name"))
    region = catalogue.region(body.get("region") or primary.json["region"])["slug"]
    replica_id = fresh_id()
    json = {
        **{key: primary.json[key] for key in ("version", "semantic_version", "project_id")},
        "id": replica_id, "name": name, "num_nodes": 1, "size": check_size(body.get("size") or primary.json["size"]),
        "region": region, "status": "creating", "created_at": now(),
        "private_network_uuid": place(account, body.get("private_network_uuid"), region),
        "tags": ensure_tags(account, body.get("tags")), "do_settings": body.get("do_settings") or {},
        "storage_size_mib": body.get("storage_size_mib") or primary.json["storage_size_mib"],
        "maintenance_window": {"day": "sunday", "hour": "05:00:00", "pending": False, "description": []},
        **connections(account, primary.engine, name, ""),
    }  # fmt: skip
    replica = Database(replica_id, name, primary.engine, json, parent=primary.id, visible=False)
    replica.config = dict(primary.config)
    account.databases.put(replica_id, replica)
    account.spawn(_bring_up(account, primary, replica))
    return Answer(201, {"replica": as_replica(call, replica)})


@table.on("GET", "/v2/databases/{database_id}/replicas/{name}", "database:read")
async def get(call: Call) -> Answer:
    return Answer(200, {"replica": as_replica(call, _find(call))})


@table.on("DELETE", "/v2/databases/{database_id}/replicas/{name}", "database:delete")
async def delete(call: Call) -> Answer:
    await remove(call.account, _find(call))
    return Answer(204)


@table.on("PUT", "/v2/databases/{database_id}/replicas/{name}/promote", "database:update")
async def promote(call: Call) -> Answer:
    """Answers at once and leaves nothing to poll; asking again meanwhile changes nothing."""
    replica = _find(call)
    check_ready(replica)
    if not replica.promoting:
        replica.promoting = True
        call.account.spawn(_promote(call.account, replica))
    return Answer(204)
