"""Values of a MySQL server, as the text that it sends, as the model's cells; and back again as literals."""

import base64
import re
from collections.abc import Callable

from farshore.model.divergence import Cell, Column
from farshore.model.failure import Refused

_WHOLE = frozenset({"tinyint", "smallint", "mediumint", "int", "bigint", "year"})
_FLOAT = frozenset({"float", "double"})
_NUMBER = re.compile(r"-?\d+(\.\d*)?(e[+-]?\d+)?", re.IGNORECASE)


def cell(column: Column, value: object) -> Cell:
    if value is None:
        return None
    if column.type == "bit" and isinstance(value, bytes):
        return int.from_bytes(value, "big")
    if isinstance(value, bytes):
        return {"base64": base64.b64encode(value).decode()}
    text = str(value)
    if column.type in _WHOLE:
        return int(text)
    return float(text) if column.type in _FLOAT else text


def literal(column: Column, value: Cell, text: Callable[[str], str]) -> str:
    """Numbers go unquoted: MySQL compares a number with a string as floats, in which large keys are equal."""
    if isinstance(value, dict):
        return f"x'{base64.b64decode(value['base64']).hex()}'"
    if column.type in _WHOLE | _FLOAT | {"bit", "decimal"}:
        if not _NUMBER.fullmatch(str(value)):
            raise Refused(f"{value!r} is no value of the column {column.name} ({column.type}).")
        return str(value)
    return text(str(value))
