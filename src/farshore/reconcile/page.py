"""The report as one HTML file without anything from outside: it can be mailed to whoever answers the customers."""

from collections.abc import Sequence
from html import escape

from farshore.reconcile.case import Case
from farshore.reconcile.report import Report

_STYLE = """
:root{--ink:#16232e;--soft:#5b6b78;--line:#d9e0e5;--paper:#fff;--ground:#f3f6f8;--good:#2c9c6a;--bad:#c8452f;
--warm:#fbeae6;--cool:#e5f4ec}
@media(prefers-color-scheme:dark){:root{--ink:#e8eef2;--soft:#9aabb8;--line:#33424d;--paper:#1a242c;--ground:#11181d;
--good:#48c28a;--bad:#ee7560;--warm:#3a211c;--cool:#15301f}}
*{box-sizing:border-box}
body{margin:0;background:var(--ground);color:var(--ink);font:16px/1.5 system-ui,"Segoe UI",Roboto,sans-serif}
main{max-width:1120px;margin:0 auto;padding:40px 20px 64px}
h1{font-size:30px;line-height:1.25;margin:0 0 6px;letter-spacing:-.01em}h2{font-size:18px;margin:0 0 12px}
.sub{color:var(--soft);margin:0 0 24px}
section{background:var(--paper);border:1px solid var(--line);border-radius:10px;padding:20px;margin:0 0 18px;
overflow-x:auto}
.badge{display:inline-block;border-radius:99px;padding:3px 14px;font-weight:600;margin-bottom:14px}
.yes{background:var(--cool);color:var(--good)}.no{background:var(--warm);color:var(--bad)}
.tiles{display:grid;grid-template-columns:repeat(auto-fit,minmax(190px,1fr));gap:12px;margin:0 0 18px}
.tile{background:var(--paper);border:1px solid var(--line);border-radius:10px;padding:14px 18px}
.tile b{display:block;font-size:32px;line-height:1.15;font-variant-numeric:tabular-nums}
.tile span{color:var(--soft);font-size:14px}
table{border-collapse:collapse;width:100%;font-variant-numeric:tabular-nums}
td,th{text-align:left;padding:6px 12px 6px 0;border-bottom:1px solid var(--line);vertical-align:top}
th{color:var(--soft);font-weight:500;font-size:14px}td.n,th.n{text-align:right;white-space:nowrap}
tr:last-child td{border-bottom:0}small{color:var(--soft);display:block;overflow-wrap:anywhere}
.ask{color:var(--bad)}ul{margin:0;padding-left:20px}
"""


def page(reports: Sequence[Report]) -> str:
    title = reports[0].headline if len(reports) == 1 else f"Reconciliation of {len(reports)} stores"
    return "\n".join(
        (
            "<!doctype html>",
            '<html lang="en"><head><meta charset="utf-8"><meta name="viewport" content="width=device-width">',
            '<meta name="robots" content="noindex">',
            f"<title>{escape(title)}</title><style>{_STYLE}</style></head><body><main>",
            *(_store(report) for report in reports),
            "</main></body></html>\n",
        )
    )


def _store(report: Report) -> str:
    told = "applied" if report.outcome.applied else "dry run: nothing was changed"
    return "\n".join(
        (
            _badge(report),
            f"<h1>{escape(report.headline)}</h1>",
            f'<p class="sub">{escape(report.store)} · {escape(report.domain)} · epoch {report.epoch}, '
            f"{escape(report.region)} sells · orders since {escape(report.since)} · {escape(report.at)} · {told}</p>",
            _tiles(report),
            _list("You decide", [f"{_name(case)}: {ask}" for case in _standing(report) for ask in case.asks]),
            _list("Not heard", report.outcome.gaps),
            _orders(report),
            _found(report),
        )
    )


def _badge(report: Report) -> str:
    if report.outcome.failed or report.outcome.left:
        text = "not all is right" if report.outcome.applied else "there is something to put right"
        return f'<span class="badge no">{text}</span>'
    if any(case.asks for case in _standing(report)):
        return '<span class="badge no">waits for your decision</span>'
    return '<span class="badge yes">all orders are right</span>'


def _standing(report: Report) -> tuple[Case, ...]:
    """As things are now."""
    return report.outcome.after if report.outcome.applied else report.outcome.cases


def _tiles(report: Report) -> str:
    cases = report.outcome.cases
    tiles = (
        (str(len(cases)), "orders looked at"),
        (str(sum(case.acts for case in cases)), "put right" if report.outcome.applied else "can be put right"),
        (str(sum(bool(case.asks) for case in _standing(report))), "wait for your decision"),
        (report.in_doubt or "0.00", "of orders that were taken or paid, and not in the database"),
    )
    drawn = "".join(f'<div class="tile"><b>{escape(b)}</b><span>{escape(s)}</span></div>' for b, s in tiles)
    return f'<div class="tiles">{drawn}</div>'


def _list(title: str, texts: Sequence[str]) -> str:
    if not texts:
        return ""
    items = "".join(f"<li>{escape(text)}</li>" for text in texts)
    return f"<section><h2>{escape(title)}</h2><ul>{items}</ul></section>"


def _orders(report: Report) -> str:
    if not report.telling:
        return ""
    head = '<tr><th>order</th><th>customer</th><th class="n">money</th><th>what became of it</th><th>done</th></tr>'
    rows = "".join(_order(report, case) for case in report.telling)
    return f"<section><h2>Orders</h2><table>{head}{rows}</table></section>"


def _order(report: Report, case: Case) -> str:
    details = "".join(f"<small>{escape(str(one))}</small>" for one in case.differences)
    why = f"{escape(case.rule.kind.value)}<small>{case.rule.number} {escape(case.rule.because)}</small>"
    if case.money.ask or case.money.add_refund:
        why += f"<small>{case.money.number} {escape(case.money.because)}</small>"
    asks = "".join(f'<small class="ask">{escape(ask)}</small>' for ask in case.asks)
    return (
        f"<tr><td>{escape(_name(case))}<small>{escape(case.at)}</small></td>"
        f"<td>{escape(case.customer)}<small>{escape(case.email)}</small></td>"
        f'<td class="n">{case.total:.2f} {escape(case.currency)}</td>'
        f"<td>{why}{details}</td><td>{escape(report.said_of(case))}{asks}</td></tr>"
    )


def _found(report: Report) -> str:
    rows = "".join(
        f'<tr><td>{escape(kind)}</td><td class="n">{count}</td><td class="n">{escape(sums)}</td></tr>'
        for kind, count, sums in report.kinds
    )
    head = '<tr><th></th><th class="n">orders</th><th class="n">money</th></tr>'
    return f"<section><h2>What was found</h2><table>{head}{rows}</table></section>" if rows else ""


def _name(case: Case) -> str:
    return f"#{case.order_id}" if case.order_id else case.order_key
