"""How a database server looks through the API: host names, connections, cluster and replica objects, redaction."""

from tidepool.api.account import Account, fresh_id, now
from tidepool.api.backend import Json
from tidepool.api.objects import Database
from tidepool.api.routing import Call

PORT = 25060
REPLICA_FIELDS = (
    "id", "name", "region", "size", "status", "tags", "created_at", "private_network_uuid", "storage_size_mib",
    "do_settings",
)  # fmt: skip
SCHEMES = {"mysql": ("mysql", "ssl-mode=REQUIRED"), "pg": ("postgresql", "sslmode=require")}
OWNER = "do-user-1-0"


def connection(engine: str, host: str, password: str, port: int = PORT) -> Json:
    scheme, options = SCHEMES[engine]
    uri = f"{scheme}://doadmin:{password}@{host}:{port}/defaultdb?{options}" if password else ""
    return {
        "protocol": scheme, "uri": uri, "database": "defaultdb", "host": host, "port": port, "user": "doadmin",
        "password": password, "ssl": True,
    }  # fmt: skip


def connections(account: Account, engine: str, name: str, password: str, port: int = PORT) -> Json:
    """Both, public and inside the VPC. The host names are a server's for life: promotion does not change them."""
    host = f"{name}-{OWNER}.{account.backend.names()['database_suffix']}"
    return {
        "connection": connection(engine, host, password, port),
        "private_connection": connection(engine, f"private-{host}", password, port),
    }


def event(database: Database, kind: str) -> None:
    database.events.insert(
        0, {"id": fresh_id(), "cluster_name": database.name, "event_type": kind, "create_time": now()}
    )


def user(call: Call, found: Json) -> Json:
    return found if _may_see(call) else {**found, "password": ""}


def as_cluster(call: Call, database: Database) -> Json:
    shown = {
        **database.json,
        "engine": database.engine,
        "users": [user(call, one) for one in database.users.values()] or None,
        "db_names": list(database.dbs) or None,
        "rules": [dict(rule) for rule in database.rules],
    }
    return _redacted(call, shown)


def as_replica(call: Call, database: Database) -> Json:
    shown = {key: database.json[key] for key in REPLICA_FIELDS}
    both = {key: database.json[key] for key in ("connection", "private_connection")}
    return _redacted(call, {**shown, "tags": shown["tags"] or [], **both})


def _may_see(call: Call) -> bool:
    return call.token.may(["database:view_credentials"])


def _redacted(call: Call, shown: Json) -> Json:
    if _may_see(call):
        return shown
    blank = {"password": "", "uri": ""}
    return {**shown, **{key: {**shown[key], **blank} for key in ("connection", "private_connection")}}
