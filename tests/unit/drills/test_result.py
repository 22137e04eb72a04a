"""What a result says of itself: when it passes, why it does not, and the same figures everywhere."""

from dataclasses import replace
from io import StringIO

import pytest
from ledgers import FAULT, order, pages
from results import a_result
from rich.console import Console

from farshore.drills.comparison import Comparison
from farshore.drills.page import headline, page
from farshore.drills.picture import Scale, counted, outcome, picture
from farshore.drills.result import Result
from farshore.drills.stopwatch import Outage
from farshore.drills.summary import show

NEVER = Outage(None, 50, 0)


def printed(result: Result) -> str:
    out = StringIO()
    show(result, Console(file=out, width=96))
    return out.getvalue()


def test_a_good_result_passes() -> None:
    body = a_result().to_json()
    assert (body["passed"], body["failings"]) == (True, [])
    assert (body["browse_rto_s"], body["buy_rto_s"], body["buy_rto_cached_dns_s"]) == (4.2, 6.3, 29.0)
    assert body["verdict_to_order_s"] == 2.3
    assert body["verdict_to_first_order_less_promotion_s"] == 0.9
    assert body["stages"][1] == {"name": "promote", "start_s": 4.1, "end_s": 5.5}


@pytest.mark.parametrize(
    ("fate", "words"),
    [
        ({"lost": ("order_1 (..)",), "present": 2, "beyond_replication": 1}, "1 acknowledged order is lost."),
        ({"doubled": ("a", "b")}, "2 acknowledged orders are doubled."),
        ({"damaged": ("a",), "beyond_replication": 1}, "1 acknowledged order is damaged."),
        ({"acknowledged": 0, "present": 0}, "nothing is proved"),
    ],
)
def test_orders_fail_a_drill(fate: dict[str, object], words: str) -> None:
    result = a_result(**fate)
    assert not result.passed
    assert words in " ".join(result.failings)
    assert words.split()[0] in printed(result)
    assert "did not pass" in page(result, [], FAULT)


def test_lost_in_flight_fails_too_but_is_explained() -> None:
    """Physics is no excuse for a green drill, but the operator must not look for a bug."""
    explained = a_result(lost=("order_1",), present=2, beyond_replication=0).failings
    unexplained = a_result(lost=("order_1",), present=2, beyond_replication=1).failings
    assert len(explained) == 2
    assert len(unexplained) == 1


@pytest.mark.parametrize(
    ("shut", "words"),
    [
        (("browse",), "Pages did not come back, checkout came back after 6.3 s"),
        (("buy",), "Pages came back after 4.2 s, checkout did not come back"),
        (("browse", "buy"), "The shop did not come back"),
    ],
)
def test_never_back_fails_a_drill(shut: tuple[str, ...], words: str) -> None:
    """The headline keeps the two clocks apart: pages without a checkout is what a refused promotion looks like."""
    good = a_result()
    result = replace(good, clocks=replace(good.clocks, **dict.fromkeys(shut, NEVER)))
    assert not result.passed
    assert headline(result).startswith(words)
    assert "never" in printed(result)


def test_two_writers_fail_a_drill() -> None:
    good = a_result()
    assert not replace(good, clocks=replace(good.clocks, writers_overlap_s=0.1)).passed
    assert not replace(good, clocks=replace(good.clocks, first_order_s=None)).passed


def test_the_terminal_names_every_condition() -> None:
    text = " ".join(printed(a_result()).replace("│", " ").split())
    for words in ("4.2 s", "6.3 s", "29.0 s", "3/3", "promotion 1 s", "x 0.05", "allow_unfenced: true", "passed"):
        assert words in text, words


def test_the_page_is_one_file_and_escapes() -> None:
    text = page(a_result(lost=("order_<script>",), present=2), [order(-1, 1), *pages(-5, 0)], FAULT)
    assert "order_&lt;script&gt;" in text
    assert "<script" not in text
    assert "http" not in text.replace("http://www.w3.org/2000/svg", "")
    for words in ("promote_delay_s", "time_scale", "allow_unfenced", "<svg", "detect"):
        assert words in text


def test_the_picture_counts_each_request_once() -> None:
    """By the time when the shopper knew, and by who served it."""
    regions = ("nyc3", "sfo3")
    ledger = [*pages(-2, 0), *pages(0, 3, "timeout"), order(6, 2, region="sfo3", epoch=2)]
    bars = counted(ledger, FAULT, Scale(-6.0, 20.0), regions)
    totals: dict[str, int] = {}
    for bar in bars.values():
        for name, count in bar.items():
            totals[name] = totals.get(name, 0) + count
    assert totals == {"r0": 4, "failed": 6, "r1": 1}
    assert outcome(pages(0, 1, "http")[0], regions) == "failed"
    assert picture(ledger, FAULT, [], regions).count("<rect") == len([1 for bar in bars.values() for _ in bar])


def test_ratios_against_who_came_back_and_who_never_did() -> None:
    ours = a_result()
    theirs = replace(ours, clocks=replace(ours.clocks, browse=Outage(42.0, 99, 0), buy=NEVER))
    found = Comparison(ours, theirs, watched_s=126.0)
    assert found.ratio("browse") == (pytest.approx(10.0), True)
    assert found.ratio("buy") == (pytest.approx(20.0), False)
    assert "never within 126 s, more than 20.0 times" in found.sentence("buy", "buying")
    body = found.to_json()
    assert (body["browse_ratio"], body["buy_ratio_is_lower_bound"]) == (10.0, True)
