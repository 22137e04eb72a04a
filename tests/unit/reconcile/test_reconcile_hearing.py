"""Hearing the journal's witnesses: what was received, what was not delivered, and who is silent."""

import asyncio
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from order_values import told

from farshore.model.failure import Refused, Unreachable
from farshore.model.order_entry import EntryKind, OrderEntry
from farshore.model.region import Epoch
from farshore.ports.order_journal import JournalPage
from farshore.reconcile.hearing import hear, recent
from farshore.reconcile.witness import Told


class _Journal:
    """Pages of two, as an agent gives them."""

    def __init__(
        self, received: list[OrderEntry], spooled: list[OrderEntry], damaged: int = 0, silent: bool = False
    ) -> None:
        self._lines = {False: received, True: spooled}
        self._damaged = damaged
        self._silent = silent

    async def read(self, store: str, after: str = "", limit: int = 500, spool: bool = False) -> JournalPage:
        if self._silent:
            raise Unreachable("Nobody answers.")
        start = int(after or 0)
        page = [line for line in self._lines[spool] if line.store == store][start : start + 2]
        return JournalPage(tuple(page), str(start + 2), 0 if start or spool else self._damaged)


@dataclass
class _App:
    name: str
    journal: Any


class _Box:
    def open(self, sealed: str) -> Mapping[str, Any]:
        if sealed == "foreign":
            raise Refused("A journalled order cannot be opened with this group's key.")
        return told(order_key=sealed)


def _line(key: str, kind: EntryKind = EntryKind.ACK, at_ms: int = 5_000, sealed: str = "") -> OrderEntry:
    return OrderEntry("shop", Epoch(1), kind, key, 7, "32.50", "EUR", at_ms, sealed or key)


def test_all_pages_of_all_witnesses_are_heard_and_the_same_line_once() -> None:
    received = [_line(f"k{n}") for n in range(5)]
    apps = [
        _App("b-1", _Journal(received, [])),
        _App("b-2", _Journal(received[2:], [])),
        _App("a-1", _Journal([], [_line("spooled")])),
        _App("a-2", _Journal([], [], silent=True)),
    ]
    entries, gaps = asyncio.run(hear(apps, "shop", _Box()))  # type: ignore[arg-type]
    assert sorted(entry.order_key for entry in entries) == ["k0", "k1", "k2", "k3", "k4", "spooled"]
    assert gaps == ["The journal of a-2 could not be read: Nobody answers."]


def test_what_is_damaged_or_sealed_for_another_key_is_a_gap_and_still_counts() -> None:
    apps = [_App("b-1", _Journal([_line("k1"), _line("k2", sealed="foreign")], [], damaged=3))]
    entries, gaps = asyncio.run(hear(apps, "shop", _Box()))  # type: ignore[arg-type]
    assert gaps == [
        "3 lines of the journal of b-1 are damaged and were left out.",
        "1 of 2 lines of the journal cannot be opened with this key.",
    ]
    found = recent(entries, 0, 10_000_000, 2, 0)
    assert {key: (one.told, one.order is not None) for key, one in found.items()} == {
        "k1": (Told.TAKEN, True),
        "k2": (Told.TAKEN, False),
    }


def test_an_order_with_one_recent_line_is_known_by_all_its_lines() -> None:
    lines = [_line("k1", EntryKind.ACK, 1_000), _line("k1", EntryKind.CHANGE, 9_000), _line("old", at_ms=1_000)]
    entries, _ = asyncio.run(hear([_App("b-1", _Journal(lines, []))], "shop", _Box()))  # type: ignore[list-item]
    found = recent(entries, 5_000, 10_000_000, 2, 0)
    assert list(found) == ["k1"]
    assert found["k1"].told is Told.TAKEN
