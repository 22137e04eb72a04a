"""The orders that only an old writer's database had: read from the files that `farshore rebuild` keeps.

A file names rows, not orders. An order is known by its key, wherever the shop's software keeps that: beside the order
(the plain shop), among its operational data, or as meta data of a post.
"""

import json
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from decimal import Decimal
from pathlib import Path
from typing import Any

from farshore.model.failure import Refused
from farshore.reconcile.order import amount

_ORDERS = ("wc_orders", "posts", "orders")  # ends of the names of tables that hold one row for an order


@dataclass(frozen=True, slots=True)
class KeptOrder:
    order_key: str
    order_id: int
    status: str
    total: Decimal
    currency: str
    customer: str
    at: str
    file: str


def kept_orders(files: Iterable[Path]) -> dict[str, KeptOrder]:
    """By order_key. Raises Refused for a file that was cut: what it lacks would count as never lost."""
    found: dict[str, KeptOrder] = {}
    for file in files:
        found |= _of_file(file)
    return found


def kept_files(folder: Path, group: str, store: str) -> list[Path]:
    return sorted(folder.glob(f"{group}-{store}-epoch-*.jsonl"))


def _of_file(file: Path) -> dict[str, KeptOrder]:
    keys: dict[str, int] = {}
    rows: dict[int, Mapping[str, Any]] = {}
    ended = False
    for line in _lines(file):
        ended = "summary" in line
        row, other, table = line.get("row"), line.get("other"), str(line.get("table", ""))
        if not isinstance(row, Mapping):
            continue
        key = _key(table, row)
        if key and not (isinstance(other, Mapping) and _key(table, other) == key):
            keys[key] = _order_id(table, row)
        if table.endswith(_ORDERS) and "id" in {name.lower() for name in row}:
            rows[_number(row.get("id", row.get("ID")))] = row
    if not ended:
        raise Refused(f"{file} ends before its summary.", "Repeat `farshore rebuild`, or move that file away.")
    return {key: _kept(key, number, rows.get(number, {}), file) for key, number in keys.items()}


def _lines(file: Path) -> Iterator[Mapping[str, Any]]:
    try:
        with file.open() as opened:
            for number, text in enumerate(opened, 1):
                try:
                    line = json.loads(text)
                except ValueError:
                    raise Refused(f"{file}, line {number}, is no JSON.", "Move that file away.") from None
                if isinstance(line, Mapping):
                    yield line
    except OSError as error:
        raise Refused(f"{file} cannot be read: {error.strerror}.", "Give it to this user.") from error


def _key(table: str, row: Mapping[str, Any]) -> str:
    if table.endswith("postmeta"):
        return str(row.get("meta_value") or "") if row.get("meta_key") == "_order_key" else ""
    return str(row.get("order_key") or "")


def _order_id(table: str, row: Mapping[str, Any]) -> int:
    return _number(row.get("post_id" if table.endswith("postmeta") else "order_id", row.get("id")))


def _kept(key: str, number: int, row: Mapping[str, Any], file: Path) -> KeptOrder:
    def text(*names: str) -> str:
        return next((str(row[name]) for name in names if row.get(name)), "")

    return KeptOrder(
        order_key=key,
        order_id=number,
        status=text("status", "post_status").removeprefix("wc-"),
        total=amount(text("total_amount", "total")),
        currency=text("currency"),
        customer=text("billing_email", "name", "email"),
        at=text("date_created_gmt", "post_date_gmt", "created_at"),
        file=str(file),
    )


def _number(value: object) -> int:
    text = str(value)
    return int(text) if text.isascii() and text.isdecimal() else 0
