"""Values of a PostgreSQL server, as the text that it sends, as the model's cells; and back again as text."""

import base64
import math

from farshore.model.divergence import Cell, Column

_WHOLE = frozenset({"int2", "int4", "int8", "oid"})
_FLOAT = frozenset({"float4", "float8"})


def cell(column: Column, value: str | None) -> Cell:
    if value is None:
        return None
    if column.type in _WHOLE:
        return int(value)
    if column.type == "bool":
        return value == "t"
    if column.type == "bytea":
        return {"base64": base64.b64encode(bytes.fromhex(value.removeprefix("\\x"))).decode()}
    if column.type in _FLOAT and math.isfinite(float(value)):
        return float(value)
    return value


def text(value: Cell) -> str:
    """What the server takes for a value of the column's own type, written as a literal without any."""
    if isinstance(value, dict):
        return f"\\x{base64.b64decode(value['base64']).hex()}"
    if isinstance(value, bool):
        return "t" if value else "f"
    return str(value)
