"""The gate in a MySQL server: triggers on a store's tables that refuse orders without a permit.

The epoch row is read with a locking read. A plain one lets a transaction that began before the fence commit an order
after it; the lock also makes the fence wait for orders in flight. The permit row is read plainly: an old snapshot of it
ends sooner, never later. SYSDATE is the moment, NOW would be the statement's beginning.
"""

import hashlib
from collections.abc import Sequence

import pymysql

from farshore.adapters.mysql.failures import NO_TRUST, code
from farshore.adapters.mysql.session import Statements, name
from farshore.model.failure import Refused

_BODY = (
    "BEGIN DECLARE ours BIGINT; DECLARE permitted BIGINT; DECLARE ends TIMESTAMP(6); "
    "SELECT epoch INTO ours FROM farshore.farshore_epoch WHERE id = 1 LOCK IN SHARE MODE; "
    "SELECT epoch, expires_at INTO permitted, ends FROM farshore.farshore_permit WHERE id = 1; "
    "IF ours IS NULL OR permitted IS NULL OR permitted <> ours OR ends <= SYSDATE(6) THEN "
    "SIGNAL SQLSTATE '45000' SET MESSAGE_TEXT = 'farshore: no write permit'; END IF; END"
)
_EVENTS = ("INSERT", "UPDATE")
_NAME_MAX = 64
# Without it a CREATE TRIGGER that waits for a long transaction holds up every order behind it.
_PATIENCE = "SET SESSION lock_wait_timeout = 1"
_FOUND = """
SELECT trigger_name, event_object_table, event_manipulation, action_timing, action_statement
    FROM information_schema.triggers WHERE trigger_schema = %s AND trigger_name LIKE 'farshore\\_guard\\_%%'
"""
_RIGHTS = {"farshore_epoch": ("SELECT",), "farshore_permit": ("SELECT", "UPDATE")}


def guard(statements: Statements, where: str, database: str, tables: Sequence[str], user: str) -> None:
    _refuse_missing(statements, where, database, tables)
    _admit(statements, where, user)
    wanted = {_trigger(table, event): (table, event) for table in tables for event in _EVENTS}
    there, sound = _look(statements, database, wanted)
    # The new ones first, under names that no older version had: there is no moment without a guard.
    for trigger in sorted(wanted.keys() - sound):
        table, event = wanted[trigger]
        if trigger in there:  # by our name, but not as we make it
            _change(statements, where, f"DROP TRIGGER {name(database)}.{name(trigger)}")
        _change(
            statements,
            where,
            f"CREATE TRIGGER {name(database)}.{name(trigger)} BEFORE {event} ON {name(database)}.{name(table)} "
            f"FOR EACH ROW {_BODY}",
        )
    for trigger in sorted(there - wanted.keys()):
        _change(statements, where, f"DROP TRIGGER {name(database)}.{name(trigger)}")


def guarded(statements: Statements, database: str, tables: Sequence[str]) -> bool:
    wanted = {_trigger(table, event): (table, event) for table in tables for event in _EVENTS}
    there, sound = _look(statements, database, wanted)
    return there == sound == wanted.keys()


def _look(statements: Statements, database: str, wanted: dict[str, tuple[str, str]]) -> tuple[set[str], set[str]]:
    """(our triggers by name, those of them that are as wanted)."""
    rows = statements.rows(_FOUND, database)
    sound = {
        str(trigger)
        for trigger, table, event, timing, body in rows
        if wanted.get(str(trigger)) == (table, event) and timing == "BEFORE" and str(body).split() == _BODY.split()
    }
    return {str(row[0]) for row in rows}, sound


def _trigger(table: str, event: str) -> str:
    """Unique in its database, and another one when the body changes."""
    mark = hashlib.sha256(f"{table}\0{_BODY}".encode()).hexdigest()[:8]
    return f"farshore_guard_{event.lower()}_{table[: _NAME_MAX - 31]}_{mark}"


def _refuse_missing(statements: Statements, where: str, database: str, tables: Sequence[str]) -> None:
    rows = statements.rows("SELECT table_name FROM information_schema.tables WHERE table_schema = %s", database)
    missing = sorted(set(tables) - {str(row[0]) for row in rows})
    if missing:
        raise Refused(
            f"{where} has no table {missing[0]} in its database {database}.",
            "Correct stores[].guarded_tables in farshore.yaml.",
        )


def _admit(statements: Statements, where: str, user: str) -> None:
    """The app servers' agents come as the shop's user. A grant that is there is not written again."""
    accounts, granted = statements.all(
        "SELECT host FROM mysql.user WHERE user = %s; SELECT grantee, table_name, privilege_type "
        "FROM information_schema.table_privileges WHERE table_schema = 'farshore'",
        user,
    )
    if not accounts:
        raise Refused(f"{where} has no user {user}.", "Correct app_user in farshore.yaml.")
    known = {(str(who), str(table), str(right)) for who, table, right in granted}
    for (host,) in accounts:
        for table, rights in _RIGHTS.items():
            if any((f"'{user}'@'{host}'", table, right) not in known for right in rights):
                account = f"{statements.text(user)}@{statements.text(str(host))}"
                statements.rows(f"GRANT {', '.join(rights)} ON farshore.{table} TO {account}")


def _change(statements: Statements, where: str, change: str) -> None:
    try:
        statements.all(f"{_PATIENCE}; {change}")
    except pymysql.MySQLError as error:
        if code(error) != NO_TRUST:
            raise
        raise Refused(
            f"{where} lets its admin create no trigger (error {NO_TRUST}: binary log without SUPER).",
            "Have log_bin_trust_function_creators set to 1 by the provider, or set permit.gate: kernel.",
        ) from error
