"""A WordPress shop is cut off while people inside go on buying: what only its own database had is there afterwards.

Without the order journal the same cut leaves those orders behind, and the drill counts them before it reconciles: a
guard that was never needed proves nothing.
"""

import json
import subprocess
from pathlib import Path

import pytest
from drill_lab import NEEDS_LAB, lab_name

from farshore.drills.command import program

pytestmark = [*NEEDS_LAB, pytest.mark.slow]


@pytest.mark.parametrize(
    "checkout",
    [("block", "--hpos"), pytest.param(("classic", "--no-hpos"), marks=pytest.mark.long)],
    ids=lambda c: c[0],
)
def test_every_order_is_there_after_it_was_reconciled(checkout: tuple[str, str], tmp_path: Path) -> None:
    name = lab_name(f"woo-{checkout[0]}")
    subprocess.run([program("tidepool"), "down", "--name", name], check=True)  # what an interrupted test left
    argv = [program("farshore"), "drill", "partition", "--store", "wordpress", "--journal", "open", "--lab", name]
    argv += ["--checkout", checkout[0], checkout[1], "--out", str(tmp_path), "--json"]
    done = subprocess.run(argv, capture_output=True, text=True, check=False, timeout=600)
    assert done.returncode in (0, 1), done.stderr
    report = json.loads(done.stdout)
    orders, before = report["orders"], report["reconciliation"]
    assert before["lost_before"] or before["damaged_before"], "nothing was missing, so nothing is proved"
    assert (orders["lost"], orders["doubled"], orders["damaged"]) == ([], [], []), report["failings"]
    assert orders["present"] == orders["acknowledged"] > 10
    assert report["writers_overlap_s"] == 0
    assert report["open_in"] == ["sfo3"]
