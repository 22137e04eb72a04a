"""The failover decision, as data.

Everything that can cause or prevent a failover is a row in this file, and this file sees facts: never hosts, clocks
or clients. Every combination of facts matches exactly one row; tests/unit/decide enumerates all of them. Rule numbers
leave gaps and are never reused: they stand in logs, in the journal and in status.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from enum import Enum

from farshore.decide.facts import Consent, Facts
from farshore.decide.observation import PlanPhase
from farshore.decide.quorum import Gate
from farshore.model.verdict import Call, Verdict

Needs = Mapping[str, frozenset[object]]


@dataclass(frozen=True, slots=True)
class Row:
    """One rule: which values of which facts it needs (the others do not matter) and its verdict."""

    verdict: Verdict
    needs: Needs

    def matches(self, facts: Facts) -> bool:
        return all(getattr(facts, name) in allowed for name, allowed in self.needs.items())


def _row(rule: str, call: Call, because: str, *layers: Mapping[str, object]) -> Row:
    needs: dict[str, frozenset[object]] = {}
    for layer in layers:
        for name, value in layer.items():
            needs[name] = value if isinstance(value, frozenset) else frozenset({value})
    return Row(Verdict(call, rule, because), needs)


def _any(*values: Enum) -> frozenset[object]:
    return frozenset(values)


_DOWN = _any(Gate.SHUT, Gate.SHUT_BY_FEW)
_SERVES = _any(Gate.OPEN, Gate.DISPUTED, Gate.CLOSED)
_NOT_ORDERED = _any(Consent.ALONE, Consent.PENDING, Consent.WITHHELD, Consent.PAUSED, Consent.APPROVED)
_SELF = _any(Consent.ALONE, Consent.PENDING)

_WELL: dict[str, object] = {"store_of_record_ok": True}
_OURS = _WELL | {"leads": True, "plan": PlanPhase.NONE}
_ORDERED = _OURS | {"consent": _any(Consent.ORDERED, Consent.FORCED)}
_PLANNED = _OURS | {"consent": Consent.PLANNED}
_WHOLE: dict[str, object] = {"standby_ready": True, "marker_fresh": True}
_JUDGED = _OURS | {"consent": _NOT_ORDERED}
_FALLEN = _JUDGED | {"primary": _DOWN}
_APPROVED = _FALLEN | {"consent": Consent.APPROVED}
_CERTAIN = _JUDGED | {"primary": Gate.SHUT, "consent": _SELF}
_READY = _CERTAIN | {"standby_ready": True}
_CALM = _READY | {"cooling_down": False}
_FRESH = _CALM | {"marker_fresh": True}
_SAFE = _FRESH | {"caught_up_just_now": False}

ROWS = (
    _row(
        "V10",
        Call.WAIT,
        "The store of record cannot be read or written, so nothing is begun.",
        {"store_of_record_ok": False},
    ),
    _row("V15", Call.WAIT, "Another controller leads; this one only watches.", _WELL, {"leads": False}),
    _row("V20", Call.WAIT, "A plan is being carried out.", _WELL, {"leads": True, "plan": PlanPhase.RUNNING}),
    _row(
        "V25",
        Call.ASK_OPERATOR,
        "The plan is stuck: approve to try its failed step again, take the step over, or abort.",
        _WELL,
        {"leads": True, "plan": PlanPhase.STUCK},
    ),
    _row("V30", Call.FAIL_OVER, "The operator ordered it.", _ORDERED, {"standby_ready": True, "marker_fresh": True}),
    _row(
        "V31",
        Call.FAIL_OVER,
        "The operator ordered it, the writer does not serve, and what the standby has not received is lost.",
        _ORDERED,
        {"standby_ready": True, "marker_fresh": False, "primary": _DOWN | {Gate.UNSEEN}},
    ),
    _row(
        "V32",
        Call.FAIL_OVER,
        "The operator ordered it although the writer serves, and accepted by name the loss of what the standby has "
        "not received.",
        _ORDERED,
        {"standby_ready": True, "marker_fresh": False, "primary": _SERVES, "consent": Consent.FORCED},
    ),
    _row(
        "V36",
        Call.ASK_OPERATOR,
        "The operator ordered a failover, but the writer still serves and the standby is behind by more than "
        "rpo_budget_s: those orders would be lost.",
        _ORDERED,
        {"standby_ready": True, "marker_fresh": False, "primary": _SERVES, "consent": Consent.ORDERED},
    ),
    _row(
        "V35",
        Call.ASK_OPERATOR,
        "The operator ordered a failover, but the standby's door is shut, or its database is silent or no replica.",
        _ORDERED,
        {"standby_ready": False},
    ),
    _row(
        "V37",
        Call.SWITCH_OVER,
        "The operator ordered a switchover, and both regions are well.",
        _PLANNED,
        _WHOLE,
        {"primary": Gate.OPEN},
    ),
    _row(
        "V38",
        Call.ASK_OPERATOR,
        "The operator ordered a switchover, but the writer does not serve as it should: nobody could promise that "
        "nothing is lost. If it is down, `farshore failover`.",
        _PLANNED,
        _WHOLE,
        {"primary": _any(Gate.SHUT, Gate.SHUT_BY_FEW, Gate.DISPUTED, Gate.UNSEEN, Gate.CLOSED)},
    ),
    _row(
        "V39",
        Call.ASK_OPERATOR,
        "The operator ordered a switchover, but the standby is behind by more than rpo_budget_s; wait until it has "
        "caught up.",
        _PLANNED,
        {"standby_ready": True, "marker_fresh": False},
    ),
    _row(
        "V34",
        Call.ASK_OPERATOR,
        "The operator ordered a switchover, but the standby's door is shut, or its database is silent or no replica: "
        "`farshore rebuild` makes it one.",
        _PLANNED,
        {"standby_ready": False},
    ),
    _row(
        "V40",
        Call.WAIT,
        "No vantage point can see: their own references do not answer, so nobody is judged.",
        _JUDGED,
        {"primary": Gate.UNSEEN},
    ),
    _row(
        "V45",
        Call.SWITCH_OVER,
        "Both regions have been well for long enough, and the group goes home by itself.",
        _JUDGED,
        {"primary": Gate.OPEN, "homesick": True},
    ),
    _row("V50", Call.STAY, "The writer serves.", _JUDGED, {"primary": Gate.OPEN, "homesick": False}),
    _row(
        "V55",
        Call.WAIT,
        "Vantage points disagree about the writer, or are not sure yet.",
        _JUDGED,
        {"primary": Gate.DISPUTED},
    ),
    _row(
        "V57",
        Call.WAIT,
        "Pages are served and the checkout is closed: the writer's permit has not been renewed, or only just.",
        _JUDGED,
        {"primary": Gate.CLOSED},
    ),
    _row(
        "V60", Call.ASK_OPERATOR, "The writer is down and automation is paused.", _FALLEN, {"consent": Consent.PAUSED}
    ),
    _row(
        "V65",
        Call.ASK_OPERATOR,
        "The writer is down and the group's mode is manual.",
        _FALLEN,
        {"consent": Consent.WITHHELD},
    ),
    _row(
        "V70",
        Call.ASK_OPERATOR,
        "The writer looks down, but fewer than two independent places say so.",
        _JUDGED,
        {"primary": Gate.SHUT_BY_FEW, "consent": _SELF},
    ),
    _row("V75", Call.ASK_OPERATOR, "The writer is down and no standby is ready.", _CERTAIN, {"standby_ready": False}),
    _row(
        "V76",
        Call.ASK_OPERATOR,
        "The operator approved a failover, but no standby is ready.",
        _APPROVED,
        {"standby_ready": False},
    ),
    _row("V80", Call.FAIL_OVER, "The writer is down and the operator approved.", _APPROVED, {"standby_ready": True}),
    _row(
        "V85",
        Call.ASK_OPERATOR,
        "The writer is down again within the cool-down after the last failover.",
        _READY,
        {"cooling_down": True},
    ),
    _row(
        "V90",
        Call.ASK_OPERATOR,
        "The writer is down, and failing over now could lose more than the group's budget.",
        _CALM,
        {"marker_fresh": False},
    ),
    _row(
        "V92",
        Call.WAIT,
        "The standby has caught up only just now, so the writer's region may be back too: it is looked at once more.",
        _FRESH,
        {"caught_up_just_now": True},
    ),
    _row("V95", Call.WAIT, "The writer is down; the operator may still veto.", _SAFE, {"consent": Consent.PENDING}),
    _row(
        "V100",
        Call.FAIL_OVER,
        "The writer is down, the standby is ready, and the loss is within budget.",
        _SAFE,
        {"consent": Consent.ALONE},
    ),
)


def decide(facts: Facts) -> Verdict:
    """The verdict of the one row that matches."""
    matching = [row.verdict for row in ROWS if row.matches(facts)]
    if len(matching) != 1:
        raise AssertionError(f"{len(matching)} rows match {facts}; the verdict table must be total")
    return matching[0]
