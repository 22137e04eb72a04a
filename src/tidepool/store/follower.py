"""Waits until a self-run standby follows its writer, asked by SQL as its admin. Used by the store builder."""

import time
from collections.abc import Mapping
from typing import Any

import psycopg
import pymysql

from tidepool.store.account import StoreError
from tidepool.store.seed import connect_once

PATIENCE_S = 180.0
_PG = "SELECT count(*) FROM pg_stat_wal_receiver WHERE status = 'streaming'"


def wait_following(engine: str, connection: Mapping[str, Any], ca_file: str) -> None:
    """Raises StoreError when it does not within some minutes."""
    deadline = time.monotonic() + PATIENCE_S
    while True:
        try:
            problem = _problem(engine, connection, ca_file)
        except (pymysql.err.MySQLError, psycopg.Error) as error:
            problem = str(error)
        if problem is None:
            return
        if time.monotonic() > deadline:
            raise StoreError(f"The database {connection['host']} does not follow the writer's: {problem}")
        time.sleep(0.5)


def _problem(engine: str, connection: Mapping[str, Any], ca_file: str) -> str | None:
    database = connect_once(engine, connection, ca_file)
    try:
        with database.cursor() as cursor:
            if engine == "pg":
                cursor.execute(_PG)
                return None if cursor.fetchone()[0] == 1 else "it does not stream"
            cursor.execute("SHOW SLAVE STATUS")
            row = cursor.fetchone()
            names = [column[0] for column in cursor.description]
    finally:
        database.close()
    status = dict(zip(names, row or (), strict=False))
    running = status.get("Slave_IO_Running"), status.get("Slave_SQL_Running")
    return None if running == ("Yes", "Yes") else str(status.get("Last_IO_Error") or "its threads do not run")
