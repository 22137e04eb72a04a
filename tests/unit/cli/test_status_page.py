"""The status page: the answer first, then why, then the next safe action."""
# ruff: noqa: E501 - a line of the page is compared whole

from typing import Any

import pytest

from farshore.cli.show import Voice
from farshore.cli.status_page import lines

PLAIN = Voice(colour=False)
STAY = {"call": "stay", "rule": "V50", "because": "The writer serves."}
WOULD = {
    "call": "fail over",
    "rule": "V100",
    "because": "The standby is ready.",
    "predicted_s": 8.2,
    "at_risk_s": 1.05,
    "orders_at_risk": None,
    "measured": True,
}


def _door(door: str, region: str, ok: bool, **more: Any) -> dict[str, Any]:
    why = "" if ok else "timeout"
    seen = {"vantage": "controller", "place": "lon1", "streak": 4, "age_s": 0.4, "why": why}
    return {"door": door, "region": region, "ok": ok} | seen | more


def _body(**changes: Any) -> dict[str, Any]:
    body: dict[str, Any] = {
        "group": "shop",
        "domains": ["shop.example.com"],
        "mode": "auto",
        "daemon": "farshore watch, process 9",
        "age_s": 0.6,
        "recorded": True,
        "epoch": 1,
        "term": 3,
        "writer": "nyc3",
        "standby": "sfo3",
        "paused": False,
        "verdict": STAY,
        "would": WOULD,
        "marker": {"failing": "", "behind_s": 1.0, "read_age_s": 0.2},
        "parts_missing": {},
        "fence": "not needed",
        "doors": [_door("browse", "nyc3", True), _door("buy", "nyc3", True), _door("buy", "sfo3", False, age_s=500.0)],
        "agents": [{"agent": "web-1", "region": "sfo3", "answers": True}],
        "plan": None,
    }
    return body | changes


def _text(**changes: Any) -> list[str]:
    return list(lines(_body(**changes), PLAIN))


def test_a_quiet_day() -> None:
    """The whole page; a door that is not watched any more is not on it."""
    assert _text() == [
        "shop.example.com: nyc3 sells under epoch 1, sfo3 stands by",
        "farshore watch, process 9 leads in term 3, mode auto",
        "Verdict    stay: The writer serves. (rule V50)",
        "If it died fail over: The standby is ready. (rule V100)",
        "           Cost: the checkout is closed for about 8 s; orders of the last 1.05 s may be missing.",
        "Standby    1 s behind by the marker, read 0 s ago",
        "Door       browse nyc3  open, 4 in a row, seen by controller in lon1",
        "Door       buy nyc3     open, 4 in a row, seen by controller in lon1",
        "Next       nothing; `farshore check` says what would break a failover",
    ]


PLAN = {
    "id": "failover-2",
    "phase": "stuck",
    "held": False,
    "stuck": "No fence.",
    "epoch": 2,
    "from_region": "nyc3",
    "to_region": "sfo3",
    "steps": [{"step": "promote", "stage": "failed", "detail": "no"}],
    "total_s": None,
}
JOURNAL = {
    "store": "shop",
    "policy": "open",
    "entries": 120,
    "exposed": 0,
    "oldest_at_ms": 1_700_000_000_000,
    "bytes": 1_500_000,
    "trouble": "",
}
ASK = {"call": "ask operator", "rule": "V75", "because": "No standby is ready."}


@pytest.mark.parametrize(
    ("changes", "line"),
    [
        (
            {"doors": [_door("buy", "nyc3", False)]},
            "shop.example.com: NOBODY SELLS. nyc3 holds epoch 1, and its checkout is shut",
        ),
        ({"daemon": None}, "The controller is not running: nobody watches, and nothing fails over by itself."),
        ({"daemon": None, "age_s": 7300}, "What follows was true 2 hours ago."),
        (
            {"age_s": None},
            "farshore watch, process 9 runs, but wrote its last status before this machine was last started.",
        ),
        ({"age_s": 60}, "farshore watch, process 9 runs, but wrote its last status 60 s ago."),
        ({"paused": True}, "farshore watch, process 9 leads in term 3, mode auto, automation is PAUSED"),
        ({"paused": True, "daemon": None}, "Automation is paused."),
        ({"paused": True}, "Next       `farshore resume` when the work is done"),
        (
            {"marker": {"failing": "", "behind_s": None, "read_age_s": 0.2, "standby_follows": False}},
            "shop.example.com: nyc3 sells under epoch 1, sfo3 must be rebuilt before it stands by",
        ),
        (
            {"marker": {"failing": "", "behind_s": None, "read_age_s": 0.2, "standby_follows": False}},
            "Next       `farshore rebuild` makes sfo3 a standby again",
        ),
        ({"permit": {"renewed_age_s": 0.4, "d_s": 3.0}}, "Permit     renewed 0.4 s ago, good for 3 s"),
        (
            {"permit": {"renewed_age_s": None, "d_s": 3.0}},
            "Permit     was not renewed since this controller began to lead",
        ),
        (
            {
                "agents": [
                    {"agent": "web-1", "region": "sfo3", "answers": True, "handed": 12, "troubles": ["No nginx."]}
                ]
            },
            "Bridge     12 requests of late visitors were handed over to nyc3",
        ),
        (
            {"agents": [{"agent": "web-1", "region": "sfo3", "answers": True, "handed": 0, "troubles": ["No nginx."]}]},
            "Agent      web-1 in sfo3: No nginx.",
        ),
        (
            {"journal": [JOURNAL]},
            "Journal    shop, open: 120 entries, 1.5 MB, the oldest of 2023-11-14 22:13 UTC",
        ),
        (
            {"journal": [JOURNAL | {"exposed": 3}]},
            "Journal    shop, open: 120 entries, 1.5 MB, the oldest of 2023-11-14 22:13 UTC; 3 EXPOSED: the other region has not got them",
        ),
        ({"journal": [JOURNAL | {"trouble": "web-1: full."}]}, "           web-1: full."),
        ({"fence": "pending"}, "Fence      the old region is not fenced yet; it is tried each second"),
        ({"agents": [{"agent": "web-1", "region": "sfo3", "answers": False}]}, "Agent      web-1 in sfo3: silent"),
        ({"plan": PLAN}, "           failed   promote            no"),
        (
            {"plan": PLAN},
            "Next       `farshore approve` tries the failed step again; `farshore take-over STEP`; `farshore abort` goes back",
        ),
        (
            {"plan": PLAN | {"phase": "over", "total_s": 2.1}},
            "Last plan  failover-2 from nyc3 to sfo3, epoch 2: over, 2.1 s in all",
        ),
        (
            {"plan": PLAN | {"phase": "running", "held": True}},
            "Next       `farshore resume` lets the plan go on; `farshore abort` goes back",
        ),
        (
            {"verdict": ASK},
            "Next       `farshore plan failover` shows what it would do; `farshore approve` or `farshore failover` does it",
        ),
        (
            {"would": WOULD | ASK},
            "Next       make the standby ready, so that a failover is possible: `farshore check` says what is missing",
        ),
    ],
)
def test_each_situation_has_its_line(changes: dict[str, Any], line: str) -> None:
    """What an operator must not miss."""
    assert line in _text(**changes)


def test_before_anything_was_written() -> None:
    """Hardly a record: no line needs more than is there."""
    bare = {"group", "domains", "mode", "daemon", "age_s", "recorded", "epoch", "writer", "standby", "paused"}
    body = {key: value for key, value in _body(daemon=None, age_s=None, recorded=False).items() if key in bare}
    assert len(list(lines(body, PLAIN))) == 3
