"""Puts schema and products into the new database, by SQL as the managed admin. Called by the store builder."""

import time
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import psycopg
import pymysql

from tidepool.store.account import StoreError
from tidepool.store.blueprint import DATABASE, PRODUCTS, STOCK

PATIENCE_S = 60.0


def seed(engine: str, connection: Mapping[str, Any], ca_file: str) -> list[int]:
    """Returns the products' ids. Waits a little: trusted sources may reach the database after the API's answer."""
    schema = (Path(__file__).parent / f"schema_{engine}.sql").read_text()
    statements = [text.strip() for text in schema.split(";\n") if text.strip()]
    rows = [(number, name, price, STOCK) for number, (name, price) in enumerate(PRODUCTS, start=1)]
    insert = "INSERT INTO products (id, name, price, stock) VALUES (%s, %s, %s, %s)"
    database = _connect(engine, connection, ca_file)
    try:
        with database.cursor() as cursor:
            for statement in statements:
                cursor.execute(statement)
            cursor.executemany(insert, rows)
        database.commit()
    finally:
        database.close()
    return [row[0] for row in rows]


def _connect(engine: str, connection: Mapping[str, Any], ca_file: str) -> Any:
    deadline = time.monotonic() + PATIENCE_S
    while True:
        try:
            return connect_once(engine, connection, ca_file)
        except (pymysql.err.OperationalError, psycopg.OperationalError) as error:
            if time.monotonic() > deadline:
                raise StoreError(
                    f"The database {connection['host']} did not let us in within {PATIENCE_S:.0f} s: {error}"
                ) from None
            time.sleep(0.3)


def connect_once(engine: str, connection: Mapping[str, Any], ca_file: str) -> Any:
    host, port, user, password = (connection[key] for key in ("host", "port", "user", "password"))
    if engine == "mysql":
        return pymysql.connect(
            host=host, port=port, user=user, password=password, database=DATABASE, connect_timeout=3,
            ssl_ca=ca_file, ssl_verify_cert=True, ssl_verify_identity=True, charset="utf8mb4",
        )  # fmt: skip
    return psycopg.connect(
        host=host, port=port, user=user, password=password, dbname=DATABASE, connect_timeout=3,
        sslmode="verify-full", sslrootcert=ca_file,
    )  # fmt: skip
