"""The order journal's port: on the fake, and on a real agent over a real socket."""

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest

from farshore.adapters.agent_app import AgentApp
from farshore.agent.config import AgentConfig
from farshore.agent.journal_config import JournalConfig
from farshore.agent.server import AgentServer
from farshore.model.failure import Failure, Refused
from farshore.model.order_entry import EntryKind, OrderEntry
from farshore.model.order_journal import JournalPolicy, JournalTerms
from farshore.model.region import Endpoint, Epoch, RegionName, Role
from farshore.ports.order_journal import OrderJournal
from farshore.sim.fake_order_journal import FakeOrderJournal
from farshore.sim.fake_prober import FakeProber
from farshore.transport.client import Client
from farshore.transport.tls import client_context
from identities import identity
from lived import lived

Run = Callable[[Any], Any]
STANDBY = Endpoint(Epoch(1), Role.STANDBY, RegionName("sfo3"), "10.20.0.20", 25060)
WRITER = Endpoint(Epoch(2), Role.WRITER, RegionName("sfo3"), "10.20.0.20", 25060)


def _entry(number: int, kind: EntryKind = EntryKind.ACK) -> OrderEntry:
    key = f"wc_order_{number}"
    return OrderEntry("shop", Epoch(1), kind, key, 100 + number, "12.90", "USD", 1000 + number, "c2VhbGVk")


ENTRIES = [_entry(1, EntryKind.INTENT), _entry(1), _entry(3), _entry(2)]


@dataclass
class Holder:
    journal: OrderJournal
    receive: Callable[[Sequence[OrderEntry]], None]
    fail_over: Callable[[], None]  # it becomes the writer under epoch 2
    die: Callable[[], None]


@pytest.fixture(params=["fake", "agent"])
def holder(request: pytest.FixtureRequest, tmp_path: Path, run: Run) -> Iterator[Holder]:
    if request.param == "fake":
        fake = FakeOrderJournal(received={"shop": []})

        def failed_over() -> None:
            fake.unreconciled, fake.epoch = {"shop"}, Epoch(2)

        yield Holder(fake, fake.received["shop"].extend, failed_over, lambda: setattr(fake, "reachable", False))
        return
    own = identity(tmp_path, "agent:shop-1")
    lived(tmp_path / "agent")
    journal = JournalConfig((("shop", JournalTerms(JournalPolicy.OPEN)),), tmp_path / "j.sock", "root")
    config = AgentConfig(
        "shop-1",
        "sfo3",
        own,
        tmp_path / "run/endpoint.json",
        tmp_path / "agent",
        ("127.0.0.1", 0),
        journal=journal,
    )
    agent = AgentServer(config, FakeProber())
    run(agent.start())
    app = AgentApp("shop-1", "127.0.0.1", client_context(identity(tmp_path, "controller:c1")), "c1", port=agent.port)
    other = Client("127.0.0.1", agent.port, client_context(identity(tmp_path, "agent:shop-9")), "agent", "shop-1")
    run(app.point(STANDBY))

    def receive(entries: Sequence[OrderEntry]) -> None:
        body = {"store": "shop", "epoch": 1, "entries": [entry.to_json() for entry in entries]}
        assert run(other.ask("/v1/journal/append", body, 5.0)).status == 200

    yield Holder(app.journal, receive, lambda: run(app.point(WRITER)), lambda: run(agent.stop()))
    other.close()
    run(app.close())
    run(agent.stop())


def test_a_journal_without_entries_says_so(holder: Holder, run: Run) -> None:
    state = run(holder.journal.state())["shop"]
    assert (state.entries, state.largest_id, state.oldest_at_ms, state.exposed) == (0, 0, None, 0)
    assert run(holder.journal.read("shop")).entries == ()


def test_pages_hold_everything_in_the_order_of_arrival(holder: Holder, run: Run) -> None:
    holder.receive(ENTRIES)
    found: list[OrderEntry] = []
    page = run(holder.journal.read("shop", limit=3))
    while page.entries:
        found += page.entries
        page = run(holder.journal.read("shop", page.next, limit=3))
    assert found == ENTRIES
    holder.receive([_entry(9)])
    assert run(holder.journal.read("shop", page.next)).entries == (_entry(9),)
    state = run(holder.journal.state())["shop"]
    assert (state.entries, state.largest_id, state.oldest_at_ms) == (5, 109, 1001)
    assert run(holder.journal.read("shop", spool=True)).entries == ()


def test_a_store_that_it_does_not_know_is_refused(holder: Holder, run: Run) -> None:
    with pytest.raises(Refused):
        run(holder.journal.read("other"))


def test_webhooks_are_let_in_by_the_epoch_that_waits(holder: Holder, run: Run) -> None:
    assert run(holder.journal.reconciled(Epoch(1), "shop")) is True, "nothing waits"
    holder.fail_over()
    with pytest.raises(Refused):
        run(holder.journal.reconciled(Epoch(1), "shop"))
    assert run(holder.journal.reconciled(Epoch(2), "other")) is False
    assert run(holder.journal.reconciled(Epoch(2), "shop")) is True
    assert run(holder.journal.reconciled(Epoch(2), "shop")) is True


def test_a_dead_agent_holds_nothing_that_can_be_read(holder: Holder, run: Run) -> None:
    holder.die()
    for asked in (holder.journal.state(), holder.journal.read("shop")):
        with pytest.raises(Failure):
            run(asked)
