"""Moving id counters of a store forward, once per token, over two round trips.

AUTO_INCREMENT moves by DDL, which no transaction holds. So the first transaction moves the named counters and writes
down where every AUTO_INCREMENT has to go; the rest is absolute and may be repeated until it is marked as done.
"""

import json
from collections.abc import Sequence

from farshore.adapters.mysql.session import Statements, name
from farshore.model.failure import Refused
from farshore.model.order_journal import ID_REACH, past_id

_LARGEST = {"tinyint": 2**7, "smallint": 2**15, "mediumint": 2**23, "int": 2**31, "bigint": 2**63}
_LOOK = """
SET SESSION lock_wait_timeout = 1;
SELECT plan, done FROM farshore.farshore_jump WHERE store = %s AND token = %s;
SELECT t.table_name, t.auto_increment, c.data_type, c.column_type
    FROM information_schema.tables t JOIN information_schema.columns c
    ON c.table_schema = t.table_schema AND c.table_name = t.table_name AND c.extra LIKE '%%auto_increment%%'
    WHERE t.table_schema = %s AND t.table_type = 'BASE TABLE' AND t.auto_increment IS NOT NULL
"""


def jump(
    statements: Statements, where: str, store: str, counters: Sequence[str], gap: int, token: str, past: int = 0
) -> int:
    """How many counters moved; 0 when `token` has moved them before."""
    if not statements.mariadb:
        statements.rows("SET SESSION information_schema_stats_expiry = 0")
    _, known, tables = statements.all(_LOOK, store, token, store)
    if known and known[0][1]:
        return 0
    if known:
        plan = {str(table): int(target) for table, target in json.loads(known[0][0]).items()}
        statements.all(";".join([*_alters(store, plan, tables), _done(statements, store, token)]))
        return len(plan) + len(counters)
    plan = _plan(tables, gap, past)
    written = f"{statements.text(store)}, {statements.text(token)}, {statements.text(json.dumps(plan))}"
    statements.all(
        ";".join(
            [
                "START TRANSACTION",
                f"INSERT INTO farshore.farshore_jump (store, token, plan) VALUES ({written})",
                *(_counter(where, store, counter, gap, past) for counter in counters),
                "COMMIT",
                *_alters(store, plan, tables),
                _done(statements, store, token),
            ]
        )
    )
    return len(plan) + len(counters)


def _plan(tables: Sequence[Sequence[object]], gap: int, past: int) -> dict[str, int]:
    """A column whose type has no room for the gap keeps its value: a shop that cannot insert is worse."""
    plan = {}
    for table, now, kind, column in tables:
        room = _LARGEST.get(str(kind), 2**31) * (2 if "unsigned" in str(column) else 1) - 1
        for target in (past_id(int(str(now)), past) + gap, int(str(now)) + gap):
            if target <= room // 2:
                plan[str(table)] = target
                break
    return plan


def _alters(store: str, plan: dict[str, int], tables: Sequence[Sequence[object]]) -> list[str]:
    now = {str(row[0]): int(str(row[1])) for row in tables}
    return [
        f"ALTER TABLE {name(store)}.{name(table)} AUTO_INCREMENT = {target}"
        for table, target in plan.items()
        if table in now and now[table] < target
    ]


def _counter(where: str, store: str, counter: str, gap: int, past: int) -> str:
    table, dot, column = counter.partition(".")
    if not (table and dot and column):
        raise Refused(f"{where}: {counter} is no counter.", "Write id_counters as table.column in farshore.yaml.")
    now = name(column)
    lifted = f"CASE WHEN {now} < {int(past)} AND {now} >= {int(past) - ID_REACH} THEN {int(past)} ELSE {now} END"
    return f"UPDATE {name(store)}.{name(table)} SET {now} = {lifted} + {int(gap)}"


def _done(statements: Statements, store: str, token: str) -> str:
    return (
        f"UPDATE farshore.farshore_jump SET done = 1 "
        f"WHERE store = {statements.text(store)} AND token = {statements.text(token)}"
    )
