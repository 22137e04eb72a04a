"""What only a file can do wrong: full, busy, of an earlier boot, unreadable."""

import asyncio
import os
import sqlite3
import subprocess
from collections.abc import Awaitable, Callable, Iterator
from pathlib import Path

import pytest

from farshore.adapters.sqlite_coordination import SqliteCoordination
from farshore.model.failure import Refused, RetryLater


@pytest.fixture
def small_disk(tmp_path: Path) -> Iterator[Path]:
    if os.geteuid() != 0:
        pytest.skip("needs root: mounts a small tmpfs")
    place = tmp_path / "small"
    place.mkdir()
    subprocess.run(["mount", "-t", "tmpfs", "-o", "size=512k", "tmpfs", str(place)], check=True)
    yield place
    subprocess.run(["umount", "--lazy", str(place)], check=True)


def _fill(place: Path) -> Path:
    ballast = place / "ballast"
    with ballast.open("wb", buffering=0) as file:
        try:
            while True:
                file.write(b"\0" * 4096)
        except OSError:
            pass
    return ballast


def test_a_full_disk_is_said_clearly_and_nothing_is_half_written(small_disk: Path) -> None:
    async def work() -> None:
        store = SqliteCoordination(small_disk / "state.db")
        lease = await store.lead("a", 5.0)
        first = await store.append(lease, "{}")
        written = await store.swap(lease, await store.read("k"), "before")
        ballast = _fill(small_disk)
        big = "x" * 200_000
        with pytest.raises(RetryLater, match=r"The disk of the state file .* is full; nothing was written"):
            await store.append(lease, big)
        with pytest.raises(RetryLater):
            await store.swap(lease, written, big)
        assert await store.journal() == (first,)
        assert (await store.read("k")).value == "before"
        ballast.unlink()
        assert (await store.append(lease, "{}")).number == 2
        await store.close()

    asyncio.run(work())


def test_a_lease_of_an_earlier_boot_has_no_holder(tmp_path: Path) -> None:
    """CLOCK_BOOTTIME begins anew at a boot: the old number may look like the future."""

    async def work() -> None:
        before = SqliteCoordination(tmp_path / "state.db", now_s=lambda: 90_000.0, boot=lambda: "boot-1")
        old = await before.lead("a", 3600.0)
        await before.close()
        after = SqliteCoordination(tmp_path / "state.db", now_s=lambda: 10.0, boot=lambda: "boot-2")
        new = await after.lead("b", 5.0)
        assert old is not None
        assert new is not None
        assert new.term == old.term + 1
        await after.close()

    asyncio.run(work())


def test_the_same_name_after_a_reboot_is_a_new_term(tmp_path: Path) -> None:
    """What the old process may still have in flight must not pass for the new one's."""

    async def work() -> None:
        terms = []
        for boot in ("boot-1", "boot-2"):
            store = SqliteCoordination(tmp_path / "state.db", now_s=lambda: 10.0, boot=lambda boot=boot: boot)
            lease = await store.lead("a", 5.0)
            assert lease is not None
            terms.append(lease.term)
            await store.close()
        assert terms == [1, 2]

    asyncio.run(work())


def test_a_busy_file_is_retried_later(tmp_path: Path) -> None:
    async def work() -> None:
        store = SqliteCoordination(tmp_path / "state.db")
        await store.append(None, "{}")
        other = sqlite3.connect(tmp_path / "state.db", isolation_level=None)
        other.execute("BEGIN IMMEDIATE")
        with pytest.raises(RetryLater, match="busy"):
            await store.append(None, "{}")
        assert len(await store.journal()) == 1, "reading goes on"
        other.execute("ROLLBACK")
        other.close()
        assert (await store.append(None, "{}")).number == 2
        await store.close()

    asyncio.run(work())


def test_a_file_that_is_no_database_is_refused(tmp_path: Path) -> None:
    (tmp_path / "state.db").write_bytes(b"not a database at all, whatever its name says" * 100)
    with pytest.raises(Refused, match=r"state\.db is unusable"):
        asyncio.run(SqliteCoordination(tmp_path / "state.db").read("k"))


def test_what_was_written_is_there_after_a_restart_and_only_the_owner_may_read(tmp_path: Path) -> None:
    async def work() -> None:
        store = SqliteCoordination(tmp_path / "deep" / "state.db")
        await store.append(None, '{"n": 1}')
        await store.close()
        again = SqliteCoordination(tmp_path / "deep" / "state.db")
        assert [line.body for line in await again.journal()] == ['{"n": 1}']
        await again.close()

    asyncio.run(work())
    assert (tmp_path / "deep" / "state.db").stat().st_mode & 0o077 == 0


def test_two_writers_lose_nothing(tmp_path: Path) -> None:
    """Two daemons by mistake: every line has its own number, and comparison lets one of them win each time."""

    async def work() -> None:
        stores = [SqliteCoordination(tmp_path / "state.db") for _ in range(2)]

        async def count(store: SqliteCoordination) -> None:
            for _ in range(20):
                await insist(lambda: store.append(None, "{}"))
                await insist(lambda: add_one(store))

        async def add_one(store: SqliteCoordination) -> None:
            record = await store.read("n")
            await store.swap(None, record, str(int(record.value or 0) + 1))

        async def insist(work: Callable[[], Awaitable[object]]) -> None:
            while True:
                try:
                    await work()
                    return
                except (Refused, RetryLater):  # the other won, or held the file: nothing was written
                    continue

        await asyncio.gather(*map(count, stores))
        assert [line.number for line in await stores[0].journal()] == list(range(1, 41))
        assert (await stores[1].read("n")).value == "40"
        for store in stores:
            await store.close()

    asyncio.run(work())
