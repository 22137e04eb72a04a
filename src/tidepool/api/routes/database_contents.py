"""Users and logical databases of a cluster."""

import re
import secrets

from tidepool.api.backend import Json
from tidepool.api.database_view import connections, user
from tidepool.api.errors import not_found, unprocessable
from tidepool.api.objects import Database
from tidepool.api.routes.databases import check_ready, find_cluster
from tidepool.api.routing import Answer, Call, Table

table = Table()
NAME = re.compile(r"^[A-Za-z_][A-Za-z0-9_-]{0,62}$")


def _password() -> str:
    return "AVNS_" + secrets.token_urlsafe(15).replace("-", "x").replace("_", "y")


def _find_user(call: Call) -> tuple[Database, Json]:
    cluster = find_cluster(call)
    if (found := cluster.users.get(call.params["user"])) is None:
        raise not_found("not found")
    return cluster, found


@table.on("GET", "/v2/databases/{database_id}/users", "database:read")
async def list_users(call: Call) -> Answer:
    return Answer(200, {"users": [user(call, one) for one in find_cluster(call).users.values()]})


@table.on("POST", "/v2/databases/{database_id}/users", "database:create")
async def create_user(call: Call) -> Answer:
    cluster, name = find_cluster(call), str(call.need("name"))
    check_ready(cluster)
    if not NAME.fullmatch(name) or name in cluster.users:
        raise unprocessable(f"user name {name!r} is not valid or already exists")
    new: Json = {"name": name, "role": "normal", "password": _password()}
    if cluster.engine == "mysql":
        plugin = (call.body.get("mysql_settings") or {}).get("auth_plugin") or "caching_sha2_password"
        new["mysql_settings"] = {"auth_plugin": plugin}
    if call.body.get("settings"):
        new["settings"] = call.body["settings"]
    await call.account.backend.database_user(cluster.id, name, new["password"])
    cluster.users[name] = new
    return Answer(201, {"user": user(call, new)})


@table.on("GET", "/v2/databases/{database_id}/users/{user}", "database:read")
async def get_user(call: Call) -> Answer:
    return Answer(200, {"user": user(call, _find_user(call)[1])})


@table.on("DELETE", "/v2/databases/{database_id}/users/{user}", "database:delete")
async def delete_user(call: Call) -> Answer:
    cluster, found = _find_user(call)
    if found["role"] == "primary":
        raise unprocessable("the primary user cannot be deleted")
    await call.account.backend.database_user(cluster.id, found["name"], None)
    del cluster.users[found["name"]]
    return Answer(204)


@table.on("POST", "/v2/databases/{database_id}/users/{user}/reset_auth", "database:update")
async def reset_auth(call: Call) -> Answer:
    """A new password; existing sessions live on, so this alone is no fence."""
    cluster, found = _find_user(call)
    password = _password()
    await call.account.backend.database_user(cluster.id, found["name"], password)
    found["password"] = password
    if plugin := (call.body.get("mysql_settings") or {}).get("auth_plugin"):
        found["mysql_settings"] = {"auth_plugin": plugin}
    if found["role"] == "primary":
        for one in call.account.databases:
            if cluster.id in (one.id, one.parent):
                one.json.update(connections(call.account, one.engine, one.name, password))
    return Answer(200, {"user": user(call, found)})


@table.on("GET", "/v2/databases/{database_id}/dbs", "database:read")
async def list_dbs(call: Call) -> Answer:
    return Answer(200, {"dbs": [{"name": name} for name in find_cluster(call).dbs]})


@table.on("POST", "/v2/databases/{database_id}/dbs", "database:create")
async def create_db(call: Call) -> Answer:
    cluster, name = find_cluster(call), str(call.need("name"))
    check_ready(cluster)
    if not NAME.fullmatch(name) or name in cluster.dbs:
        raise unprocessable(f"database name {name!r} is not valid or already exists")
    await call.account.backend.database_db(cluster.id, name, True)
    cluster.dbs.append(name)
    return Answer(201, {"db": {"name": name}})


@table.on("GET", "/v2/databases/{database_id}/dbs/{db}", "database:read")
async def get_db(call: Call) -> Answer:
    return Answer(200, {"db": {"name": _find_db(call)[1]}})


@table.on("DELETE", "/v2/databases/{database_id}/dbs/{db}", "database:delete")
async def delete_db(call: Call) -> Answer:
    cluster, name = _find_db(call)
    if name == "defaultdb":
        raise unprocessable("the default database cannot be deleted")
    await call.account.backend.database_db(cluster.id, name, False)
    cluster.dbs.remove(name)
    return Answer(204)


def _find_db(call: Call) -> tuple[Database, str]:
    cluster = find_cluster(call)
    if call.params["db"] not in cluster.dbs:
        raise not_found("not found")
    return cluster, call.params["db"]
