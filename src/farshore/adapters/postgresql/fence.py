"""Keeping the shop's role out of a PostgreSQL server, with proof.

NOLOGIN alone stops nobody who is logged in; ending sessions alone lets them come back. First the one, then the other,
then both are read back. The epoch rows are raised after that: an order that hangs in an open transaction holds one
(guard.py), and would hold up the fence as long as it likes. With it comes an own attempt to write
(witness.py).
"""

import time

import psycopg

from farshore.adapters.postgresql.failures import MISSING, NO_SUCH_ROLE
from farshore.adapters.postgresql.session import Statements, name
from farshore.adapters.postgresql.tables import create
from farshore.model.failure import Refused, RetryLater
from farshore.model.region import Epoch

_PROVE_S = 3.0
_POLL_S = 0.01
# A session is listed only some milliseconds after its role was found able to log in.
_LISTED_S = 0.05


def block(statements: Statements, where: str, epoch: Epoch, role: str) -> None:
    refuse_stale(where, epoch, _known(statements))
    _exists(statements, where, role)
    statements.all(f"ALTER ROLE {name(role)} NOLOGIN")
    _end_sessions(statements, where, role)
    if statements.rows("SELECT rolcanlogin FROM pg_roles WHERE rolname = %s", role)[0][0]:
        raise RetryLater(f"{where} does not show {role} as blocked.")


def end_once(statements: Statements, where: str, epoch: Epoch, role: str) -> None:
    """An order that hangs would hold up the epoch row. Whoever it was may come back, to read."""
    refuse_stale(where, epoch, _known(statements))
    statements.rows("SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE usename = %s", role)


def refuse_stale(where: str, epoch: Epoch, known: int) -> None:
    if known > epoch:
        raise Refused(
            f"{where} has seen epoch {known}; a fence of epoch {epoch} is out of date.", "Another controller leads."
        )


def _known(statements: Statements) -> int:
    query = "SELECT epoch FROM farshore.farshore_epoch WHERE id = 1"
    try:
        rows = statements.rows(query)
    except psycopg.Error as error:
        if error.sqlstate not in MISSING:
            raise
        create(statements)
        rows = statements.rows(query)
    return int(rows[0][0]) if rows else 0


def unfence(statements: Statements, where: str, role: str) -> None:
    """In one round trip: nobody sells before it."""
    try:
        statements.all(f"ALTER ROLE {name(role)} LOGIN")
    except psycopg.Error as error:
        if error.sqlstate != NO_SUCH_ROLE:
            raise
        raise _no_such(where, role) from error


def _exists(statements: Statements, where: str, role: str) -> None:
    if not statements.rows("SELECT 1 FROM pg_roles WHERE rolname = %s", role):
        raise _no_such(where, role)


def _no_such(where: str, role: str) -> Refused:
    return Refused(f"{where} has no role {role}.", "Correct app_user in farshore.yaml.")


def _end_sessions(statements: Statements, where: str, role: str) -> None:
    """Signals all at once and then looks: waiting in the signalling call goes backend by backend, 100 ms each."""
    until_s = time.monotonic() + _PROVE_S
    empty = 0
    while empty < 2:
        found = statements.rows("SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE usename = %s", role)
        empty = 0 if found else empty + 1
        if found and time.monotonic() > until_s:
            raise RetryLater(f"{where} still has {len(found)} sessions of {role} that are ending.")
        if empty < 2:
            time.sleep(_POLL_S if found else _LISTED_S)
