"""The journal's files: torn writes, full disks, repeated entries, limits, and pages. Real files, real fsync."""

import asyncio
import errno
import os
import threading
import time
from pathlib import Path

import pytest
from journal_world import entry, fill, small_disk

from farshore.agent.journal_book import JournalBook
from farshore.agent.journal_commit import GroupCommit
from farshore.agent.journal_file import JournalFile, NotKept, lines, packed
from farshore.agent.journal_spool import JournalSpool
from farshore.model.order_entry import OrderEntry
from farshore.model.order_journal import JournalPolicy, JournalTerms

TERMS = JournalTerms(JournalPolicy.OPEN, max_mb=1)
HOUR_S = 3600.0


def _book(folder: Path, terms: JournalTerms = TERMS) -> JournalBook:
    book = JournalBook(folder / "journal", terms)
    book.open()
    return book


def _keys(found: list[OrderEntry]) -> list[int]:
    return [one.order_id - 100 for one in found]


def _hour(ago_s: float) -> str:
    return time.strftime("%Y%m%d%H", time.gmtime(time.time() - ago_s))


def _segment(folder: Path, ago_s: float, *entries: OrderEntry) -> Path:
    path = folder / "journal" / f"{_hour(ago_s)}.jsonl"
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_bytes(b"".join(packed(one) for one in entries))
    return path


TORN = [b"", b"\0" * 100, b"\0" * 100 + b"\n", b'{"v": 1}\n', b"[" * 5000 + b"\n", b"\xff\n{"]


@pytest.mark.parametrize("tail", TORN)
def test_what_a_crash_left_behind_the_last_entry_is_cut_off(tmp_path: Path, tail: bytes) -> None:
    path = tmp_path / "one.jsonl"
    path.write_bytes(packed(entry(1)) + tail)
    file = JournalFile(path)
    assert file.cut == len(tail)
    file.append([entry(2)])
    file.close()
    assert path.read_bytes() == packed(entry(1)) + packed(entry(2))


def test_a_write_torn_at_any_byte_never_is_a_parse_error(tmp_path: Path) -> None:
    """The last of three entries, cut at each of its bytes: it is there whole or not at all, and writing goes on."""
    whole = [packed(entry(number)) for number in range(3)]
    sound = len(whole[0]) + len(whole[1])
    for kept in range(len(whole[2]) + 1):
        path = tmp_path / f"{kept}.jsonl"
        path.write_bytes(b"".join(whole)[: sound + kept])
        file = JournalFile(path)
        assert file.tally.entries == (3 if kept == len(whole[2]) else 2), kept
        file.append([entry(9)])
        file.close()
        assert [line.entry.order_id for line in lines(path) if line.entry][-1] == 109


def test_a_line_that_went_bad_in_the_middle_costs_itself_only(tmp_path: Path) -> None:
    path = _segment(tmp_path, 0, entry(1), entry(2), entry(3))
    text = path.read_bytes().splitlines(keepends=True)
    path.write_bytes(text[0] + text[1].replace(b'"kind"', b'"k\0nd"') + text[2])
    book = _book(tmp_path)
    found, _, damaged = book.read("", 10, 10**6)
    assert (_keys(found), damaged, book.state().entries) == ([1, 3], 1, 2)


def test_the_same_entry_is_written_once_also_after_a_restart(tmp_path: Path) -> None:
    book = _book(tmp_path)
    book.append([entry(1), entry(2), entry(1)])
    book.append([entry(2)])
    book.close()
    book = _book(tmp_path)
    book.append([entry(1), entry(3)])
    assert _keys(book.read("", 10, 10**6)[0]) == [1, 2, 3]
    state = book.state()
    assert (state.entries, state.largest_id, state.oldest_at_ms) == (3, 103, entry(1).at_ms)


def test_a_full_disk_keeps_nothing_of_what_it_refused(tmp_path: Path) -> None:
    if os.geteuid() != 0:
        pytest.skip("needs root: mounts a small tmpfs")
    with small_disk(tmp_path / "small") as folder:
        book = _book(folder)
        book.append([entry(1)])
        ballast = fill(folder)
        many = [entry(number, sealed="A" * 4000) for number in range(2, 12)]
        with pytest.raises(NotKept, match="No space left on device; free space or mend the disk"):
            book.append(many)
        ballast.unlink()
        assert _keys(book.read("", 99, 10**6)[0]) == [1]
        book.append(many)
        book.close()
        assert _keys(_book(folder).read("", 99, 10**6)[0]) == list(range(1, 12))


