"""The sections of the page that only a drill with an aftermath has: the decision, both sides, divergent orders."""

from html import escape

from farshore.drills.result import Result
from farshore.drills.turns import Turn
from farshore.drills.verdict import times

Lines = tuple[tuple[str, str], ...]


def sections(result: Result) -> str:
    return "".join(_section(title, rows) for title, rows in told(result)) + _divergent(result)


def told(result: Result) -> tuple[tuple[str, Lines], ...]:
    """(title, (what, figure)) of each; empty for a drill without an aftermath. Also what the terminal prints."""
    sides, decision, after = result.sides, result.decision, result.after
    if sides is None or decision is None or after is None:
        return ()
    rules = " or ".join(sorted(decision.rules))
    decided: Lines = (
        ("the writer should move", f"{times(decision.moves)} times, by {rules}"),
        ("because", decision.because),
        ("it moved", f"{decision.decided.moves} times, by {decision.decided.rule or 'no rule'}"),
        ("rules that stood", ", ".join(decision.decided.rules) or "none"),
        ("orders are taken at the end in", " and ".join(after.open_in) or "no region"),
    )
    both: Lines = (
        ("orders that the old side acknowledged after the fault", str(sides.acknowledged)),
        ("the last of them", _moment(sides.last_ack_s)),
        ("attempts of residents that became no order", str(sides.refused)),
        ("the first order of the new side", _moment(sides.first_ack_s)),
        ("acknowledged under an older epoch after a newer one", str(len(sides.late))),
    )
    parts = [("The decision", decided)]
    if decision.decided.moves:
        parts.append(("Both sides", both))
    for turn in result.turns:
        parts.append((f"Then: {turn.what}", _turn(turn)))
    if (machine := result.machine) is not None:
        load = f"up to {machine.load_max:.1f} processes wanted {machine.cores} cores"
        stall = f"{machine.stall_s_max:.2f} s"
        parts.append(("The machine", (("load", load), ("the drill itself was kept waiting for up to", stall))))
    return tuple(parts)


def _turn(turn: Turn) -> Lines:
    closed = "the epoch stayed" if turn.checkout_closed_s is None else f"{turn.checkout_closed_s:.2f} s"
    return (
        ("begun", _moment(turn.at_s)),
        ("took", f"{turn.took_s:.1f} s"),
        ("between the orders of two epochs", closed),
        ("page views that failed", str(turn.failed_pages)),
    )


def _moment(at_s: float | None) -> str:
    if at_s is None:
        return "-"
    return f"{at_s:.2f} s after the fault" if at_s >= 0 else f"{-at_s:.2f} s before the fault"


def _section(title: str, rows: Lines) -> str:
    body = "".join(f"<tr><td>{escape(a)}</td><td>{escape(b)}</td></tr>" for a, b in rows)
    return f"<section><h2>{escape(title)}</h2><table>{body}</table></section>"


def _divergent(result: Result) -> str:
    if not result.fate.divergent:
        return ""
    items = "".join(f"<li>{escape(one.text)}</li>" for one in result.fate.divergent)
    note = "Acknowledged to customers behind the cut, and not replicated any more."
    return f"<section><h2>Divergent orders</h2><p>{note}</p><ul>{items}</ul></section>"
