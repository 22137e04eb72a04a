"""The permit as PHP reads it: two clocks, one epoch, and nothing that looks at the file's age."""

import json
import time

import pytest
from wordpress_site import Box

pytestmark = pytest.mark.lab


def _told(box: Box, epoch: int = 1) -> list[bool]:
    answer: list[bool] = json.loads(box.php("permits.php", epoch))
    return answer


def test_a_permit_admits_while_its_margin_is_left(box: Box) -> None:
    box.permit(60, soft_s=10)
    assert _told(box) == [True, True]


def test_within_the_margin_none_begins_and_those_begun_go_on(box: Box) -> None:
    box.permit(60, soft_s=120)
    assert _told(box) == [False, True]


@pytest.mark.parametrize("clock", ["until_boot_ns", "until_mono_ns"])
def test_either_clock_ends_it(box: Box, clock: str) -> None:
    """A stopped process is still on both; a sleeping machine only on one."""
    box.permit(60)
    told = json.loads((box.run / "permit.json").read_text())
    now_ns = time.clock_gettime_ns(time.CLOCK_BOOTTIME if clock == "until_boot_ns" else time.CLOCK_MONOTONIC)
    box.put("permit.json", json.dumps(told | {clock: now_ns - 1}))
    assert _told(box) == [False, False]


@pytest.mark.parametrize(
    "text", ["", "{", "[]", '{"epoch": 1}', '{"epoch": 1, "until_boot_ns": "9", "until_mono_ns": 9e30, "soft_ns": 0}']
)
def test_an_unreadable_file_is_no_permit(box: Box, text: str) -> None:
    box.put("permit.json", text)
    assert _told(box) == [False, False]


def test_another_epoch_or_no_file_is_no_permit(box: Box) -> None:
    box.permit(60, epoch=2)
    assert _told(box, epoch=1) == [False, False]
    assert _told(box, epoch=3) == [False, False]
    box.without("permit.json")
    assert _told(box) == [False, False]
