"""The lab's command line as this side reads it."""

import asyncio
from pathlib import Path

import pytest

from farshore.adapters.lab_faults import LabFaults
from farshore.model.failure import Refused, RetryLater


def _program(folder: Path, script: str) -> LabFaults:
    program = folder / "lab"
    program.write_text(f"#!/bin/sh\n{script}\n")
    program.chmod(0o755)
    return LabFaults([str(program)], lab="drill", timeout_s=5.0)


def test_a_fault_is_added_by_words_and_known_by_its_id(tmp_path: Path) -> None:
    faults = _program(tmp_path, f'echo "$@" >> {tmp_path}/said; echo f7')
    assert asyncio.run(faults.add("partition", "region:nyc3", link="peering", direction="in")) == "f7"
    asyncio.run(faults.remove("f7"))
    assert (tmp_path / "said").read_text().splitlines() == [
        "fault add partition region:nyc3 link=peering direction=in --name drill",
        "fault remove f7 --name drill",
    ]


def test_a_refusal_is_told_in_the_labs_words(tmp_path: Path) -> None:
    with pytest.raises(Refused, match="There is no host nobody"):
        asyncio.run(_program(tmp_path, "echo 'There is no host nobody.' >&2; exit 2").add("kill", "host:nobody"))
    with pytest.raises(Refused, match="cannot be started"):
        asyncio.run(LabFaults([str(tmp_path / "missing")]).remove("f1"))


def test_a_lab_that_hangs_is_left_alone(tmp_path: Path) -> None:
    program = tmp_path / "lab"
    program.write_text("#!/bin/sh\nexec sleep 60\n")
    program.chmod(0o755)
    with pytest.raises(RetryLater):
        asyncio.run(LabFaults([str(program)], timeout_s=0.2).remove("f1"))
