"""What the agent keeps of permit and promises: the worst is assumed of what is unreadable, the stricter holds."""

import json
from dataclasses import replace
from pathlib import Path

import pytest
from permit_world import ENDPOINT, World, terms

from farshore.agent.memory import MemoryFull
from farshore.agent.promises import Promises
from farshore.agent.terms import terms_to_json
from farshore.model.region import Epoch, Role


def _promised(world: World) -> Promises:
    now_ns = world.clock.now().boot_ns
    return Promises(None).promised(Epoch(2), 18.05, terms(), world.clock.boot(), now_ns)


def test_once_opened_the_promise_is_done_with_also_after_a_reboot(tmp_path: Path) -> None:
    """Or an app server that serves the writer would stay closed for W after each power cut."""
    world = World(tmp_path)
    _, known, _ = world.start()
    known.keep_stricter(_promised(world))
    known.keep_opened(ENDPOINT)
    world.clock.boot_id = "boot-2"
    _, rebooted, _ = world.start()
    assert rebooted.promises.promise is None
    assert rebooted.writer == ENDPOINT, "the kernel's gate must know what to close"


def test_a_promise_that_cannot_be_written_is_kept_in_memory_and_not_given(tmp_path: Path) -> None:
    world = World(tmp_path)
    _, known, _ = world.start()
    (tmp_path / "state/promises.json.new").mkdir()  # nothing can be written beside the file
    with pytest.raises(MemoryFull):
        known.keep_stricter(_promised(world))
    assert known.promises.promise is not None
    assert known.promises.left_s(terms(), world.clock.now().boot_ns) == 18.05


@pytest.mark.parametrize("garbage", ["", "{", '{"promise": {"epoch": 1}}', "\xff"])
def test_an_unreadable_record_is_told_and_taken_for_the_worst(tmp_path: Path, garbage: str) -> None:
    world = World(tmp_path)
    memory, _, _ = world.start()
    memory.keep_epoch(Epoch(2))
    (tmp_path / "state/promises.json").write_bytes(garbage.encode("latin-1"))
    memory, known, _ = world.start()
    assert any("promises.json is unreadable" in warning for warning in memory.warnings)
    assert known.promises.opening(Epoch(3), terms(), world.clock.now().boot_ns) == 18.05
    assert known.promises.revoked == 2, "it may have held the revoke of the epoch that we know"
    assert known.unread()


@pytest.mark.parametrize("name", ["terms.json", "writer.json"])
def test_other_unreadable_files_count_as_missing(tmp_path: Path, name: str) -> None:
    world = World(tmp_path)
    world.remembers(name, '{"epoch": "two"}')
    memory, known, _ = world.start()
    assert (known.terms, known.writer) == (None, None)
    assert any(name in warning for warning in memory.warnings)


def test_a_larger_epoch_counts_at_once_even_when_the_disk_is_full(tmp_path: Path) -> None:
    world = World(tmp_path)
    world.remembers("terms.json", json.dumps(terms_to_json(terms())))
    memory, known, _ = world.start()
    memory.keep_epoch(Epoch(2))
    memory.keep_endpoint(ENDPOINT)
    assert known.writing() == ENDPOINT
    known.hear(Epoch(3))
    (tmp_path / "state/epoch.new").mkdir()
    with pytest.raises(MemoryFull):
        memory.keep_epoch(Epoch(3))
    assert known.writing() is None


def test_an_agent_that_is_open_remembers_no_promise_not_to_be(tmp_path: Path) -> None:
    """An upgrade of one that kept no such record must not close its shop at the next epoch."""
    world = World(tmp_path)
    world.start()[0].keep_endpoint(ENDPOINT)
    (tmp_path / "state/promises.json").unlink()
    _, known, _ = world.start()
    assert known.promises.promise is None
    world.start()[0].keep_endpoint(replace(ENDPOINT, role=Role.STANDBY))
    (tmp_path / "state/promises.json").unlink()
    _, known, _ = world.start()
    assert known.promises.promise is not None
