"""`make demo` on both engines, as a stranger runs it: a region dies under load, and the report tells the truth."""

import json
import re
import subprocess
from pathlib import Path
from typing import Any

import pytest
from drill_lab import NEEDS_LAB, lab_name

from farshore.drills.command import program
from farshore.drills.entry import read_ledger

pytestmark = [*NEEDS_LAB, pytest.mark.slow]
KEYS = {
    *("drill", "engine", "passed", "browse_rto_s", "buy_rto_s", "buy_rto_cached_dns_s", "promote_delay_s", "stages"),
    *("orders", "writers_overlap_s", "verdict_to_order_s", "time_scale", "allow_unfenced"),
}


@pytest.fixture(scope="module", params=["mysql", "postgresql"])
def drilled(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> tuple[Path, dict[str, Any]]:
    out = tmp_path_factory.mktemp("drill")
    name = lab_name(f"demo-{request.param}"[:12])
    subprocess.run([program("tidepool"), "down", "--name", name], check=True)  # what an interrupted test left
    argv = [
        program("farshore"),
        "drill",
        "region",
        "--engine",
        request.param,
        "--lab",
        name,
        "--out",
        str(out),
        "--json",
    ]
    done = subprocess.run(argv, capture_output=True, text=True, check=False, timeout=420)
    assert done.returncode in (0, 1), done.stderr
    assert done.stdout, done.stderr
    return out, json.loads(done.stdout)


def test_the_shop_comes_back(drilled: tuple[Path, dict[str, Any]]) -> None:
    _, report = drilled
    assert set(report) >= KEYS
    assert 0 < report["browse_rto_s"] < report["buy_rto_s"] < 60
    assert report["buy_rto_s"] < report["buy_rto_cached_dns_s"] < report["conditions"]["ttl_s"] + 30
    assert report["verdict_to_order_s"] > report["promotion_s"] >= report["promote_delay_s"]
    assert [stage["name"] for stage in report["stages"] if stage["end_s"] < stage["start_s"]] == []


def test_what_became_of_orders(drilled: tuple[Path, dict[str, Any]]) -> None:
    """Only what was in flight at the instant of the fault may be missing, and then the drill does not pass."""
    _, report = drilled
    orders = report["orders"]
    assert orders["acknowledged"] > 30
    assert orders["acknowledged"] == orders["present"] + len(orders["lost"]) + len(orders["damaged"])
    assert (orders["doubled"], orders["beyond_replication"]) == ([], 0)
    assert report["writers_overlap_s"] == 0
    assert report["passed"] is (orders["lost"] == orders["damaged"] == []), report["failings"]


def test_the_files(drilled: tuple[Path, dict[str, Any]]) -> None:
    """report.json is what was printed; the page needs nothing from outside; the ledger is there for who doubts."""
    out, report = drilled
    assert json.loads((out / "report.json").read_text()) == report
    page = (out / "report.html").read_text()
    assert re.findall(r"(?:src|href)=|@import|url\(", page) == []
    for word in ("browse-RTO", "promote_delay_s", "allow_unfenced", report["engine"], "first order"):
        assert word in page
    assert sum(entry.acknowledged for entry in read_ledger(out / "ledger.jsonl")) == report["orders"]["acknowledged"]


def test_nothing_is_left(drilled: tuple[Path, dict[str, Any]]) -> None:
    out, _ = drilled
    running = subprocess.run(["ps", "-eo", "args"], capture_output=True, text=True, check=True).stdout
    assert [line for line in running.splitlines() if str(out) in line] == []
