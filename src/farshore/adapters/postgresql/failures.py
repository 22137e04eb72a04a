"""psycopg's errors as the failures of the model."""

import psycopg

from farshore.model.failure import Failure, Refused, RetryLater, Unknown, Unreachable

READ_ONLY = "25006"
NOT_ALLOWED = "42501"
NO_SUCH_ROLE = "42704"
NOT_IN_RECOVERY = "55000"
MISSING = frozenset({"42P01", "3F000", "3D000"})  # table, schema, database
# Class 53 is resources (53100: disk full), 40 conflicts with other transactions.
_NOT_NOW_CLASSES = frozenset({"40", "53"})
_NOT_NOW = frozenset({"55P03", "57014", "57P03"})
_GONE = frozenset({"57P01", "57P02", "57P05", "25P03"})
# libpq gives no SQLSTATE for what happens at login, only the server's words.
_LOGIN = ("authentication failed", "no pg_hba.conf entry", "does not exist", "not permitted to log in", "certificate")
_STARTING = (
    "starting up",
    "shutting down",
    "too many connections",
    "connection slots",
    "recovery mode",
    "not yet accept",
)


def lost(error: psycopg.Error) -> bool:
    """The connection is over, or never was."""
    return error.sqlstate is None or error.sqlstate in _GONE


def failure(error: psycopg.Error, where: str, *, connected: bool, writing: bool) -> Failure:
    state, lines = error.sqlstate or "", str(error).strip().splitlines()
    text = lines[0] if lines else type(error).__name__
    if not connected:
        if any(words in str(error) for words in _LOGIN):
            return Refused(f"{where} does not let us in: {text}", "Check the database's password and trusted sources.")
        if any(words in str(error) for words in _STARTING):
            return RetryLater(f"{where} is not ready: {text}")
        return Unreachable(f"{where} cannot be reached: {text}", "Is it up, and are we a trusted source of it?")
    if lost(error):
        if writing:
            return Unknown(f"{where} was asked to write, and the connection broke: {text}")
        return Unreachable(f"{where} stopped answering: {text}")
    if state[:2] in _NOT_NOW_CLASSES or state in _NOT_NOW:
        return RetryLater(f"{where} is not ready: {text}")
    return Refused(f"{where} refused: {text} (SQLSTATE {state}).")
