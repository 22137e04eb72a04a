"""The report for a terminal: short enough to be read at once."""

from rich.console import Console, Group, RenderableType
from rich.panel import Panel
from rich.table import Table
from rich.text import Text

from farshore.drills.page import headline, seconds
from farshore.drills.page_scene import told
from farshore.drills.result import Result

LANE = 34


def show(result: Result, console: Console) -> None:
    told = result.conditions
    colour = "green" if result.passed else "red"
    title = f"drill {told.drill} · {told.engine} · {'passed' if result.passed else 'did not pass'}"
    parts: list[RenderableType] = [Text(headline(result), style="bold"), Text(), _figures(result)]
    if result.course.stages:
        parts += [Text(), _stages(result)]
    parts += [*_scene(result), Text(), Text(_conditions(result), style="dim")]
    parts += [Text(text, style="red") for text in result.failings]
    named = (*result.fate.lost, *result.fate.doubled, *result.fate.damaged)
    parts += [Text(f"  {text}") for text in named[:10]]
    if len(named) > 10:
        parts.append(Text(f"  and {len(named) - 10} more, in report.json"))
    console.print(Panel(Group(*parts), title=title, border_style=colour, padding=(1, 2), width=min(console.width, 96)))


def _figures(result: Result) -> Table:
    clocks, fate = result.clocks, result.fate
    table = Table.grid(padding=(0, 2))
    table.add_column(justify="right", style="bold")
    table.add_column()
    table.add_row(seconds(clocks.browse.closed_s), "without pages (browse-RTO)")
    table.add_row(seconds(clocks.buy.closed_s), "without checkout (buy-RTO)")
    table.add_row(seconds(clocks.buy_cached.closed_s), "without checkout for who keeps a DNS answer for its TTL")
    if result.own_s is not None:
        table.add_row(seconds(result.own_s), "from verdict to first order, less the provider's promotion")
    kept = f"{fate.present}/{fate.acknowledged}"
    table.add_row(
        kept,
        f"acknowledged orders whole: {len(fate.lost)} lost, {len(fate.doubled)} doubled, {len(fate.damaged)} damaged",
    )
    if result.reconciled is not None:
        table.add_row(result.reconciled.counts, "lost, doubled, damaged before `farshore reconcile --apply`")
    kept_behind = sum(one.kept for one in fate.divergent)
    if kept_behind:
        table.add_row(str(kept_behind), "acknowledged behind the cut: whole in the old database only")
    table.add_row(f"{result.overlap_s:.1f} s", "with two writers")
    return table


def _scene(result: Result) -> list[RenderableType]:
    parts: list[RenderableType] = []
    for title, rows in told(result):
        table = Table.grid(padding=(0, 2))
        table.add_column(style="dim")
        table.add_column()
        for what, figure in rows:
            table.add_row(what, figure)
        parts += [Text(), Text(title, style="cyan"), table]
    return parts


def _stages(result: Result) -> Table:
    end = max(stage.end_s for stage in result.course.stages) or 1.0
    table = Table.grid(padding=(0, 2))
    table.add_column(style="cyan")
    table.add_column(justify="right")
    table.add_column(justify="right")
    table.add_column()
    table.add_row("stage", "from", "took", "", style="dim")
    for stage in result.course.stages:
        before = round(stage.start_s / end * LANE)
        length = max(1, round(stage.took_s / end * LANE))
        lane = " " * min(before, LANE - 1) + "━" * min(length, LANE - min(before, LANE - 1))
        table.add_row(stage.name.replace("_", " "), f"{stage.start_s:.2f}", f"{stage.took_s:.2f}", Text(lane, "blue"))
    return table


def _conditions(result: Result) -> str:
    told = result.conditions
    fences = {"proved": "the old database was fenced", "waited out": "the old permit was waited out"}
    fence = fences.get(result.course.fence, "promoted without a proved fence" if result.course.unfenced else "")
    return (
        f"{told.fault}; provider's promotion {told.promote_delay_s:g} s, its other waits x {told.time_scale:g}; "
        f"allow_unfenced: {str(told.allow_unfenced).lower()}{', ' if fence else ''}{fence}; TTL {told.ttl_s} s"
    )
