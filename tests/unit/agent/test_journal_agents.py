"""The order journal between real agents on loopback: what the shop is told, and what is on whose disk by then."""

import asyncio
import json
import os
import signal
import stat
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from journal_world import (
    OPEN,
    Process,
    Region,
    Shop,
    World,
    endpoint,
    entry,
    fill,
    short_folder,
    small_disk,
    until,
    world,
)

from farshore.agent import journal_courier
from farshore.agent.journal_config import JournalConfig
from farshore.model.failure import Refused
from farshore.model.order_entry import SEALED_MAX, EntryKind
from farshore.model.order_journal import JournalPolicy, JournalTerms
from farshore.model.permit import PermitTerms
from farshore.model.region import Epoch, Role
from farshore.transport.client import Client
from farshore.transport.message import Answer
from farshore.transport.tls import client_context
from identities import identity


@pytest.fixture
def folder() -> Iterator[Path]:
    with short_folder() as made:
        yield made


async def _exposed(region: Region) -> int:
    return (await region.app.view()).journal["shop"].exposed


async def _delivered(region: Region) -> None:
    async def none() -> bool:
        return await _exposed(region) == 0

    await until(none, "everything is delivered")


def _numbers(region: Region) -> list[int]:
    return [line["order_id"] - 100 for line in region.received()]


async def _append(region: Region, sender: str, body: dict[str, Any]) -> Answer:
    tls = client_context(identity(region.folder / "tls", sender))
    client = Client("127.0.0.1", region.port, tls, "agent", region.name)
    try:
        return await client.ask("/v1/journal/append", body, 5.0)
    finally:
        client.close()


def test_the_other_region_has_it_on_disk_when_the_shop_is_told(folder: Path) -> None:
    async def work() -> None:
        async with world(folder) as made:
            shop = Shop(made.writer.socket)
            for number, kind in ((1, EntryKind.INTENT), (1, EntryKind.ACK), (2, EntryKind.INTENT)):
                answer = await shop.hand_over(entry(number, kind))
                assert answer["kept"] == "journal"
                holders = [one for one in made.standbys if one.name in answer["by"]]
                assert holders
                assert all(holder.received()[-1] == entry(number, kind).to_json() for holder in holders)
            shop.close()
            assert made.writer.received() == []
            view = await made.writer.app.view()
            assert (view.journal["shop"].exposed, view.journal["shop"].trouble) == (0, "")
            assert not [trouble for trouble in view.troubles if "journal" in trouble]
            assert not (made.writer.state / "spool").exists()

    asyncio.run(work())


def test_many_at_once_are_each_kept_once(folder: Path) -> None:
    """Twenty connections, as from twenty PHP processes; all share the lanes and the fsync."""

    async def one(made: World, first: int) -> None:
        shop = Shop(made.writer.socket)
        for number in range(first, first + 10):
            assert (await shop.hand_over(entry(number)))["kept"] == "journal"
        shop.close()

    async def work() -> None:
        async with world(folder) as made:
            await asyncio.gather(*(one(made, 10 * number) for number in range(20)))
            found = [_numbers(standby) for standby in made.standbys]
            assert all(len(set(numbers)) == len(numbers) for numbers in found)
            assert set(found[0]) | set(found[1]) == set(range(200))

    asyncio.run(work())


def test_what_nobody_takes_is_spooled_and_delivered_in_order_later(folder: Path) -> None:
    async def work() -> None:
        async with world(folder) as made:
            for standby in made.standbys:
                await standby.stop()
            shop = Shop(made.writer.socket)
            for number in range(5):
                answer = await shop.hand_over(entry(number))
                assert (answer["kept"], bool(answer["why"])) == ("spool", True)
            assert await _exposed(made.writer) == 5
            said = "The other region takes no entries, so orders are exposed"

            async def told() -> bool:
                return (await made.writer.app.view()).journal["shop"].trouble.startswith(said)

            await until(told, "the trouble is told")
            page = await made.writer.app.journal.read("shop", spool=True)
            assert [one.order_id for one in page.entries] == [100, 101, 102, 103, 104]
            await made.standbys[0].start()
            await _delivered(made.writer)
            assert _numbers(made.standbys[0]) == [0, 1, 2, 3, 4]
            assert (await made.writer.app.view()).journal["shop"].trouble == ""
            assert (await shop.hand_over(entry(5)))["kept"] == "journal"
            shop.close()

    asyncio.run(work())


