"""One line of the order journal. In clear only what says nothing about a person; the order itself is sealed.

Written by the shop, kept by agents, read by reconciliation.
"""

import re
from dataclasses import dataclass
from enum import StrEnum
from typing import Any

from farshore.model.region import Epoch

VERSION = 1
SEALED_MAX = 180 * 1024  # a request between agents carries 256 KiB
ORDER_ID_MAX = 2**53  # whatever reads JSON keeps it exact
AT_MS_MAX = 32_503_680_000_000  # the year 3000: a clock that is wrong must not break who prints it
_ORDER_KEY = re.compile(r"[!-~]{1,100}")
_STORE = re.compile(r"[a-z][a-z0-9-]{0,39}")
_TOTAL = re.compile(r"-?[0-9]{1,18}(\.[0-9]{1,8})?")
_CURRENCY = re.compile(r"[A-Za-z0-9]{1,10}")
_BASE64 = re.compile(r"[A-Za-z0-9+/]{4,}={0,2}")


class EntryKind(StrEnum):
    INTENT = "intent"  # before money moves
    ACK = "ack"  # before the customer sees thank-you
    CHANGE = "change"  # a status, a refund, an edit in the office


@dataclass(frozen=True, slots=True)
class OrderEntry:
    store: str
    epoch: Epoch
    kind: EntryKind
    order_key: str  # the order's identity: an id may be given twice, a key is not
    order_id: int
    order_total: str
    currency: str
    at_ms: int  # by the clock of the app server that took the order
    sealed: str  # base64 of a sealed box: only the holder of the group's private key opens it

    @property
    def key(self) -> tuple[str, str, int]:
        """The same again is the same entry."""
        return (self.order_key, self.kind.value, self.at_ms)

    def to_json(self) -> dict[str, Any]:
        return {
            "v": VERSION,
            "store": self.store,
            "epoch": int(self.epoch),
            "kind": self.kind.value,
            "order_key": self.order_key,
            "order_id": self.order_id,
            "order_total": self.order_total,
            "currency": self.currency,
            "at_ms": self.at_ms,
            "sealed": self.sealed,
        }

    @classmethod
    def from_json(cls, value: object) -> "OrderEntry":
        """Raises ValueError with one sentence for anything that is not a whole entry."""
        if not isinstance(value, dict):
            raise ValueError("An entry is a JSON object.")
        if value.get("v") != VERSION:
            raise ValueError(f"The field v is {VERSION}.")
        kind = value.get("kind")
        if kind not in tuple(EntryKind):
            raise ValueError("The field kind is intent, ack or change.")
        sealed = value.get("sealed")
        if not isinstance(sealed, str) or len(sealed) > SEALED_MAX or len(sealed) % 4 or not _BASE64.fullmatch(sealed):
            raise ValueError(f"The field sealed is base64 of at most {SEALED_MAX} characters.")
        return cls(
            store=_text(value, "store", _STORE),
            epoch=Epoch(_whole(value, "epoch", ORDER_ID_MAX)),
            kind=EntryKind(kind),
            order_key=_text(value, "order_key", _ORDER_KEY),
            order_id=_whole(value, "order_id", ORDER_ID_MAX),
            order_total=_text(value, "order_total", _TOTAL),
            currency=_text(value, "currency", _CURRENCY),
            at_ms=_whole(value, "at_ms", AT_MS_MAX),
            sealed=sealed,
        )


def _text(value: dict[str, Any], key: str, rule: re.Pattern[str]) -> str:
    text = value.get(key)
    if not isinstance(text, str) or not rule.fullmatch(text):
        raise ValueError(f"The field {key} is a text that matches {rule.pattern}.")
    return text


def _whole(value: dict[str, Any], key: str, largest: int) -> int:
    number = value.get(key)
    if isinstance(number, bool) or not isinstance(number, int) or not 0 <= number <= largest:
        raise ValueError(f"The field {key} is a whole number from 0 to {largest}.")
    return number
