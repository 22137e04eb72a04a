"""/v2/databases: clusters"""

import asyncio
import ipaddress
import re
from typing import Any

from tidepool.api import catalogue
from tidepool.api.account import Account, fresh_id, now
from tidepool.api.backend import BackendError, DatabaseMade, Json
from tidepool.api.database_view import as_cluster, connections, event
from tidepool.api.errors import ApiError, not_found, unprocessable
from tidepool.api.follow import apply_trust
from tidepool.api.objects import Database
from tidepool.api.routes.tags import ensure_tags
from tidepool.api.routes.vpcs import place
from tidepool.api.routing import Answer, Call, Table

table = Table()
NAME = re.compile(r"^[a-z][a-z0-9-]{2,62}$")
RULE_TYPES = ("droplet", "k8s", "ip_addr", "tag", "app")
RULES_MAX = 100
NODES_MAX = 3
PROJECT = "00000000-0000-4000-8000-000000000003"


def find_server(call: Call) -> Database:
    """A cluster, or a replica that is ready: replicas have ids of the same kind."""
    found = call.account.databases.get(call.params["database_id"])
    if not found.visible:
        raise not_found("not found")
    return found


def find_cluster(call: Call) -> Database:
    found = find_server(call)
    if found.is_replica:
        raise not_found("not found")
    return found


def check_ready(database: Database) -> None:
    """What needs a running server has to wait for one."""
    if not database.ca_pem:
        raise ApiError(412, "cluster is not ready: it is still being created, try again later")


def check_name(account: Account, name: Any) -> str:
    """Clusters and replicas share one namespace; a promoted replica keeps its name, a deleted one until it is gone."""
    if not NAME.fullmatch(str(name)):
        raise unprocessable("invalid cluster name: use 3 to 63 characters of a-z, 0-9 and -, beginning with a letter")
    if account.databases.first(lambda database: database.name == name):
        raise unprocessable("cluster name is not available")
    return str(name)


def check_size(size: Any) -> str:
    if size not in catalogue.DATABASE_SIZES:
        raise unprocessable(f"invalid size {size!r}; use one of {', '.join(catalogue.DATABASE_SIZES)}")
    return str(size)


def _check_source(value: str) -> None:
    try:
        ipaddress.IPv4Network(value, strict=False)
    except ValueError:
        raise unprocessable(f"invalid firewall rule: {value!r} is not an IPv4 address or network") from None


def read_rules(database_id: str, wanted: Any) -> list[Json]:
    """Trusted sources as the customer wrote them; ids and dates are ours."""
    rules: list[Json] = []
    for rule in wanted or []:
        if not isinstance(rule, dict) or rule.get("type") not in RULE_TYPES or not rule.get("value"):
            raise unprocessable(f"invalid firewall rule: type must be one of {', '.join(RULE_TYPES)}, with a value")
        if rule["type"] == "ip_addr":
            _check_source(rule["value"])
        new = {"uuid": rule.get("uuid") or fresh_id(), "cluster_uuid": database_id, "type": rule["type"]}
        new |= {"value": str(rule["value"]), "created_at": now(), "description": rule.get("description") or ""}
        rules.append(new)
    if len(rules) > RULES_MAX:
        raise unprocessable(f"no more than {RULES_MAX} firewall rules are allowed")
    return rules


def settle(account: Account, database: Database, made: DatabaseMade) -> None:
    """The server runs: what it told us goes into the object."""
    database.ca_pem = made.ca_pem
    database.json.update(connections(account, database.engine, database.name, made.password, made.port))
    database.json["status"] = "online"
    database.visible = True


async def first_backup(account: Account, database: Database) -> None:
    """A cluster cannot get a replica before it has this."""
    await asyncio.sleep(account.pace.scaled(account.pace.backup_s))
    database.backups.append({"created_at": now(), "size_gigabytes": 0.03, "incremental": False})


async def _bring_up(account: Account, database: Database) -> None:
    shown = {**database.json, "engine": database.engine}
    made = await account.at_least(account.pace.database_s, account.backend.database_create(shown))
    if database.doomed:
        await bury(account, database)
        return
    admin: Json = {"name": "doadmin", "role": "primary", "password": made.password}
    if database.engine == "mysql":
        admin["mysql_settings"] = {"auth_plugin": "caching_sha2_password"}
    database.users["doadmin"] = admin
    database.dbs.append("defaultdb")
    settle(account, database, made)
    await apply_trust(account, database)
    account.spawn(first_backup(account, database))


