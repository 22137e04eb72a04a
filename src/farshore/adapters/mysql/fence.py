"""Keeping the shop's user out of a MySQL server, with proof.

Locking the account alone stops nobody who is logged in; ending sessions alone lets them come back. Locked first, then
ended, then read back: an account that is locked and has no session cannot commit. The epoch row is raised after that:
an order that hangs in an open transaction holds it (guard.py), and would hold up the fence as long as it likes. With
it comes an own attempt to write (witness.py).
"""

import ipaddress
import time

import pymysql

from farshore.adapters.mysql import witness
from farshore.adapters.mysql.failures import MISSING, NO_SUCH_SESSION, code
from farshore.adapters.mysql.session import Rows, Statements
from farshore.adapters.mysql.tables import create
from farshore.model.failure import Refused, RetryLater
from farshore.model.region import Epoch

_PROVE_S = 3.0
_POLL_S = 0.01
_KNOWN = "SELECT epoch FROM farshore.farshore_epoch WHERE id = 1"
_EVERYBODY = "SELECT id, user, host FROM information_schema.processlist"
_ACCOUNTS = "SELECT host FROM mysql.user WHERE user = %s"
_BLOCK = "ACCOUNT LOCK"
_ADMIT_ALL = """
SELECT @accounts := GROUP_CONCAT(CONCAT(QUOTE(user), '@', QUOTE(host))) FROM mysql.user WHERE user = %s;
SET @admit = IF(@accounts IS NULL, 'DO 0', CONCAT('ALTER USER ', @accounts, ' ACCOUNT UNLOCK'));
PREPARE admit FROM @admit;
EXECUTE admit;
DEALLOCATE PREPARE admit
"""


def fence(statements: Statements, where: str, epoch: Epoch, user: str) -> None:
    _refuse_stale(where, epoch, _known(statements))
    found, guarded = statements.all(f"{_ACCOUNTS}; {witness.FIND}", user)
    accounts = _names(statements, where, user, found)
    statements.all(";".join(f"ALTER USER {account} {_BLOCK}" for account in accounts))
    _end_sessions(statements, where, user)
    table = (str(guarded[0][0]), str(guarded[0][1])) if guarded else None
    known = witness.raise_and_try(statements, where, epoch, table)  # answers with what it reads back
    for account in accounts:
        if _BLOCK not in str(statements.rows(f"ROLLBACK; SHOW CREATE USER {account}")[0][0]):
            raise RetryLater(f"{where} does not show {account} as locked.")
    _refuse_stale(where, epoch, known)


def fence_orders(statements: Statements, where: str, epoch: Epoch, user: str) -> None:
    """By the gate alone. An order that hangs holds the epoch row, so sessions are ended once; they may come back, to
    read. The look is one round trip: in a switchover the checkout is closed meanwhile."""
    found, guarded, everybody = _look(statements)
    _refuse_stale(where, epoch, int(found[0][0]) if found else 0)
    if not guarded:
        raise Refused(f"{where} has no gate, so raising its epoch row stops no order.", "Block the app's user instead.")
    _kill(statements, _of(everybody, user))
    known = witness.raise_and_try(statements, where, epoch, (str(guarded[0][0]), str(guarded[0][1])))
    statements.rows("ROLLBACK; SELECT 1")
    _refuse_stale(where, epoch, known)


def _known(statements: Statements) -> int:
    rows = _read(statements, _KNOWN)[0]
    return int(rows[0][0]) if rows else 0


def _look(statements: Statements) -> list[Rows]:
    """Epoch row, a guarded table, everybody's sessions."""
    return _read(statements, f"{_KNOWN}; {witness.FIND.replace('%%', '%')}; {_EVERYBODY}")


def _read(statements: Statements, text: str) -> list[Rows]:
    try:
        return statements.all(text)
    except pymysql.MySQLError as error:
        if code(error) not in MISSING:
            raise
        create(statements)
        return statements.all(text)


def _refuse_stale(where: str, epoch: Epoch, known: int) -> None:
    if known > epoch:
        raise Refused(
            f"{where} has seen epoch {known}; a fence of epoch {epoch} is out of date.", "Another controller leads."
        )


def unfence(statements: Statements, where: str, user: str) -> None:
    """In one round trip: nobody sells before it."""
    found = statements.all(_ADMIT_ALL, user)[0]
    if not found[0][0]:
        raise _no_such(where, user)


def _names(statements: Statements, where: str, user: str, found: Rows) -> list[str]:
    if not found:
        raise _no_such(where, user)
    return [f"{statements.text(user)}@{statements.text(str(host))}" for (host,) in found]


def _no_such(where: str, user: str) -> Refused:
    return Refused(f"{where} has no user {user}.", "Correct app_user in farshore.yaml.")


def _end_sessions(statements: Statements, where: str, user: str) -> None:
    """Returns when two looks in a row, after the lock, found nobody.

    A session that is still logging in has no name yet, and may have passed the lock before it was there. One that is
    inside a trigger goes by its definer's name and host: the shop's, perhaps in the middle of an order. Both are ended
    too. Whoever it was comes back, if he may.
    """
    until_s = time.monotonic() + _PROVE_S
    empty = 0
    while empty < 2:
        found = _sessions(statements, user)
        empty = 0 if found else empty + 1
        if found:
            _kill(statements, found)
        if found and time.monotonic() > until_s:
            raise RetryLater(f"{where} still has {len(found)} sessions of {user} that are ending.")
        if found:
            time.sleep(_POLL_S)


def _sessions(statements: Statements, user: str) -> list[int]:
    return _of(statements.rows(_EVERYBODY), user)


def _of(everybody: Rows, user: str) -> list[int]:
    return [
        int(session)
        for session, who, host in everybody
        if who in (user, "unauthenticated user") or _of_a_definer(str(host))
    ]


def _of_a_definer(host: str) -> bool:
    """Who comes by network is shown with address and port; an account's host is a pattern or a name."""
    who, colon, port = host.rpartition(":")
    if not (colon and port.isdigit()):
        return "%" in host
    try:
        ipaddress.ip_address(who.strip("[]"))
    except ValueError:
        return True
    return False


def _kill(statements: Statements, sessions: list[int]) -> None:
    """In one round trip. One that has gone by itself ends the text early; the next look finds the others."""
    if not sessions:
        return
    try:
        statements.all(";".join(f"KILL CONNECTION {session}" for session in sessions))
    except pymysql.MySQLError as error:
        if code(error) != NO_SUCH_SESSION:
            raise
