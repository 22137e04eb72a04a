"""The wall clock that a cell's services see: a library preloaded into them (guest/clock.c) reads its shift from a file.

CLOCK_REALTIME has no namespace. Monotonic clocks and the boot's stay true. Preloaded are php-fpm and farshore-agent (by
systemd, guest/clock.conf in the image) and the database servers (by their engines); nothing else of a host is.
"""

import struct
from pathlib import Path

FILE = "usr/local/lib/lab/clock"
PRELOADED = ("env", "LD_PRELOAD=/usr/local/lib/lab/clock.so")  # before a command of a cell


def make(root: Path) -> None:
    """Before anything runs in the cell: a file that came later would not be the one which processes have mapped."""
    file = root / FILE
    file.parent.mkdir(parents=True, exist_ok=True)
    file.write_bytes(struct.pack("<q", 0))
    file.chmod(0o644)


def shift(root: Path, seconds: float) -> None:
    """In place, so that running services see it at their next look. It outlives a power cut."""
    with open(root / FILE, "r+b", buffering=0) as file:
        file.write(struct.pack("<q", round(seconds * 1e9)))
