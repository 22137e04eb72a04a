"""The gate in a PostgreSQL database: triggers on a store's tables that refuse orders without a permit.

The epoch row is read FOR SHARE: the fence's update then waits for orders in flight, and an order that waited for the
fence reads what the fence wrote. Triggers see their own database only, so both rows live beside the store's tables.
"""

from collections.abc import Sequence

import psycopg

from farshore.adapters.postgresql.failures import MISSING, NOT_ALLOWED
from farshore.adapters.postgresql.session import Rows, Statements, name
from farshore.model.failure import Refused

_BODY = """
DECLARE ours bigint; permitted bigint; ends timestamptz;
BEGIN
    SELECT epoch INTO ours FROM farshore.farshore_epoch WHERE id = 1 FOR SHARE;
    SELECT epoch, expires_at INTO permitted, ends FROM farshore.farshore_permit WHERE id = 1;
    IF ours IS NULL OR permitted IS NULL OR permitted <> ours OR ends <= clock_timestamp() THEN
        RAISE EXCEPTION 'farshore: no write permit' USING ERRCODE = '45000';
    END IF;
    RETURN NEW;
END
"""
# As its owner: the shop's user may not lock the epoch row. The search path is fixed: a user's own table may not answer.
_FUNCTION = f"""
CREATE OR REPLACE FUNCTION farshore.farshore_guard() RETURNS trigger LANGUAGE plpgsql SECURITY DEFINER
SET search_path = pg_catalog, pg_temp AS $farshore${_BODY}$farshore$
"""
_KINDS = {"INSERT": 7, "UPDATE": 19}  # pg_trigger.tgtype: for each row, before, and the event
_FOUND = """
SELECT c.oid, t.tgname::text, t.tgtype, t.tgenabled::text = 'O' AND p.prosrc = %s AND p.prosecdef, c.oid::regclass::text
    FROM pg_trigger t JOIN pg_class c ON c.oid = t.tgrelid JOIN pg_proc p ON p.oid = t.tgfoid
    WHERE t.tgname LIKE 'farshore\\_guard\\_%%' AND NOT t.tgisinternal
"""


def guard(statements: Statements, where: str, database: str, tables: Sequence[str], role: str) -> None:
    """In the store's own database."""
    wanted = _wanted(statements, where, database, tables)
    if not statements.rows("SELECT 1 FROM pg_roles WHERE rolname = %s", role):
        raise Refused(f"{where} has no role {role}.", "Correct app_user in farshore.yaml.")
    _admit(statements, role)
    there = {
        (int(table), str(trigger)): (kind, sound, shown) for table, trigger, kind, sound, shown in _look(statements)
    }
    if any(not there.get(key, (0, False, ""))[1] for key in wanted):
        statements.all(_FUNCTION)
    for key, (shown, event) in wanted.items():
        if there.get(key, (0,))[0] != _KINDS[event]:
            _change(
                statements,
                where,
                shown,
                f"CREATE OR REPLACE TRIGGER {key[1]} BEFORE {event} ON {shown} "
                "FOR EACH ROW EXECUTE FUNCTION farshore.farshore_guard()",
            )
    for key in there.keys() - wanted.keys():
        _change(statements, where, there[key][2], f"DROP TRIGGER {name(key[1])} ON {there[key][2]}")


def guarded(statements: Statements, where: str, database: str, tables: Sequence[str]) -> bool:
    try:
        wanted = _wanted(statements, where, database, tables)
    except Refused:
        return False
    there = {(int(table), str(trigger)): (kind, sound) for table, trigger, kind, sound, _ in _look(statements)}
    return there == {key: (_KINDS[event], True) for key, (_, event) in wanted.items()}


def _look(statements: Statements) -> Rows:
    return statements.rows(_FOUND, _BODY)


def _wanted(
    statements: Statements, where: str, database: str, tables: Sequence[str]
) -> dict[tuple[int, str], tuple[str, str]]:
    """(table's oid, trigger) -> (table as SQL writes it, event)."""
    wanted = {}
    for table in tables:
        quoted = name(*table.split("."))
        oid, shown = statements.rows("SELECT to_regclass(%s)::oid, to_regclass(%s)::text", quoted, quoted)[0]
        if oid is None:
            raise Refused(
                f"{where} has no table {table} in its database {database}.",
                "Correct stores[].guarded_tables in farshore.yaml.",
            )
        for event in _KINDS:
            wanted[int(oid), f"farshore_guard_{event.lower()}"] = (str(shown), event)
    return wanted


def _admit(statements: Statements, role: str) -> None:
    """The app servers' agents come as the shop's role. A grant that is there is not written again."""
    missing = statements.rows(
        "SELECT NOT (has_schema_privilege(%s, 'farshore', 'USAGE') AND "
        "has_table_privilege(%s, 'farshore.farshore_epoch', 'SELECT') AND "
        "has_table_privilege(%s, 'farshore.farshore_permit', 'SELECT') AND "
        "has_table_privilege(%s, 'farshore.farshore_permit', 'UPDATE'))",
        *[role] * 4,
    )[0][0]
    if missing:
        statements.all(
            f"GRANT USAGE ON SCHEMA farshore TO {name(role)}; GRANT SELECT ON farshore.farshore_epoch TO {name(role)}; "
            f"GRANT SELECT, UPDATE ON farshore.farshore_permit TO {name(role)}"
        )


def _change(statements: Statements, where: str, table: str, change: str) -> None:
    """Waits for a long transaction no longer than the session's own limit on locks."""
    try:
        statements.all(change)
    except psycopg.Error as error:
        if error.sqlstate not in {NOT_ALLOWED, *MISSING}:
            raise
        raise Refused(
            f"{where} does not let its admin guard {table}: {str(error).splitlines()[0]}.",
            f"As the table's owner: GRANT TRIGGER ON {table} TO the admin; or set permit.gate: kernel.",
        ) from error
