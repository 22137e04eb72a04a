"""The faults port: every fault has an id of its own and can be undone; what the lab does not know is refused."""

import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from farshore.adapters.lab_faults import LabFaults
from farshore.model.failure import Refused
from farshore.ports.faults import Faults
from farshore.sim.fake_faults import FakeFaults

# Stands for the lab's program; what the real one prints is its own tests' business.
PROGRAM = """
import pathlib, sys
place = pathlib.Path(sys.argv[1])
_, verb, *words = sys.argv[2:]
if verb == "add":
    if words[0] not in ("kill", "freeze", "partition", "api"):
        sys.exit(f"There is no fault of kind {words[0]}.")
    number = len(list(place.glob("f*"))) + 1
    (place / f"f{number}").touch()
    print(f"f{number}")
"""


@pytest.fixture(params=["fake", "command line"])
def faults(request: pytest.FixtureRequest, tmp_path: Path) -> Faults:
    if request.param == "fake":
        return FakeFaults()
    return LabFaults([sys.executable, "-c", PROGRAM, str(tmp_path)])


def test_each_fault_has_its_own_id_and_can_be_removed(faults: Faults, run: Callable[[Any], Any]) -> None:
    first = run(faults.add("kill", "region:nyc3"))
    second = run(faults.add("partition", "link:peering", direction="in"))
    assert first != second
    run(faults.remove(first))
    run(faults.remove(first))


def test_an_unknown_kind_is_refused(faults: Faults, run: Callable[[Any], Any]) -> None:
    with pytest.raises(Refused, match="no fault of kind earthquake"):
        run(faults.add("earthquake", "region:nyc3"))
