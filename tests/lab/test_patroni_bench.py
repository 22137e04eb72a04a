"""One bout of the bench with Patroni, as the bench runs it. Minutes long, and no part of `make test`: what it shows is
another program's doing. `make setup-bench`, then FARSHORE_BENCH=1 pytest tests/lab/test_patroni_bench.py.
"""

import asyncio
import os
from collections.abc import Iterator
from pathlib import Path

import pytest
from drill_lab import NEEDS_LAB, lab_name

from farshore.drills.command import Progress
from farshore.drills.drill import Scenario
from farshore.drills.lab import Lab
from farshore.drills.patroni_bout import run_bouts
from farshore.drills.patroni_cluster import Bundle
from farshore.drills.patroni_settings import FASTEST
from farshore.drills.patroni_versus import CUT

BUNDLE = Bundle(Path(__file__).parents[2] / ".bench")
pytestmark = [
    *NEEDS_LAB,
    pytest.mark.slow,
    pytest.mark.skipif("FARSHORE_BENCH" not in os.environ, reason="the bench's own test: set FARSHORE_BENCH=1"),
    pytest.mark.skipif(not BUNDLE.etcd.exists(), reason="needs Patroni and etcd: run `make setup-bench`"),
]


@pytest.fixture
def lab() -> Iterator[Lab]:
    lab = Lab(lab_name("patroni"))
    asyncio.run(lab.down())  # what an interrupted test left
    yield lab
    asyncio.run(lab.down())


def test_a_cut_under_patroni(lab: Lab, tmp_path: Path) -> None:
    """It fails over with one leader at a time, and customers inside were thanked for orders that nobody has."""
    scenario = Scenario(engine="pg", lab=lab.name, out=tmp_path, permit=False)
    bouts, problems = asyncio.run(run_bouts(scenario, BUNDLE, [(FASTEST, CUT)], Progress(quiet=True)))
    assert problems == []
    found = bouts[0]
    assert found.buy_s is not None
    assert FASTEST.ttl_s - FASTEST.loop_wait_s < found.buy_s < 60
    assert (found.overlap_s, found.late) == (0.0, 0)
    assert found.inside
    assert found.inside_last_s is not None
    assert found.inside_last_s < found.buy_s
    assert found.absent >= found.absent_after > 0
