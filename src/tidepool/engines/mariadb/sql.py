"""The SQL that the platform runs on a managed MariaDB as its own superuser, over the local socket."""

from collections.abc import Mapping, Sequence
from typing import Any

from tidepool.engines.mariadb.config import DYNAMIC_KEYS, TLS_FOLDER
from tidepool.engines.server import ADMIN, DEFAULT_DATABASE, PORT, REPLICATOR, Secrets

SYSTEM_DATABASES = ("mysql", "sys", "information_schema", "performance_schema")

# What DigitalOcean plausibly gives: everything about data and accounts, ending others' sessions and seeing
# replication; no SUPER, no READ_ONLY ADMIN (so no `SET GLOBAL read_only` and no writing on a replica).
ADMIN_RIGHTS = (
    "SELECT, INSERT, UPDATE, DELETE, CREATE, DROP, RELOAD, PROCESS, REFERENCES, INDEX, ALTER, SHOW DATABASES, "
    "CREATE TEMPORARY TABLES, LOCK TABLES, EXECUTE, BINLOG MONITOR, SLAVE MONITOR, CREATE VIEW, SHOW VIEW, "
    "CREATE ROUTINE, ALTER ROUTINE, CREATE USER, EVENT, TRIGGER, CONNECTION ADMIN"
)


def text(value: str) -> str:
    """A string literal."""
    return "'" + value.replace("\\", "\\\\").replace("'", "''") + "'"


def name(value: str) -> str:
    """A quoted identifier."""
    return "`" + value.replace("`", "``") + "`"


def account(user: str) -> str:
    return f"{text(user)}@'%'"


def bootstrap(secrets: Secrets) -> str:
    return (
        f"CREATE USER {account(ADMIN)} IDENTIFIED BY {text(secrets.admin)} REQUIRE SSL;\n"
        f"GRANT {ADMIN_RIGHTS} ON *.* TO {account(ADMIN)} WITH GRANT OPTION;\n"
        f"CREATE USER {account(REPLICATOR)} IDENTIFIED BY {text(secrets.replicator)} REQUIRE SSL;\n"
        f"GRANT REPLICATION SLAVE ON *.* TO {account(REPLICATOR)};\n"
        f"CREATE DATABASE {name(DEFAULT_DATABASE)};\n"
    )


def set_user(user: str, password: str, databases: Sequence[str]) -> str:
    if user == ADMIN:
        return f"ALTER USER {account(user)} IDENTIFIED BY {text(password)};\n"
    lines = [
        f"CREATE USER IF NOT EXISTS {account(user)} IDENTIFIED BY {text(password)} REQUIRE SSL;",
        f"ALTER USER {account(user)} IDENTIFIED BY {text(password)};",
        *(f"GRANT ALL ON {name(database)}.* TO {account(user)};" for database in databases),
    ]
    return "\n".join(lines) + "\n"


def drop_user(user: str) -> str:
    return f"DROP USER IF EXISTS {account(user)};\n"


def create_database(database: str, users: Sequence[str]) -> str:
    lines = [f"CREATE DATABASE IF NOT EXISTS {name(database)};"]
    lines += [f"GRANT ALL ON {name(database)}.* TO {account(user)};" for user in users]
    return "\n".join(lines) + "\n"


def drop_database(database: str) -> str:
    return f"DROP DATABASE IF EXISTS {name(database)};\n"


def follow(primary_address: str, secrets: Secrets, position: str) -> str:
    """Short heartbeats and retries: a replica must notice a silent primary in seconds, and come back in seconds."""
    return (
        f"STOP SLAVE;\nRESET SLAVE ALL;\nSET GLOBAL gtid_slave_pos = {text(position)};\n"
        f"CHANGE MASTER TO MASTER_HOST={text(primary_address)}, MASTER_PORT={PORT}, "
        f"MASTER_USER={text(REPLICATOR)}, MASTER_PASSWORD={text(secrets.replicator)}, MASTER_USE_GTID=slave_pos, "
        f"MASTER_SSL=1, MASTER_SSL_CA='{TLS_FOLDER}/ca.pem', MASTER_SSL_VERIFY_SERVER_CERT=1, "
        "MASTER_CONNECT_RETRY=1, MASTER_HEARTBEAT_PERIOD=2;\n"
        "START SLAVE;\n"
    )


def configure(config: Mapping[str, Any]) -> str:
    lines = []
    for key, value in sorted(config.items()):
        if key in DYNAMIC_KEYS:
            literal = text(value) if isinstance(value, str) else str(int(value) if isinstance(value, bool) else value)
            lines.append(f"SET GLOBAL {key} = {literal};")
    return "\n".join(lines)


def drain_and_open(received: str, limit_s: int) -> str:
    """Stopping both threads first would throw away what was received but not applied: acknowledged orders. The first
    statement fails instead, and the client goes no further."""
    drained = (
        f"""
BEGIN NOT ATOMIC
    IF MASTER_GTID_WAIT({text(received)}, {limit_s}) <> 0 THEN
        SIGNAL SQLSTATE '45000' SET MESSAGE_TEXT = 'received transactions are not applied';
    END IF;
END
//
"""
        if received
        else ""
    )
    return f"DELIMITER //{drained}\nDELIMITER ;\nSTOP SLAVE;\nRESET SLAVE ALL;\nSET GLOBAL read_only = 0;\n"
