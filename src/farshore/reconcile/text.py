"""The report on a terminal."""

from rich.console import Console
from rich.markup import escape
from rich.table import Table

from farshore.reconcile.report import Report


def show(report: Report, console: Console) -> None:
    console.print(
        f"[bold]{escape(report.store)}[/bold] ({escape(report.domain)}), epoch {report.epoch}, {report.region} sells"
    )
    console.print(f"Orders since {report.since} (UTC). {escape(report.headline)}.")
    if report.in_doubt:
        console.print(f"Not in the database, though taken or paid: {escape(report.in_doubt)}.")
    for gap in report.outcome.gaps:
        console.print(f"[yellow]Not heard:[/yellow] {escape(gap)}")
    if report.kinds:
        console.print(_figures(report))
    for case in report.telling:
        number = f"#{case.order_id}" if case.order_id else "no number"
        total = f"{case.total:.2f} {case.currency}".strip()
        head = f"{number}  {case.customer}  {total}  {case.at}"
        console.print(f"\n[bold]{escape(head)}[/bold]", highlight=False)
        console.print(f"  {case.rule.number} {case.rule.kind.value}: {escape(case.rule.because)}", highlight=False)
        if case.money.ask or case.money.add_refund:
            console.print(
                f"  {case.money.number} {case.money.kind.value}: {escape(case.money.because)}", highlight=False
            )
        for one in case.differences:
            console.print(f"    {escape(str(one))}", highlight=False)
        console.print(f"  [green]{escape(report.said_of(case))}[/green]", highlight=False)
        for ask in case.asks:
            console.print(f"  [yellow]You decide:[/yellow] {escape(ask)}", highlight=False)


def _figures(report: Report) -> Table:
    table = Table(box=None, pad_edge=False, show_header=True, header_style="dim")
    table.add_column("found")
    table.add_column("orders", justify="right")
    table.add_column("money", justify="right")
    for kind, count, sums in report.kinds:
        table.add_row(kind, str(count), sums)
    return table
