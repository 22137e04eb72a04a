"""The report as one HTML file without anything from outside: it can be mailed, and read in ten years."""

from collections.abc import Sequence
from html import escape

from farshore.drills.entry import Entry
from farshore.drills.page_scene import sections
from farshore.drills.picture import Mark, picture
from farshore.drills.result import Result
from farshore.drills.stages import Stage
from farshore.drills.stopwatch import Outage

STYLE = """
:root{--ink:#16232e;--soft:#5b6b78;--line:#d9e0e5;--paper:#fff;--ground:#f3f6f8;--r0:#3f7cac;--r1:#2c9c6a;
--bad:#c8452f;--stale:#eab3a8;--warm:#fbeae6;--cool:#e5f4ec}
@media(prefers-color-scheme:dark){:root{--ink:#e8eef2;--soft:#9aabb8;--line:#33424d;--paper:#1a242c;--ground:#11181d;
--r0:#6aa7d6;--r1:#48c28a;--bad:#ee7560;--stale:#7d4338;--warm:#3a211c;--cool:#15301f}}
*{box-sizing:border-box}
body{margin:0;background:var(--ground);color:var(--ink);font:16px/1.5 system-ui,"Segoe UI",Roboto,sans-serif}
main{max-width:1120px;margin:0 auto;padding:40px 20px 64px}
h1{font-size:30px;line-height:1.25;margin:0 0 6px;letter-spacing:-.01em}h2{font-size:18px;margin:0 0 12px}
.sub{color:var(--soft);margin:0 0 24px}
section{background:var(--paper);border:1px solid var(--line);border-radius:10px;padding:20px;margin:0 0 18px}
.badge{display:inline-block;border-radius:99px;padding:3px 14px;font-weight:600;margin-bottom:14px}
.yes{background:var(--cool);color:var(--r1)}.no{background:var(--warm);color:var(--bad)}
.tiles{display:grid;grid-template-columns:repeat(auto-fit,minmax(190px,1fr));gap:12px;margin:0 0 18px}
.tile{background:var(--paper);border:1px solid var(--line);border-radius:10px;padding:14px 18px}
.tile b{display:block;font-size:32px;line-height:1.15;font-variant-numeric:tabular-nums}
.tile span{color:var(--soft);font-size:14px}
svg{display:block;width:100%;height:auto}
svg text{font:12px system-ui,sans-serif;fill:var(--ink)}svg .axis{fill:var(--soft)}
svg .rule{stroke:var(--line)}svg line.mark{stroke:var(--ink);stroke-dasharray:3 3}
.r0{fill:var(--r0);background:var(--r0)}.r1{fill:var(--r1);background:var(--r1)}
.failed{fill:var(--bad);background:var(--bad)}.stale{fill:var(--stale);background:var(--stale)}
.key{display:flex;gap:20px;color:var(--soft);font-size:14px;margin-top:6px;flex-wrap:wrap}
.key i{display:inline-block;width:12px;height:12px;border-radius:3px;margin-right:6px;vertical-align:-1px}
table{border-collapse:collapse;width:100%;font-variant-numeric:tabular-nums}
td,th{text-align:left;padding:6px 12px 6px 0;border-bottom:1px solid var(--line);vertical-align:top}
th{color:var(--soft);font-weight:500;font-size:14px}td.n,th.n{text-align:right;white-space:nowrap}
tr:last-child td{border-bottom:0}
.lane{position:relative;height:14px;margin-top:5px;min-width:280px}
.lane i{position:absolute;top:2px;height:10px;border-radius:3px;background:var(--r0);min-width:3px}
ul{margin:0;padding-left:20px}li{overflow-wrap:anywhere}
"""


def page(result: Result, ledger: Sequence[Entry], fault_s: float) -> str:
    told = result.conditions
    return "\n".join(
        (
            "<!doctype html>",
            '<html lang="en"><head><meta charset="utf-8"><meta name="viewport" content="width=device-width">',
            f"<title>{escape(headline(result))}</title><style>{STYLE}</style></head><body><main>",
            _badge(result),
            f"<h1>{escape(headline(result))}</h1>",
            f'<p class="sub">{escape(told.fault)} · {escape(told.engine)} · by {escape(told.failover_by)} · '
            f"{escape(told.at)}</p>",
            _failings(result),
            _tiles(result),
            _picture(result, ledger, fault_s),
            _stages(result),
            _orders(result),
            sections(result),
            _conditions(result),
            "</main></body></html>\n",
        )
    )


def headline(result: Result) -> str:
    clocks, fate = result.clocks, result.fate
    back = f"Pages {_when(clocks.browse)}, checkout {_when(clocks.buy)}"
    if not clocks.browse.recovered and not clocks.buy.recovered:
        back = "The shop did not come back"
    if not fate.acknowledged:
        return f"{back}; no order was taken"
    missing = len(fate.lost)
    kept = "no order was lost" if not missing else f"{missing} of {fate.acknowledged} orders were lost"
    return f"{back}; {kept}"


def _when(outage: Outage) -> str:
    return "did not come back" if outage.closed_s is None else f"came back after {seconds(outage.closed_s)}"


def seconds(value: float | None) -> str:
    return "never" if value is None else f"{value:.1f} s"


