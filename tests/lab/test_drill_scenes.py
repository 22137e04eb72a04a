"""Drills beyond the demo's, each on a real lab: two that should move the writer, and one that should not."""

import json
import subprocess
from pathlib import Path
from typing import Any

import pytest
from drill_lab import NEEDS_LAB, lab_name

from farshore.drills.command import program
from farshore.drills.entry import read_ledger

pytestmark = [*NEEDS_LAB, pytest.mark.slow]


def drill(name: str, engine: str, out: Path) -> dict[str, Any]:
    lab = lab_name(f"{name}-{engine}"[:12])
    subprocess.run([program("tidepool"), "down", "--name", lab], check=True)  # what an interrupted test left
    argv = [program("farshore"), "drill", name, "--engine", engine, "--lab", lab, "--out", str(out), "--json"]
    done = subprocess.run(argv, capture_output=True, text=True, check=False, timeout=500)
    assert done.stdout, done.stderr
    return dict(json.loads(done.stdout))


def assert_one_writer(report: dict[str, Any], open_in: list[str]) -> None:
    """What holds whatever a busy machine makes of the seconds."""
    assert report["writers_overlap_s"] == 0
    assert report["old_side"]["acknowledged_after_newer"] == []
    assert report["misnamed"] == []
    assert report["open_in"] == open_in
    orders = report["orders"]
    assert (orders["lost"], orders["doubled"], orders["damaged"]) == ([], [], [])
    kept = sum(one["kept"] for one in report["divergent"])
    assert orders["acknowledged"] == orders["present"] + kept > 30


@pytest.mark.parametrize("engine", ["mysql", pytest.param("postgresql", marks=pytest.mark.long)])
def test_a_region_cut_off_stops_selling_before_the_other_begins(engine: str, tmp_path: Path) -> None:
    """People inside it bought after the cut, were refused soon, and what they were promised is named and kept."""
    report = drill("partition", engine, tmp_path)
    assert_one_writer(report, ["sfo3"])
    assert report["decided"]["moves"] == 1
    assert report["decided"]["rule"] == "V100"
    assert report["old_side"]["acknowledged"] > 0
    assert report["old_side"]["last_ack_s"] < report["new_side"]["first_ack_s"]
    assert report["old_side"]["refused"] > 0
    assert report["divergent"]
    assert read_ledger(tmp_path / "residents.jsonl")


@pytest.mark.long
def test_a_dead_database_moves_the_writer(tmp_path: Path) -> None:
    report = drill("database", "mysql", tmp_path)
    assert_one_writer(report, ["sfo3"])
    assert (report["decided"]["moves"], report["decided"]["rule"]) == (1, "V100")


@pytest.mark.long
def test_one_app_server_of_two_moves_nothing(tmp_path: Path) -> None:
    report = drill("one-app", "mysql", tmp_path)
    assert_one_writer(report, ["nyc3"])
    assert (report["decided"]["moves"], report["decided"]["rule"]) == (0, "V50")