async def bring_up(account: Account, database: Database) -> None:
    try:
        await _bring_up(account, database)
    except BackendError:
        event(database, "cluster_poweroff")  # the API has no word for a cluster that could not be made
        raise


@table.on("GET", "/v2/databases", "database:read")
async def list_all(call: Call) -> Answer:
    tag = call.query.get("tag_name")
    found = [d for d in call.account.databases if d.visible and not d.is_replica and (not tag or tag in d.json["tags"])]
    return Answer(200, {"databases": [as_cluster(call, database) for database in found]})


@table.on("POST", "/v2/databases", "database:create")
async def create(call: Call) -> Answer:
    account, body = call.account, call.body
    name, engine = check_name(account, call.need("name")), call.need("engine")
    versions = catalogue.DATABASE_VERSIONS.get(engine)
    if versions is None:
        raise unprocessable(f"engine {engine!r} is not offered by this lab; use one of {', '.join(SORTED_ENGINES)}")
    version = str(body.get("version") or versions[-1])
    if version not in versions:
        raise unprocessable(f"invalid version {version!r} for {engine}; use one of {', '.join(versions)}")
    if body.get("backup_restore"):
        raise unprocessable("backup_restore is not offered by this lab")
    nodes = call.need("num_nodes")
    if not isinstance(nodes, int) or not 1 <= nodes <= NODES_MAX:
        raise unprocessable(f"num_nodes must be between 1 and {NODES_MAX}")
    region = catalogue.region(call.need("region"))["slug"]
    database_id = fresh_id()
    json = {
        "id": database_id, "name": name, "version": version, "semantic_version": version, "num_nodes": nodes,
        "size": check_size(call.need("size")), "region": region, "status": "creating", "created_at": now(),
        "private_network_uuid": place(account, body.get("private_network_uuid"), region),
        "tags": ensure_tags(account, body.get("tags")), "project_id": body.get("project_id") or PROJECT,
        "storage_size_mib": body.get("storage_size_mib") or 61440, "do_settings": body.get("do_settings") or {},
        "maintenance_window": {"day": "sunday", "hour": "04:00:00", "pending": False, "description": []},
        **connections(account, engine, name, ""),
    }  # fmt: skip
    database = Database(database_id, name, engine, json, rules=read_rules(database_id, body.get("rules")))
    account.databases.put(database_id, database)
    event(database, "cluster_create")
    account.spawn(bring_up(account, database))
    return Answer(201, {"database": as_cluster(call, database)})


SORTED_ENGINES = sorted(catalogue.DATABASE_VERSIONS)


@table.on("GET", "/v2/databases/options", "database:read")
async def options(call: Call) -> Answer:
    regions = [region["slug"] for region in catalogue.REGIONS]
    layouts = [{"num_nodes": nodes, "sizes": catalogue.DATABASE_SIZES} for nodes in range(1, NODES_MAX + 1)]
    found = {
        engine: {"regions": regions, "versions": versions, "layouts": layouts}
        for engine, versions in catalogue.DATABASE_VERSIONS.items()
    }
    availability = {
        engine: [{"version": version, "end_of_life": None, "end_of_availability": None} for version in versions]
        for engine, versions in catalogue.DATABASE_VERSIONS.items()
    }
    return Answer(200, {"options": found, "version_availability": availability})


@table.on("GET", "/v2/databases/{database_id}", "database:read")
async def get(call: Call) -> Answer:
    return Answer(200, {"database": as_cluster(call, find_cluster(call))})


@table.on("DELETE", "/v2/databases/{database_id}", "database:delete")
async def delete(call: Call) -> Answer:
    """Its replicas go with it; what DigitalOcean does with them is undocumented."""
    database = find_cluster(call)
    replicas = [other for other in call.account.databases if other.parent == database.id and not other.doomed]
    for gone in [*replicas, database]:
        await remove(call.account, gone)
    return Answer(204)


async def remove(account: Account, database: Database) -> None:
    """A 404 from now on. Its names are free when its server is gone, which for one still being made is its maker's."""
    database.visible, database.doomed = False, True
    if database.ca_pem:
        await bury(account, database)


async def bury(account: Account, database: Database) -> None:
    try:
        await account.backend.database_destroy(database.id)
    finally:
        account.databases.drop(database.id)
