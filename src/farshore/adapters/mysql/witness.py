"""An own attempt to write to a guarded table, after the epoch row was raised: the gate has to refuse it.

Made as the admin. Triggers ask everybody the same, so it is a good witness of the gate; of the app user's lock and
sessions it is none (the admin is not locked out), and those are read back. In a transaction that is rolled back, and
without locks on rows of the shop. A table that is empty, or that the admin may not write, says nothing; the epoch row
that is read back has to do then.
"""

from farshore.adapters.mysql.failures import LOST, code
from farshore.adapters.mysql.session import Statements, name
from farshore.adapters.mysql.tables import RAISE
from farshore.model.failure import RetryLater

FIND = (
    "SELECT event_object_schema, event_object_table FROM information_schema.triggers "
    "WHERE trigger_name LIKE 'farshore\\_guard\\_insert\\_%%' LIMIT 1"
)
_TRY = (
    "SET TRANSACTION ISOLATION LEVEL READ COMMITTED; START TRANSACTION; "
    "INSERT INTO {table} SELECT * FROM {table} LIMIT 1; SELECT ROW_COUNT(); ROLLBACK"
)
_REFUSED, _DUPLICATE = 1644, 1062


def raise_and_try(statements: Statements, where: str, epoch: int, table: tuple[str, str] | None) -> int:
    """In one round trip; leaves a transaction that the caller ends. RetryLater when the write would have passed."""
    text = RAISE.format(epoch=int(epoch))
    if table is None:
        return int(statements.rows(text)[0][0])
    sets, error = statements.until_error(f"{text}; {_TRY.format(table=name(table[0]) + '.' + name(table[1]))}")
    number = 0 if error is None else code(error)
    if error is not None and (number in LOST or len(sets) < 2):
        raise error
    passed = number == _DUPLICATE or (error is None and int(sets[5][0][0]) > 0)
    if passed:
        raise RetryLater(
            f"{where} would still take an order in {table[0]}.{table[1]}: its gate did not refuse our own."
        )
    return int(sets[1][0][0])