def test_an_agent_that_was_gone_is_asked_again_whichever_lane_found_out(
    folder: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The lane that pings one that is down may have been waiting for something to carry."""

    monkeypatch.setattr(journal_courier, "PING_S", 3600.0)

    async def work() -> None:
        async with world(folder, Region(folder, "web-sfo3-1", "sfo3")) as made:
            (standby,) = made.standbys
            shop = Shop(made.writer.socket)
            for first in range(0, 100, 10):  # each time another lane is the next to carry
                for number in range(first, first + 1 + first // 10):
                    assert (await shop.hand_over(entry(number)))["kept"] == "journal"
                await standby.stop()
                assert (await shop.hand_over(entry(first + 9)))["kept"] == "spool"
                await standby.start()
                await made.warm()
            shop.close()

    asyncio.run(work())


def test_a_spool_outlives_its_agent(folder: Path) -> None:
    async def work() -> None:
        async with world(folder) as made:
            for standby in made.standbys:
                await standby.stop()
            shop = Shop(made.writer.socket)
            await shop.hand_over(entry(1))
            shop.close()
            await made.writer.stop()
            await made.standbys[1].start()
            await made.writer.start()
            await _delivered(made.writer)
            assert _numbers(made.standbys[1]) == [1]

    asyncio.run(work())


def test_whoever_has_seen_a_larger_epoch_refuses_and_the_shop_learns_it(folder: Path) -> None:
    """The old writer's last orders reach the new writer all the same: late, for the record."""

    async def work() -> None:
        async with world(folder) as made:
            for standby in made.standbys:
                await standby.app.point(endpoint(Role.STANDBY, 2))
            shop = Shop(made.writer.socket)
            answer = await shop.hand_over(entry(1))
            assert (answer["kept"], answer["epoch"]) == ("spool", 2)
            await _delivered(made.writer)
            assert any(1 in _numbers(standby) for standby in made.standbys)
            await made.writer.app.point(endpoint(Role.STANDBY, 2))
            answer = await shop.hand_over(entry(2))
            assert answer == {"kept": "spool", "why": "Epoch 1 is over.", "epoch": 2}
            await _delivered(made.writer)
            assert (await shop.hand_over(entry(3, epoch=9)))["kept"] == "no", "no such epoch has begun"
            shop.close()

    asyncio.run(work())


def test_an_old_writer_that_comes_back_as_a_standby_delivers(folder: Path) -> None:
    """Its terms name itself as a promisor then, and the agents elsewhere as relays, behind a controller."""

    async def work() -> None:
        async with world(folder) as made:
            for standby in made.standbys:
                await standby.stop()
            shop = Shop(made.writer.socket)
            assert (await shop.hand_over(entry(1)))["kept"] == "spool"
            shop.close()
            winner = made.standbys[0]
            await winner.start()
            await winner.app.point(endpoint(Role.STANDBY, 2))
            relays = ["127.0.0.1:1", winner.promisor.address]
            await made.writer.app.terms(Epoch(2), PermitTerms(), relays, [made.writer.promisor])
            await made.writer.app.point(endpoint(Role.STANDBY, 2))
            await _delivered(made.writer)
            assert _numbers(winner) == [1]

    asyncio.run(work())


def test_a_full_disk_over_there_is_said_and_is_no_journal(folder: Path) -> None:
    if os.geteuid() != 0:
        pytest.skip("needs root: mounts a small tmpfs")

    async def work(small: Path) -> None:
        standby = Region(folder, "web-sfo3-1", "sfo3")
        (folder / "web-sfo3-1").symlink_to(small)
        async with world(folder, standby) as made:
            ballast = fill(small)
            shop = Shop(made.writer.socket)
            answer = await shop.hand_over(entry(1, sealed="A" * 8000))
            assert answer["kept"] == "spool"
            assert "No space left on device" in answer["why"]
            assert "No space left on device" in (await standby.app.view()).journal["shop"].trouble
            ballast.unlink()
            await _delivered(made.writer)
            assert (await shop.hand_over(entry(2)))["kept"] == "journal"
            assert _numbers(standby) == [1, 2]
            assert (await standby.app.view()).journal["shop"].trouble == ""
            shop.close()

    with small_disk(folder / "small") as small:
        asyncio.run(work(small))


def test_with_both_disks_full_the_shop_hears_no(folder: Path) -> None:
    if os.geteuid() != 0:
        pytest.skip("needs root: mounts a small tmpfs")

    async def work(small: Path) -> None:
        (folder / "web-nyc3-1").symlink_to(small)
        async with world(folder) as made:
            for standby in made.standbys:
                await standby.stop()
            fill(small)
            shop = Shop(made.writer.socket)
            answer = await shop.hand_over(entry(1, sealed="A" * 8000))
            assert answer["kept"] == "no"
            assert "No space left on device" in answer["why"]
            shop.close()

    with small_disk(folder / "small") as small:
        asyncio.run(work(small))


def test_a_frozen_agent_delays_nobody_while_another_lives(folder: Path) -> None:
    """And with nobody else there, the shop has its answer within its time-out: spooled."""

    async def work() -> None:
        frozen, alive = Process(folder, "web-sfo3-1", "sfo3"), Region(folder, "web-sfo3-2", "sfo3")
        async with world(folder, frozen, alive) as made:
            frozen.signal(signal.SIGSTOP)
            shop = Shop(made.writer.socket)
            answer = await shop.hand_over(entry(1))
            assert answer == {"kept": "journal", "by": ["web-sfo3-2"]}
            await alive.stop()
            answer = await shop.hand_over(entry(2))
            assert answer["kept"] == "spool"
            frozen.signal(signal.SIGCONT)
            await _delivered(made.writer)
            assert 2 in _numbers(frozen)
            shop.close()

    asyncio.run(work())


def test_an_agent_that_falls_silent_is_found_out_before_a_checkout_is(
    folder: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """By a ping, so that the first order after it need not wait; and it is asked again once it answers."""
    monkeypatch.setattr(journal_courier, "PING_S", 0.1)

    async def work() -> None:
        frozen = Process(folder, "web-sfo3-1", "sfo3")
        async with world(folder, frozen) as made:
            assert made.writer.server is not None
            (peer,) = made.writer.server._journal._courier.peers
            frozen.signal(signal.SIGSTOP)

            async def down() -> bool:
                return not peer.up

            await until(down, "the peer is left out")
            frozen.signal(signal.SIGCONT)
            await made.warm()
            shop = Shop(made.writer.socket)
            assert (await shop.hand_over(entry(1)))["kept"] == "journal"
            shop.close()

    asyncio.run(work())


@pytest.mark.parametrize(
    ("line", "why"),
    [
        (b"\n", "This is no entry"),
        (b"[1]\n", "An entry is a JSON object."),
        (b"[" * 60000 + b"\n", "flat JSON object"),
        (json.dumps(entry(1).to_json() | {"v": 2}).encode() + b"\n", "The field v is 1."),
        (json.dumps(entry(1).to_json() | {"store": "../../etc"}).encode() + b"\n", "The field store"),
        (json.dumps(entry(1).to_json() | {"store": "other"}).encode() + b"\n", "keeps no journal here"),
        (json.dumps(entry(1).to_json() | {"order_id": -1}).encode() + b"\n", "The field order_id"),
        (json.dumps(entry(1).to_json() | {"sealed": "no base64!"}).encode() + b"\n", "The field sealed"),
        (json.dumps(entry(1).to_json() | {"kind": "wish"}).encode() + b"\n", "The field kind"),
    ],
)
def test_what_is_no_entry_is_answered_and_the_connection_lives(folder: Path, line: bytes, why: str) -> None:
    async def work() -> None:
        async with world(folder) as made:
            shop = Shop(made.writer.socket)
            answer = await shop.say(line)
            assert (answer["kept"], why in answer["why"]) == ("no", True), answer
            assert (await shop.hand_over(entry(2)))["kept"] == "journal"
            shop.close()

    asyncio.run(work())


def test_the_largest_order_goes_through_and_a_larger_one_is_refused(folder: Path) -> None:
    async def work() -> None:
        async with world(folder) as made:
            shop = Shop(made.writer.socket)
            assert (await shop.hand_over(entry(1, sealed="A" * SEALED_MAX)))["kept"] == "journal"
            assert (await shop.hand_over(entry(2, sealed="A" * (SEALED_MAX + 4))))["kept"] == "no"
            answer = await shop.say(b"x" * (2 * SEALED_MAX) + b"\n")
            assert answer["kept"] == "no"
            shop.close()

    asyncio.run(work())


def test_only_the_web_servers_group_reaches_the_socket_and_there_is_none_without_a_journal(folder: Path) -> None:
    async def work() -> None:
        on = Region(folder, "web-nyc3-1", "nyc3")
        off = Region(folder, "web-nyc3-2", "nyc3", JournalTerms())
        for one in (on, off):
            await one.start()
        assert stat.S_IMODE(on.socket.stat().st_mode) == 0o660
        assert (on.socket.is_socket(), off.socket.exists()) == (True, False)
        answer = await _append(off, "agent:web-1", {"store": "shop", "epoch": 1, "entries": [entry(1).to_json()]})
        assert (answer.status, "farshore agents deploy" in answer.body["error"]) == (404, True)
        for one in (on, off):
            await one.stop()
        assert not on.socket.exists()

    asyncio.run(work())


def test_an_append_with_bad_fields_keeps_nothing(folder: Path) -> None:
    good = {"store": "shop", "epoch": 1, "entries": [entry(1).to_json()]}
    bad: list[dict[str, Any]] = [
        good | {"entries": 7},
        good | {"epoch": "1"},
        good | {"epoch": 2},  # not that of its entries
        good | {"entries": [entry(1).to_json(), {**entry(2).to_json(), "store": "other"}]},
        good | {"entries": [entry(1).to_json()] * 201},
        good | {"entries": [{"v": 1}]},
    ]

    async def work() -> None:
        standby = Region(folder, "web-sfo3-1", "sfo3")
        await standby.start()
        assert [(await _append(standby, "agent:web-1", body)).status for body in bad] == [400] * len(bad)
        assert (await _append(standby, "controller:c1", good)).status == 403
        assert standby.received() == []
        assert (await _append(standby, "agent:web-1", good)).body["kept"] == 1
        await standby.stop()

    asyncio.run(work())


def test_after_a_failover_webhooks_wait_until_every_store_is_reconciled(folder: Path) -> None:
    """The flag is there before the shop is told to sell, survives a reboot, and is no older epoch's to take."""

    async def work() -> None:
        standby = Region(folder, "web-sfo3-1", "sfo3")
        await standby.start()
        await standby.app.point(endpoint(Role.STANDBY))
        flag, selling = standby.run / "unreconciled", endpoint(Role.WRITER, 2)
        assert not flag.exists()
        await standby.app.terms(Epoch(2), PermitTerms(), [], [])  # they come before the endpoint, with its epoch
        await standby.app.point(selling)
        assert json.loads(flag.read_text()) == {"epoch": 2, "stores": ["shop"]}
        assert stat.S_IMODE(flag.stat().st_mode) == 0o644, "the shop runs as another user"
        with pytest.raises(Refused, match="Epoch 1 is over: orders of epoch 2 wait"):
            await standby.app.journal.reconciled(Epoch(1), "shop")
        await standby.stop()
        flag.unlink()  # /run is empty after a reboot
        await standby.start()
        assert flag.exists()
        assert await standby.app.journal.reconciled(Epoch(2), "shop") is True
        assert not flag.exists()
        await standby.app.point(selling)
        assert not flag.exists(), "the same endpoint again is no failover"
        await standby.stop()

    asyncio.run(work())


def test_a_planned_move_leaves_nothing_to_reconcile_and_an_older_wait_goes_on(folder: Path) -> None:
    async def work() -> None:
        standby = Region(folder, "web-sfo3-1", "sfo3")
        await standby.start()
        flag = standby.run / "unreconciled"
        await standby.app.point(endpoint(Role.STANDBY))
        await standby.app.point(endpoint(Role.WRITER, 2), whole=True)
        assert not flag.exists()
        await standby.app.point(endpoint(Role.WRITER, 3))
        await standby.app.point(endpoint(Role.WRITER, 4), whole=True)
        assert json.loads(flag.read_text())["epoch"] == 3
        assert await standby.app.journal.reconciled(Epoch(3), "shop") is True
        await standby.stop()

    asyncio.run(work())


def test_a_fresh_agent_and_one_without_a_journal_raise_no_flag(folder: Path) -> None:
    async def work() -> None:
        for number, terms in ((1, OPEN), (2, JournalTerms(JournalPolicy.OFF))):
            region = Region(folder, f"web-nyc3-{number}", "nyc3", terms)
            await region.start()
            await region.app.point(endpoint(Role.WRITER, 3))
            assert not (region.run / "unreconciled").exists()
            if terms is not OPEN:
                await region.app.point(endpoint(Role.WRITER, 4))
                assert not (region.run / "unreconciled").exists()
            await region.stop()

    asyncio.run(work())


def test_the_configuration_of_a_store_is_judged() -> None:
    from farshore.agent.journal_config import journal_config

    good = {"stores": {"shop": {"policy": "closed", "timeout_ms": 250}}}
    read = journal_config(good, Path("/run/x.sock"))
    assert read == JournalConfig((("shop", JournalTerms(JournalPolicy.CLOSED, 250)),), Path("/run/x.sock"))
    for bad in (
        [],
        {"shops": {}},
        {"stores": []},
        {"stores": {"../x": {"policy": "open"}}},
        {"stores": {"shop": {"policy": "on"}}},
        {"stores": {"shop": {"policy": "open", "max_mb": True}}},
        {"stores": {}, "group": 7},
    ):
        with pytest.raises(ValueError, match=r"\.$"):
            journal_config(bad, Path("/run/x.sock"))
