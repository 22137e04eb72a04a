"""The orders in a database, read by its own command-line client: a judge that shares no code with who is judged."""

import asyncio
import json
import time
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from farshore.drills import woo_rows
from farshore.drills.command import answer
from farshore.drills.lab import Facts, Lab
from farshore.drills.orders import Row
from farshore.model.failure import Refused

NAME_TTL_S = 40.0

_PARTS = (
    "(SELECT COUNT(*) FROM order_items i WHERE i.order_id = o.id)",
    "(SELECT COALESCE(SUM(i.qty * i.price), 0) FROM order_items i WHERE i.order_id = o.id)",
    "(SELECT COUNT(*) FROM order_meta m WHERE m.order_id = o.id)",
    "(SELECT MAX(m.value) FROM order_meta m WHERE m.order_id = o.id AND m.name = 'epoch')",
    "(SELECT MAX(m.value) FROM order_meta m WHERE m.order_id = o.id AND m.name = 'region')",
)
_COLUMNS = "'id', o.id, 'order_key', o.order_key, 'token', o.token, 'status', o.status"
_MYSQL = (
    f"SELECT JSON_OBJECT({_COLUMNS}, 'total', CAST(o.total AS CHAR), 'items', {_PARTS[0]},"
    f" 'items_total', CAST({_PARTS[1]} AS CHAR), 'meta', {_PARTS[2]},"
    f" 'epoch', {_PARTS[3]}, 'region', {_PARTS[4]}) FROM orders o ORDER BY o.id"
)
_POSTGRESQL = (
    f"SELECT json_build_object({_COLUMNS}, 'total', o.total::text, 'items', {_PARTS[0]},"
    f" 'items_total', ({_PARTS[1]})::text, 'meta', {_PARTS[2]},"
    f" 'epoch', {_PARTS[3]}, 'region', {_PARTS[4]}) FROM orders o ORDER BY o.id"
)


async def read_rows(lab: Lab, facts: Facts, region: str, *, fenced: bool = False) -> list[Row]:
    """From lon1, over TLS, as the shop's own user; as the admin where a fence may have shut that one out."""
    store, server = facts.store, facts.region(region)["database"]
    user = str(store["admin_user"] if fenced else store["app_user"])
    password = _password(facts, user)
    if store["engine"] == "mysql":
        argv = ["mariadb", "--no-defaults", f"--host={server['host']}", f"--port={server['port']}"]
        argv += [f"--user={user}", f"--ssl-ca={facts.ca_file}", "--ssl-verify-server-cert"]
        argv += ["--connect-timeout=10", "--batch", "--raw", "--skip-column-names", store["database"]]
        argv += ["-e", _query(store)]
    else:
        source = f"host={server['host']} port={server['port']} user={user} dbname={store['database']}"
        argv = ["psql", "-XAtq", f"{source} sslmode=verify-full sslrootcert={facts.ca_file} connect_timeout=10"]
        argv += ["-c", _POSTGRESQL]
    # By the environment: process arguments are for everybody to read.
    secret = {"MYSQL_PWD": password, "PGPASSWORD": password}
    text = await answer(lab.inside("lon1", *argv), secret, timeout_s=60.0)
    return [Row.from_json(json.loads(line)) for line in text.splitlines() if line]


def _query(store: Mapping[str, Any]) -> str:
    made = store.get("wordpress")
    if made is None:
        return _MYSQL
    return woo_rows.IN_TABLES if made["hpos"] else woo_rows.AMONG_POSTS


async def read_rows_patiently(lab: Lab, facts: Facts, region: str) -> list[Row]:
    """The database may be a new one under an old name, which resolvers find where it was until a TTL has run out."""
    deadline = time.monotonic() + NAME_TTL_S
    while True:
        try:
            return await read_rows(lab, facts, region)
        except Refused:
            if time.monotonic() > deadline:
                raise
            await asyncio.sleep(2.0)


def _password(facts: Facts, user: str) -> str:
    return str(json.loads(Path(facts.store["secrets_file"]).read_text())[user])
