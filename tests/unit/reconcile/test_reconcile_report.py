"""The report: what an owner reads, as text, JSON and a page; and the files of an old database that it takes in."""

import asyncio
import json
from decimal import Decimal
from pathlib import Path

import pytest
from fake_shop import FakeShop
from order_values import KEY, entry, told
from rich.console import Console

from farshore.model.failure import Refused
from farshore.model.region import Epoch
from farshore.reconcile import witness
from farshore.reconcile.kept import kept_files, kept_orders
from farshore.reconcile.page import page
from farshore.reconcile.report import Report, passed
from farshore.reconcile.run import Shop, Witnesses, reconcile
from farshore.reconcile.text import show
from farshore.sim.fake_clock import FakeClock
from farshore.sim.fake_coordination import FakeCoordination

EVIL = '<script>alert("Ada")</script>'
WAITING = "wc_order_waiting"


def _report(front: FakeShop, apply: bool) -> Report:
    clock = FakeClock()
    billing = told()["billing"] | {"first_name": EVIL}
    entries = [
        entry("ack", whole=told(billing=billing)),
        entry("intent", whole=told(order_key=WAITING, id=78, status="pending"), key=WAITING),
    ]
    shop = Shop("shop", Epoch(2), front, FakeCoordination(clock), clock)
    said = Witnesses(witness.testimonies(entries), gaps=("app-1 is silent.",))
    outcome = asyncio.run(reconcile(shop, said, apply))
    return Report("shop", "shop.example.com", "sfo3", 2, "2026-11-23 18:00:00", "2026-11-23 16:00:00", outcome)


def _text(report: Report) -> str:
    console = Console(width=200, record=True, file=open("/dev/null", "w"))  # noqa: SIM115
    show(report, console)
    return console.export_text()


def test_a_dry_run_says_what_it_would_do_and_who_decides() -> None:
    report = _report(FakeShop(), apply=False)
    assert report.headline == "1 order of 2 can be put right, 1 order waits for your decision"
    text = _text(report)
    for words in ("#77", "32.50 EUR", "R30 missing", "would restore", "You decide:", "app-1 is silent."):
        assert words in text, words
    assert passed([report])


def test_what_was_done_is_said_with_the_orders_new_number() -> None:
    report = _report(FakeShop(taken=[77]), apply=True)
    assert "restored as number 1077, for 77 belongs to another order" in _text(report)
    assert report.headline == "1 order was put right, 1 order waits for your decision"
    assert passed([report])


def test_a_failure_is_no_success() -> None:
    front = FakeShop()
    front.refuses[KEY] = "The database says no."
    report = _report(front, apply=True)
    assert "could not be put right: The database says no." in _text(report)
    assert not passed([report])


def test_the_page_is_whole_and_takes_no_orders_from_customers() -> None:
    text = page([_report(FakeShop(), apply=True)])
    assert text.startswith("<!doctype html>")
    assert text.rstrip().endswith("</html>")
    assert EVIL not in text
    assert "&lt;script&gt;" in text
    assert "http" not in text.replace("https://shop", ""), "nothing from outside"


def test_the_json_is_json_and_adds_no_euros_to_dollars() -> None:
    body = json.loads(json.dumps(_report(FakeShop(), apply=False).to_json()))
    assert body["in_doubt"] == "32.50 EUR"
    assert {order["rule"] for order in body["orders"]} == {"R30", "R44"}
    assert body["left"] == [KEY]


def _lines(*rows: dict[str, object]) -> str:
    return "".join(json.dumps(row) + "\n" for row in [*rows, {"summary": {}}])


def test_orders_of_the_old_database_are_known_by_key_wherever_it_is_kept(tmp_path: Path) -> None:
    def row(table: str, cells: dict[str, object], other: dict[str, object] | None = None) -> dict[str, object]:
        return {"table": table, "kind": "missing", "key": {}, "row": cells, "other": other}

    (tmp_path / "g-shop-epoch-2.jsonl").write_text(
        _lines(
            row("wp_wc_orders", {"id": 7, "status": "wc-processing", "total_amount": "9.50", "billing_email": "a@b.c"}),
            row("wp_wc_order_operational_data", {"id": 3, "order_id": 7, "order_key": "k7"}),
            row("wp_wc_order_operational_data", {"id": 4, "order_id": 8, "order_key": "k8"}, {"order_key": "other"}),
            row("wp_wc_order_operational_data", {"id": 5, "order_id": 9, "order_key": "k9"}, {"order_key": "k9"}),
            row("wp_postmeta", {"meta_id": 1, "post_id": 11, "meta_key": "_order_key", "meta_value": "k11"}),
            row("wp_postmeta", {"meta_id": 2, "post_id": 11, "meta_key": "_order_total", "meta_value": "1"}),
            row("orders", {"id": 12, "order_key": "k12", "total": "3.00", "name": "Ada"}),
        )
    )
    (tmp_path / "g-other-epoch-2.jsonl").write_text("nonsense")
    found = kept_orders(kept_files(tmp_path, "g", "shop"))
    assert {key: one.order_id for key, one in found.items()} == {"k7": 7, "k8": 8, "k11": 11, "k12": 12}
    assert (found["k7"].status, found["k7"].total, found["k7"].customer) == ("processing", Decimal("9.50"), "a@b.c")
    assert found["k12"].customer == "Ada"


@pytest.mark.parametrize("text", ['{"table": "orders", "row": {"order_key": "k"}}\n', "{"])
def test_a_file_that_was_cut_is_not_believed(tmp_path: Path, text: str) -> None:
    (tmp_path / "g-shop-epoch-2.jsonl").write_text(text)
    with pytest.raises(Refused, match=r"g-shop-epoch-2\.jsonl"):
        kept_orders(kept_files(tmp_path, "g", "shop"))
