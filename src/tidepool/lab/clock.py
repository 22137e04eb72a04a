"""The wall clock that a cell's services see: libfaketime, preloaded into them, reads its shift from a file.

CLOCK_REALTIME has no namespace. Monotonic clocks and the boot's stay true. Preloaded are php-fpm and farshore-agent (by
systemd, guest/clock.conf in the image) and the database servers (by their engines); nothing else of a host is.
"""

from tidepool.lab.machine import LabCell

FILE = "/usr/local/lib/lab/clock"
# Before a command of a cell. Databases look at the clock too often for a file each time: they read it once a second.
PRELOADED = (
    "env",
    "LD_PRELOAD=/usr/local/lib/lab/clock.so",
    f"FAKETIME_TIMESTAMP_FILE={FILE}",
    "FAKETIME_DONT_FAKE_MONOTONIC=1",
    "FAKETIME_CACHE_DURATION=0",
    "NO_FAKE_STAT=1",
)
SEEN_BY_ALL_S = 1.1


def shift(cell: LabCell, seconds: float) -> None:
    """Running services see it within SEEN_BY_ALL_S, those that start later at once; it outlives a power cut."""
    draft = cell.write(f"{FILE}.new", f"{seconds:+g}\n")
    draft.rename(cell.root / FILE.lstrip("/"))
