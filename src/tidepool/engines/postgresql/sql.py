"""The SQL that the platform runs on a managed PostgreSQL as its own superuser, over the local socket."""

from collections.abc import Sequence

from tidepool.engines.server import ADMIN, DEFAULT_DATABASE, REPLICATOR, Secrets

PROMOTE_S = 60

# pg_promote(wait) polls in steps of 100 ms; this notices within 5.
PROMOTE = f"""SELECT pg_promote(false);
DO $$
DECLARE steps int := 0;
BEGIN
    WHILE pg_is_in_recovery() LOOP
        steps := steps + 1;
        IF steps > {PROMOTE_S * 200} THEN RAISE 'still in recovery after {PROMOTE_S} s'; END IF;
        PERFORM pg_sleep(0.005);
    END LOOP;
END $$;
"""


def text(value: str) -> str:
    """A string literal."""
    return "'" + value.replace("'", "''") + "'"


def name(value: str) -> str:
    """A quoted identifier."""
    return '"' + value.replace('"', '""') + '"'


def bootstrap(secrets: Secrets) -> str:
    """The admin may make roles and databases, see everything and end sessions; no superuser, no replication."""
    return (
        f"CREATE ROLE {name(ADMIN)} LOGIN CREATEDB CREATEROLE PASSWORD {text(secrets.admin)};\n"
        f"GRANT pg_signal_backend, pg_monitor, pg_read_all_stats TO {name(ADMIN)} WITH ADMIN OPTION;\n"
        f"CREATE ROLE {name(REPLICATOR)} LOGIN REPLICATION PASSWORD {text(secrets.replicator)};\n"
        f"CREATE DATABASE {name(DEFAULT_DATABASE)} OWNER {name(ADMIN)};\n"
    )


def set_user(user: str, password: str) -> str:
    # \gexec: a role cannot be made "if not exists".
    create = f"CREATE ROLE {name(user)} LOGIN"
    return (
        f"SELECT {text(create)} WHERE NOT EXISTS (SELECT FROM pg_roles WHERE rolname = {text(user)})\\gexec\n"
        f"ALTER ROLE {name(user)} PASSWORD {text(password)};\n"
    )


def drop_user(user: str, databases: Sequence[str]) -> str:
    """What the user owned goes to the admin: dropping an account must not drop a shop's tables."""
    exists = f"SELECT 1 FROM pg_roles WHERE rolname = {text(user)}"
    lines = [f"SELECT EXISTS ({exists}) AS there\\gset", "\\if :there"]
    for database in databases:
        lines += [
            f"\\connect {name(database)}",
            f"REASSIGN OWNED BY {name(user)} TO {name(ADMIN)};",
            f"DROP OWNED BY {name(user)};",
        ]
    return "\n".join([*lines, f"DROP ROLE {name(user)};", "\\endif"]) + "\n"


def create_database(database: str) -> str:
    create = f"CREATE DATABASE {name(database)} OWNER {name(ADMIN)}"
    return f"SELECT {text(create)} WHERE NOT EXISTS (SELECT FROM pg_database WHERE datname = {text(database)})\\gexec\n"


def drop_database(database: str) -> str:
    return f"DROP DATABASE IF EXISTS {name(database)} WITH (FORCE);\n"