def _badge(result: Result) -> str:
    return '<span class="badge yes">passed</span>' if result.passed else '<span class="badge no">did not pass</span>'


def _failings(result: Result) -> str:
    if result.passed:
        return ""
    items = "".join(f"<li>{escape(text)}</li>" for text in result.failings)
    return f"<section><h2>Why it did not pass</h2><ul>{items}</ul></section>"


def _tiles(result: Result) -> str:
    clocks, fate = result.clocks, result.fate
    tiles = (
        (seconds(clocks.browse.closed_s), "browse-RTO: no pages"),
        (seconds(clocks.buy.closed_s), "buy-RTO: no checkout"),
        (
            seconds(clocks.buy_cached.closed_s),
            f"buy-RTO with a DNS answer kept for its TTL ({result.conditions.ttl_s} s)",
        ),
        (seconds(result.own_s), "of it farshore's own, from verdict to order"),
        (f"{fate.present}/{fate.acknowledged}", "acknowledged orders whole in the writer's database"),
    )
    return (
        '<div class="tiles">'
        + "".join(f'<div class="tile"><b>{b}</b><span>{escape(s)}</span></div>' for b, s in tiles)
        + "</div>"
    )


def marks(result: Result) -> list[Mark]:
    clocks, course = result.clocks, result.course
    found = [Mark(0.0, "fault")]
    for at, text in (
        (course.verdict_s, "verdict"),
        (clocks.browse.closed_s or None, "first page"),
        (clocks.first_order_s, "first order"),
        (clocks.buy_cached.closed_s or None, "last cached name gone"),
    ):
        if at is not None:
            found.append(Mark(at, f"{text} {at:.1f} s"))
    return found


def _picture(result: Result, ledger: Sequence[Entry], fault_s: float) -> str:
    told = result.conditions
    key = "".join(
        f'<span><i class="{name}"></i>{escape(text)}</span>'
        for name, text in (
            ("r0", f"served by {told.from_region}"),
            ("r1", f"served by {told.to_region}"),
            ("failed", "failed (drawn when the shopper gave up)"),
            ("stale", "failed on a DNS answer kept for its TTL"),
        )
    )
    drawn = picture(ledger, fault_s, marks(result), (told.from_region, told.to_region))
    return f'<section><h2>What shoppers saw</h2>{drawn}<div class="key">{key}</div></section>'


def _stages(result: Result) -> str:
    stages = result.course.stages
    if not stages:
        return ""
    end = max(stage.end_s for stage in stages) or 1.0
    rows = "".join(_stage(stage, end) for stage in stages)
    head = '<tr><th>stage</th><th class="n">from</th><th class="n">took</th><th></th></tr>'
    return f"<section><h2>Where the time went</h2><table>{head}{rows}</table></section>"


def _stage(stage: Stage, end: float) -> str:
    left, width = stage.start_s / end * 100, stage.took_s / end * 100
    name = escape(stage.name.replace("_", " "))
    lane = f'<div class="lane"><i style="left:{left:.2f}%;width:{width:.2f}%"></i></div>'
    return (
        f'<tr><td>{name}</td><td class="n">{stage.start_s:.2f} s</td><td class="n">{stage.took_s:.2f} s</td>'
        f'<td style="width:60%">{lane}</td></tr>'
    )


def _orders(result: Result) -> str:
    fate = result.fate
    rows = [
        ("acknowledged to a customer", str(fate.acknowledged)),
        ("present and whole in the writer's database", str(fate.present)),
        ("lost", str(len(fate.lost))),
        ("doubled", str(len(fate.doubled))),
        ("damaged", str(len(fate.damaged))),
        ("customers who ordered twice because an answer was lost", str(fate.bought_twice)),
        ("time in which two regions took orders", f"{result.overlap_s:.3f} s"),
    ]
    if result.reconciled is not None:
        rows.append(("lost, doubled, damaged before it was reconciled", result.reconciled.counts))
    if result.after is not None:
        rows.insert(2, ("whole in the old database only", str(sum(one.kept for one in fate.divergent))))
    body = "".join(f'<tr><td>{escape(a)}</td><td class="n">{b}</td></tr>' for a, b in rows)
    named = "".join(f"<li>{escape(text)}</li>" for text in (*fate.lost, *fate.doubled, *fate.damaged))
    names = f"<ul>{named}</ul>" if named else ""
    return f"<section><h2>Orders</h2><table>{body}</table>{names}</section>"


def _conditions(result: Result) -> str:
    told = result.conditions
    rows = (
        ("promote_delay_s", f"{told.promote_delay_s:g}", "how long the provider in miniature takes to promote"),
        ("time_scale", f"{told.time_scale:g}", "its other waits, as a part of DigitalOcean's"),
        ("allow_unfenced", str(told.allow_unfenced).lower(), "may promote when the old database cannot be reached"),
        ("fence", result.course.fence or "-", "what kept the old side out before the new one sold"),
        ("record's TTL", f"{told.ttl_s} s", "what cached shoppers wait for"),
        ("rule", result.course.rule or "-", "of the verdict table"),
    )
    body = "".join(f"<tr><td>{escape(a)}</td><td>{escape(b)}</td><td>{escape(c)}</td></tr>" for a, b, c in rows)
    return f"<section><h2>Conditions</h2><table>{body}</table></section>"
