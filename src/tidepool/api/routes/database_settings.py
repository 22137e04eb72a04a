"""What is set on a database server, be it cluster or replica: trusted sources, configuration; and what it tells."""

import base64

from tidepool.api.database_config import SETTINGS
from tidepool.api.database_view import event
from tidepool.api.errors import unprocessable
from tidepool.api.follow import apply_trust
from tidepool.api.routes.databases import check_ready, find_cluster, find_server, read_rules
from tidepool.api.routing import Answer, Call, Table

table = Table()
DAYS = ("monday", "tuesday", "wednesday", "thursday", "friday", "saturday", "sunday")


@table.on("GET", "/v2/databases/{database_id}/firewall", "database:read")
async def get_firewall(call: Call) -> Answer:
    return Answer(200, {"rules": find_server(call).rules})


@table.on("PUT", "/v2/databases/{database_id}/firewall", "database:update")
async def put_firewall(call: Call) -> Answer:
    """Replaces the whole list; an empty one opens the server to the world."""
    database = find_server(call)
    database.rules = read_rules(database.id, call.body.get("rules"))
    if database.ca_pem:
        await apply_trust(call.account, database)
    return Answer(204)


@table.on("GET", "/v2/databases/{database_id}/config", "database:read")
async def get_config(call: Call) -> Answer:
    return Answer(200, {"config": find_server(call).config})


@table.on("PATCH", "/v2/databases/{database_id}/config", "database:update")
async def patch_config(call: Call) -> Answer:
    database, changes = find_server(call), call.need("config")
    if unknown := sorted(set(changes) - SETTINGS[database.engine]):
        raise unprocessable(f"invalid config: {unknown[0]} is not a setting of this cluster type")
    check_ready(database)
    await call.account.backend.database_config(database.id, changes)
    database.config.update(changes)
    event(database, "cluster_update")
    return Answer(200)


@table.on("GET", "/v2/databases/{database_id}/sql_mode", "database:read")
async def get_sql_mode(call: Call) -> Answer:
    return Answer(200, {"sql_mode": find_cluster(call).sql_mode})


@table.on("PUT", "/v2/databases/{database_id}/sql_mode", "database:update")
async def put_sql_mode(call: Call) -> Answer:
    database = find_cluster(call)
    if database.engine != "mysql":
        raise unprocessable("operation is not supported for this cluster type")
    mode = str(call.need("sql_mode"))
    check_ready(database)
    await call.account.backend.database_config(database.id, {"sql_mode": mode})
    database.sql_mode = mode
    return Answer(204)


@table.on("PUT", "/v2/databases/{database_id}/maintenance", "database:update")
async def put_maintenance(call: Call) -> Answer:
    database, day, hour = find_server(call), str(call.need("day")).lower(), str(call.need("hour"))
    if day not in DAYS:
        raise unprocessable(f"day must be one of {', '.join(DAYS)}")
    database.json["maintenance_window"] = {"day": day, "hour": hour, "pending": False, "description": []}
    return Answer(204)


@table.on("GET", "/v2/databases/{database_id}/autoscale", "database:read")
async def get_autoscale(call: Call) -> Answer:
    """Under both roots: the specification says one, DigitalOcean's own client reads the other."""
    find_server(call)
    storage = {"enabled": False, "threshold_percent": 80, "increment_gib": 10}
    return Answer(200, {"autoscale": {"storage": storage}, "storage": storage})


@table.on("GET", "/v2/databases/{database_id}/ca", "database:read")
async def get_ca(call: Call) -> Answer:
    certificate = base64.b64encode(find_server(call).ca_pem.encode()).decode()
    return Answer(200, {"ca": {"certificate": certificate}})


@table.on("GET", "/v2/databases/{database_id}/backups", "database:read")
async def list_backups(call: Call) -> Answer:
    return Answer(200, {"backups": find_cluster(call).backups})


@table.on("GET", "/v2/databases/{database_id}/events", "database:read")
async def list_events(call: Call) -> Answer:
    return Answer(200, {"events": find_cluster(call).events})
