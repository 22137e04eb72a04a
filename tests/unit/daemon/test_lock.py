"""One acting process per state file."""

import subprocess
import sys
from pathlib import Path

import pytest

from farshore.daemon.lock import Lock, holder_of, lock_path
from farshore.model.failure import Refused


def test_the_second_is_told_who_holds_it(tmp_path: Path) -> None:
    """And the lock is free again when the first leaves."""
    state = tmp_path / "farshore.db"
    assert holder_of(state) is None
    with Lock(state, "farshore watch"):
        assert (holder_of(state) or "").startswith("farshore watch, process ")
        with pytest.raises(
            Refused, match=r"Another farshore acts for this group already \(farshore watch, process \d+\)"
        ):
            Lock(state, "farshore failover").__enter__()
    assert holder_of(state) is None
    with Lock(state, "farshore failover"):
        pass


def test_a_killed_holder_holds_nothing(tmp_path: Path) -> None:
    """kill -9 leaves the file, but the kernel drops the lock."""
    state = tmp_path / "farshore.db"
    code = (
        "import sys, pathlib; from farshore.daemon.lock import Lock;"
        f"lock = Lock(pathlib.Path({str(state)!r}), 'farshore watch').__enter__();"
        "print('held', flush=True); sys.stdin.read()"
    )
    with subprocess.Popen([sys.executable, "-c", code], stdout=subprocess.PIPE, stdin=subprocess.PIPE) as process:
        assert process.stdout is not None
        assert process.stdout.readline() == b"held\n"
        assert holder_of(state) == f"farshore watch, process {process.pid}"
        process.kill()
        process.wait()
        assert lock_path(state).exists()
        assert holder_of(state) is None


def test_a_folder_that_is_not_there(tmp_path: Path) -> None:
    """One sentence with the remedy."""
    with pytest.raises(Refused, match="the lock file cannot be opened"):
        Lock(tmp_path / "none" / "farshore.db", "farshore watch").__enter__()