def test_what_the_disk_did_not_confirm_is_not_kept(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """A failed fsync says nothing about what is on disk, so nothing of it may be left to be believed."""
    book = _book(tmp_path)
    book.append([entry(1)])
    real, asked = os.fdatasync, []

    def refuses(descriptor: int) -> None:
        asked.append(descriptor)
        raise OSError(errno.EIO, os.strerror(errno.EIO))

    monkeypatch.setattr(os, "fdatasync", refuses)
    with pytest.raises(NotKept, match="Input/output error"):
        book.append([entry(2)])
    assert asked
    monkeypatch.setattr(os, "fdatasync", real)
    assert _keys(book.read("", 9, 10**6)[0]) == [1]
    book.append([entry(2), entry(3)])
    assert (_keys(book.read("", 9, 10**6)[0]), book.state().entries) == ([1, 2, 3], 3)


def test_nobody_is_answered_before_the_disk_has(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """And whoever comes while it is at work shares the next fsync: three of them, one more fsync."""
    busy, let_go, syncs = threading.Event(), threading.Event(), []

    def hangs(descriptor: int) -> None:
        syncs.append(descriptor)
        busy.set()
        let_go.wait(30)

    async def work() -> None:
        book = _book(tmp_path)
        commit = GroupCommit("test", book.append)
        monkeypatch.setattr(os, "fdatasync", hangs)
        first = asyncio.create_task(commit.put([entry(1)]))
        await asyncio.to_thread(busy.wait, 30)
        others = [asyncio.create_task(commit.put([entry(number)])) for number in (2, 3, 4)]
        for _ in range(5):
            await asyncio.sleep(0)
        assert not any(task.done() for task in (first, *others))
        let_go.set()
        await asyncio.gather(first, *others)
        assert len(syncs) == 2
        await commit.stop(book.close)

    asyncio.run(work())
    assert _keys(_book(tmp_path).read("", 9, 10**6)[0]) == [1, 2, 3, 4]


def test_pages_put_together_are_the_journal(tmp_path: Path) -> None:
    """Over several files, with any size of a page, and what comes in meanwhile comes last."""
    _segment(tmp_path, 5 * HOUR_S, *(entry(number) for number in range(7)))
    _segment(tmp_path, 3 * HOUR_S, *(entry(number) for number in range(7, 9)))
    book = _book(tmp_path)
    book.append([entry(9)])
    for limit in (1, 2, 3, 7, 100):
        found: list[OrderEntry] = []
        after = ""
        while True:
            page, after, _ = book.read(after, limit, 10**6)
            if not page:
                break
            found += page
        assert _keys(found) == list(range(10)), limit
    assert len(book.read("", 100, 500)[0]) < 10, "a page has a limit in bytes"
    book.append([entry(10)])
    assert _keys(book.read(after, 100, 10**6)[0]) == [10]
    for bad in ("x", "2026112317", "2026112317:-1", ":5", "../../etc:1"):
        with pytest.raises(ValueError, match="the next of an earlier page"):
            book.read(bad, 1, 1)


def test_what_is_old_is_deleted_but_not_by_a_clock_that_jumped(tmp_path: Path) -> None:
    days = 86400.0
    old = _segment(tmp_path, 31 * days, entry(1))
    young = _segment(tmp_path, 29 * days, entry(2))
    book = _book(tmp_path)
    book.tidy(0.0)
    book.tidy(3599.0)
    assert old.exists()
    book.tidy(3600.0)
    assert (old.exists(), young.exists()) == (False, True)
    assert book.state().entries == 1


def test_over_its_limit_the_oldest_go_first_and_never_the_last_day(tmp_path: Path) -> None:
    big = ["A" * 100_000] * 6
    oldest = _segment(tmp_path, 50 * HOUR_S, *(entry(number, sealed=text) for number, text in enumerate(big)))
    older = _segment(tmp_path, 40 * HOUR_S, entry(20))
    young = _segment(tmp_path, 20 * HOUR_S, *(entry(30 + number, sealed=text) for number, text in enumerate(big)))
    book = _book(tmp_path)
    book.append([entry(50)])
    assert (oldest.exists(), older.exists(), young.exists()) == (False, True, True)
    book.append([entry(60 + number, sealed=text) for number, text in enumerate(big)])
    with pytest.raises(NotKept, match=r"has reached 1 MB within a day; raise journal\.max_mb"):
        book.append([entry(70)])
    assert (older.exists(), young.exists()) == (False, True)


def test_a_note_that_does_not_fit_its_file_is_not_believed(tmp_path: Path) -> None:
    path = _segment(tmp_path, 2 * HOUR_S, entry(1))
    book = _book(tmp_path)
    book.append([entry(2)])
    note = path.with_suffix(".tally")
    assert note.exists(), "left behind when the next hour began"
    with path.open("ab") as file:
        file.write(packed(entry(3)))
    assert _book(tmp_path).state().largest_id == 103
    note.write_text("{")
    assert _book(tmp_path).state().entries == 3


def test_a_spool_is_delivered_in_order_and_survives_a_crash_at_each_step(tmp_path: Path) -> None:
    spool = JournalSpool(tmp_path, "shop", TERMS)
    spool.append([entry(number) for number in range(5)])
    first, end = spool.waiting(2, 10**6)
    assert (_keys(first), spool.exposed, spool.oldest_at_ms) == ([0, 1], 5, entry(0).at_ms)
    spool.delivered(end, 2)
    again = JournalSpool(tmp_path, "shop", TERMS)
    again.open()
    assert (again.exposed, again.oldest_at_ms) == (3, entry(2).at_ms)
    rest, end = again.waiting(50, 10**6)
    again.append([entry(5)])
    again.delivered(end, len(rest))
    assert (_keys(rest), again.exposed) == ([2, 3, 4], 1)
    last, end = again.waiting(50, 10**6)
    again.delivered(end, 1)
    assert (_keys(last), again.exposed, (tmp_path / "shop.jsonl").read_bytes()) == ([5], 0, b"")
    for mark in ("99999\n", "7\n", "x", "-3"):  # of another file, inside a line, garbage
        (tmp_path / "shop.delivered").write_text(mark)
        (tmp_path / "shop.jsonl").write_bytes(packed(entry(7)) + b'{"half')
        found = JournalSpool(tmp_path, "shop", TERMS)
        found.open()
        assert (found.exposed, _keys(found.waiting(9, 10**6)[0])) == (1, [7]), mark


def test_a_batch_of_the_spool_is_of_one_epoch(tmp_path: Path) -> None:
    spool = JournalSpool(tmp_path, "shop", TERMS)
    spool.append([entry(1), entry(2, epoch=2), entry(3, epoch=2)])
    first, end = spool.waiting(50, 10**6)
    assert _keys(first) == [1]
    spool.delivered(end, 1)
    assert _keys(spool.waiting(50, 10**6)[0]) == [2, 3]
    assert _keys(spool.waiting(50, 10)[0]) == [2], "one at least, however large"
