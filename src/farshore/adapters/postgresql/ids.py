"""Moving id counters of a store forward, once per token, over two or three round trips.

No transaction holds a sequence back. So the first transaction moves the named counters and writes down where every
sequence has to go; the rest is absolute and may be repeated until it is marked as done.
"""

import json
from collections.abc import Sequence

from farshore.adapters.postgresql.session import Statements, name
from farshore.adapters.postgresql.tables import CREATE_JUMP
from farshore.model.failure import Refused
from farshore.model.order_journal import ID_REACH, past_id

_LOOK = f"""{CREATE_JUMP};
SELECT plan, done FROM farshore.farshore_jump WHERE token = %s;
SELECT schemaname::text, sequencename::text, max_value FROM pg_sequences WHERE increment_by > 0
"""


def jump(statements: Statements, where: str, counters: Sequence[str], gap: int, token: str, past: int = 0) -> int:
    """How many counters moved; 0 when `token` has moved them before."""
    *_, known, sequences = statements.all(_LOOK, token)
    if known and known[0][1]:
        return 0
    done = f"UPDATE farshore.farshore_jump SET done = 1 WHERE token = {statements.text(token)}"
    if known:
        plan = [(str(schema), str(sequence), int(target)) for schema, sequence, target in json.loads(known[0][0])]
        statements.all(";".join([*map(_set, plan), done]))
        return len(plan) + len(counters)
    plan = _plan(statements, sequences, gap, past)
    written = f"{statements.text(token)}, {statements.text(json.dumps(plan))}"
    statements.all(
        ";".join(
            [
                "BEGIN",
                f"INSERT INTO farshore.farshore_jump (token, plan) VALUES ({written})",
                *(_counter(where, counter, gap, past) for counter in counters),
                "COMMIT",
                *map(_set, plan),
                done,
            ]
        )
    )
    return len(plan) + len(counters)


def _plan(
    statements: Statements, sequences: Sequence[Sequence[object]], gap: int, past: int
) -> list[tuple[str, str, int]]:
    """A sequence without room for the gap stays: a shop that cannot insert is worse."""
    if not sequences:
        return []
    values = statements.rows(
        " UNION ALL ".join(
            f"SELECT {number}, last_value FROM {name(str(schema), str(sequence))}"
            for number, (schema, sequence, _) in enumerate(sequences)
        )
    )
    plan = []
    for number, value in values:
        schema, sequence, largest = sequences[number]
        for target in (past_id(int(value), past) + gap, int(value) + gap):
            if target <= int(str(largest)) // 2:
                plan.append((str(schema), str(sequence), target))
                break
    return plan


def _set(place: tuple[str, str, int]) -> str:
    """Never back: somebody may have drawn ids meanwhile."""
    schema, sequence, target = place
    quoted = name(schema, sequence)
    literal = quoted.replace("'", "''")
    return f"SELECT setval('{literal}', greatest({target}, last_value)) FROM {quoted}"


def _counter(where: str, counter: str, gap: int, past: int) -> str:
    table, dot, column = counter.partition(".")
    if not (table and dot and column):
        raise Refused(f"{where}: {counter} is no counter.", "Write id_counters as table.column in farshore.yaml.")
    now = name(column)
    lifted = f"CASE WHEN {now} < {int(past)} AND {now} >= {int(past) - ID_REACH} THEN {int(past)} ELSE {now} END"
    return f"UPDATE {name(table)} SET {now} = {lifted} + {int(gap)}"
