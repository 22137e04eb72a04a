"""A lab with a shop for tests that drill it from outside, as the command line does; gone when the test ends."""

import asyncio
import hashlib
import os
import shutil
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

from farshore.drills.command import Progress
from farshore.drills.lab import Facts, Lab
from farshore.drills.trade import Trade

ROOT = os.geteuid() == 0 and sys.platform == "linux"
NEEDS_LAB = [
    pytest.mark.lab,
    pytest.mark.skipif(not ROOT, reason="needs root on Linux: it makes namespaces and mounts"),
    pytest.mark.skipif(shutil.which("mariadb") is None, reason="needs the databases' clients: run `make setup`"),
]


def lab_name(what: str) -> str:
    """Of this checkout alone: two may test side by side, and each takes down what it left when it was interrupted."""
    return f"{what}-{hashlib.sha256(str(Path(__file__).resolve()).encode()).hexdigest()[:5]}"


@contextmanager
def drill_lab(what: str, engine: str) -> Iterator[tuple[Lab, Facts]]:
    lab = Lab(lab_name(what))
    asyncio.run(lab.down())  # what an interrupted test left
    try:
        facts = asyncio.run(
            lab.up(Trade().build(engine, True), promote_delay_s=0.5, time_scale=0.02, say=Progress(quiet=True))
        )
        yield lab, facts
    finally:
        asyncio.run(lab.down())
