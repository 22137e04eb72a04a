"""The file through which a cell's services see the wall clock."""

import mmap
import struct
from pathlib import Path

from tidepool.lab import clock
from tidepool.lab.image import GUEST


def test_a_shift_is_seen_by_who_has_mapped_the_file(tmp_path: Path) -> None:
    """Written in place: a new file under the same name would be seen by services that start later only."""
    clock.make(tmp_path)
    with open(tmp_path / clock.FILE, "rb") as file:
        mapped = mmap.mmap(file.fileno(), 8, prot=mmap.PROT_READ)
    assert struct.unpack("<q", mapped[:]) == (0,)
    for seconds in (300.0, -2.5, 0.0):
        clock.shift(tmp_path, seconds)
        assert struct.unpack("<q", mapped[:]) == (int(seconds * 10**9),)


def test_the_library_reads_that_file() -> None:
    assert f'"/{clock.FILE}"' in (GUEST / "clock.c").read_text()
    assert clock.PRELOADED[1] in (GUEST / "clock.conf").read_text()
