"""A connection of the agent to its region's database, with limits on everything that may hang.

PyMySQL and psycopg2 are Debian packages of the app server (python3-pymysql, python3-psycopg2), not part of the agent's
zip application: they are imported by name, here alone, and when they are missing the view says so.
"""

import contextlib
import importlib
import json
import os
import socket
import ssl
import threading
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

_CONNECT_S = 2.0
_STATEMENT_S = 2.0
# In UTC: where summer ends, an hour of local time comes twice, and the row would name the wrong one.
_MYSQL_SESSION = "SET SESSION innodb_lock_wait_timeout = 1, time_zone = '+00:00'"


class NoRow(Exception):
    """One clear sentence: the row was not written, or the clock not read."""


@dataclass(frozen=True, slots=True)
class Login:
    engine: str  # mysql | pg
    user: str
    password: str
    database: str
    ca_file: str | None


def read_login(path: Path) -> Login:
    """Raises NoRow."""
    try:
        value = json.loads(path.read_text())
    except OSError as error:
        raise NoRow(f"The file {path} cannot be read ({error.strerror}); run `farshore agents deploy`.") from error
    except ValueError as error:
        raise NoRow(f"The file {path} is not JSON ({error}); run `farshore agents deploy`.") from error
    texts = {key: value.get(key) if isinstance(value, dict) else None for key in ("user", "password", "database")}
    missing = [key for key, text in texts.items() if not isinstance(text, str)]
    if missing or value.get("engine") not in ("mysql", "pg"):
        raise NoRow(f"The file {path} lacks {', '.join(missing) or 'engine'}; run `farshore agents deploy`.")
    ca_file = value.get("ca_file")
    return Login(value["engine"], value["user"], value["password"], value["database"], ca_file or None)


def connect(login: Login, host: str, port: int) -> Any:
    """A connection in autocommit. Raises NoRow when the driver is missing, else what the driver raises."""
    return _mysql(login, host, port) if login.engine == "mysql" else _postgresql(login, host, port)


@contextlib.contextmanager
def watched(connection: Any) -> Iterator[None]:
    """libpq does not see that a server is frozen, for its kernel still acknowledges; PyMySQL has limits of its own."""
    descriptor = connection.fileno() if hasattr(connection, "fileno") else None
    if descriptor is None:
        yield
        return
    watchdog = threading.Timer(_STATEMENT_S, _shut, (descriptor,))
    watchdog.daemon = True
    watchdog.start()
    try:
        yield
    finally:
        watchdog.cancel()


def _shut(descriptor: int) -> None:
    """Wakes the thread that waits on this socket, with an end of file."""
    with contextlib.suppress(OSError), socket.socket(fileno=os.dup(descriptor)) as alias:
        alias.shutdown(socket.SHUT_RDWR)


def _mysql(login: Login, host: str, port: int) -> Any:
    pymysql = _driver("python3-pymysql", "pymysql")
    tls = ssl.create_default_context(cafile=login.ca_file) if login.ca_file else None
    connection = pymysql.connect(
        host=host,
        port=port,
        user=login.user,
        password=login.password,
        database=login.database,
        charset="utf8mb4",
        autocommit=True,
        connect_timeout=_CONNECT_S,
        read_timeout=_STATEMENT_S,
        write_timeout=_STATEMENT_S,
        client_flag=pymysql.constants.CLIENT.FOUND_ROWS,
        ssl=tls,
        init_command=_MYSQL_SESSION,
        defer_connect=True,
    )
    dialled = socket.create_connection((host, port), timeout=_CONNECT_S)
    dialled.setsockopt(socket.SOL_SOCKET, socket.SO_KEEPALIVE, 1)
    dialled.setsockopt(socket.IPPROTO_TCP, socket.TCP_USER_TIMEOUT, round(_STATEMENT_S * 1000))
    connection.connect(dialled)
    return connection


def _postgresql(login: Login, host: str, port: int) -> Any:
    psycopg = _driver("python3-psycopg2", "psycopg2", "psycopg")
    milliseconds = round(_STATEMENT_S * 1000)
    security = {"sslmode": "verify-full", "sslrootcert": login.ca_file} if login.ca_file else {"sslmode": "prefer"}
    connection = psycopg.connect(
        host=host,
        port=port,
        user=login.user,
        password=login.password,
        dbname=login.database,
        application_name="farshore-agent",
        connect_timeout=round(_CONNECT_S),
        tcp_user_timeout=milliseconds,
        keepalives=1,
        keepalives_idle=1,
        keepalives_interval=1,
        keepalives_count=2,
        options=f"-c statement_timeout={milliseconds} -c lock_timeout={milliseconds}",
        **security,
    )
    connection.autocommit = True
    return connection


def _driver(package: str, *modules: str) -> Any:
    for module in modules:
        with contextlib.suppress(ImportError):
            return importlib.import_module(module)
    raise NoRow(
        f"The Debian package {package} is missing on this app server, so its database takes no orders; "
        f"run `apt install {package}`."
    )
