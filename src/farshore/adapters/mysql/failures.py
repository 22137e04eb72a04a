"""PyMySQL's errors as the failures of the model."""

import pymysql

from farshore.model.failure import Failure, Refused, RetryLater, Unknown, Unreachable

READ_ONLY = frozenset({1290, 1792, 1836})  # --read-only, read-only transaction, read-only mode
MISSING = frozenset({1049, 1146})  # database, table
NO_SUCH_SESSION = 1094
NO_TRUST = 1419  # a trigger, the binary log, and neither SUPER nor log_bin_trust_function_creators
NOT_ALLOWED = frozenset({1044, 1142, 1143, 1227, 1370})
LOST = frozenset({0, 2006, 2013, 2014, 2055})
_NOT_NOW = frozenset({1040, 1041, 1053, 1205, 1213, 1203, 1317, 1021, 1114, 1927, 1969, 3024})
_LOGIN = frozenset({1045, 1129, 1130, 1698, 1862, 3118, 4151})


def code(error: pymysql.MySQLError) -> int:
    return error.args[0] if error.args and isinstance(error.args[0], int) else 0


def failure(error: pymysql.MySQLError, where: str, *, connected: bool, writing: bool) -> Failure:
    """`connected` is false while the connection is being made; then nothing can have been written."""
    number, text = code(error), str(error.args[1] if len(error.args) > 1 else error)
    if number in _LOGIN:
        return Refused(f"{where} does not let us in: {text}", "Check the database's password and trusted sources.")
    if number in _NOT_NOW:
        return RetryLater(f"{where} is not ready: {text}")
    if not connected:
        return Unreachable(f"{where} cannot be reached: {text}", "Is it up, and are we a trusted source of it?")
    if number in LOST:
        if writing:
            return Unknown(f"{where} was asked to write, and the connection broke: {text}")
        return Unreachable(f"{where} stopped answering: {text}")
    return Refused(f"{where} refused: {text} (error {number}).")
