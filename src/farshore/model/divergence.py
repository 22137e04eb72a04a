"""What an old writer has and the new one never received: rows, typed so that JSON keeps them whole."""

import json
from collections.abc import Mapping
from dataclasses import asdict, dataclass
from enum import StrEnum
from typing import Any

from farshore.model.sighting import Position

Cell = None | bool | int | float | str | Mapping[str, str]
"""Decimals, dates and times are text as the server writes them (moments in UTC), bytes are {"base64": "..."}."""

Key = tuple[Cell, ...]
"""Of one row, in the order of its table's primary key."""


@dataclass(frozen=True, slots=True)
class Column:
    name: str
    type: str  # in the server's own words
    touched: bool = False  # says when its row was last changed


@dataclass(frozen=True, slots=True)
class Table:
    name: str
    key: tuple[str, ...]  # empty: it has no primary key, and its rows cannot be told apart
    columns: tuple[Column, ...]


@dataclass(frozen=True, slots=True)
class Row:
    key: Key
    cells: Mapping[str, Cell]
    forked: bool | None = None  # written after the fork; None: nobody can tell


class DifferenceKind(StrEnum):
    MISSING = "missing"  # the key exists in the old database only
    DIFFERS = "differs"  # it exists in both, with other contents


@dataclass(frozen=True, slots=True)
class Difference:
    table: str
    kind: DifferenceKind
    key: Mapping[str, Cell]
    row: Mapping[str, Cell]  # as the old writer has it
    other: Mapping[str, Cell] | None  # as the new writer has it
    sure: bool  # it was written after the fork; else it may be older than what the new writer made of it

    def to_json(self) -> dict[str, Any]:
        found = {name: value for name, value in asdict(self).items() if value is not None}
        return {**found, "kind": self.kind.value}

    def to_line(self) -> str:
        return json.dumps(self.to_json(), ensure_ascii=False) + "\n"


@dataclass(frozen=True, slots=True)
class TableCount:
    table: str
    read: int = 0  # rows of the old writer
    missing: int = 0
    differs: int = 0
    older: int = 0  # missing or different, and known to have been replicated as they are: the new writer went on
    why_not: str = ""  # not compared, or not to its end, and why


@dataclass(frozen=True, slots=True)
class Divergence:
    """The summary of one database."""

    database: str
    tables: tuple[TableCount, ...]
    orders_missing: tuple[Difference, ...]  # of the tables that make an order; no more than are worth reading
    old: Position
    new: Position
    transactions: tuple[str, ...]  # of the old writer that the new one never had, where the engine names them

    @property
    def missing(self) -> int:
        return sum(table.missing for table in self.tables)

    @property
    def differs(self) -> int:
        return sum(table.differs for table in self.tables)

    @property
    def not_compared(self) -> tuple[TableCount, ...]:
        return tuple(table for table in self.tables if table.why_not)

    def to_json(self) -> dict[str, Any]:
        return {
            "database": self.database,
            "missing": self.missing,
            "differs": self.differs,
            "tables": [asdict(table) for table in self.tables],
            "orders_missing": [difference.to_json() for difference in self.orders_missing],
            "old": {"engine": self.old.engine, "history": self.old.text},
            "new": {"engine": self.new.engine, "history": self.new.text},
            "transactions": list(self.transactions),
        }
