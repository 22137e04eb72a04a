"""Status as data: everything an operator asks at a glance. Pure; written each second, printed by the CLI."""

from dataclasses import asdict
from typing import Any

from farshore.engine.carry import failover_plan
from farshore.engine.exposed import figures
from farshore.engine.parts import Parts
from farshore.engine.state import State, observe
from farshore.model.permit import Gate
from farshore.plan.progress import progress
from farshore.plan.timings import timings
from farshore.ports.app import AgentView


def status(state: State, parts: Parts, now_s: float, wall: str) -> dict[str, Any]:
    group, grant = state.group, state.grant
    writer = grant.holder if grant is not None else group.first.region
    seen = observe(state, now_s)
    now = failover_plan(state, now_s)
    return {
        "group": group.name,
        "at": wall,
        "at_s": now_s,
        "leader": state.name,
        "term": state.term,
        "mode": group.mode,
        "paused": state.operator.paused,
        "epoch": grant.epoch if grant is not None else None,
        "writer": writer,
        "standby": group.other(writer).region,
        "fence": state.fence,
        "verdict": _verdict(state),
        "would": _would(state),
        "doors": _doors(state, now_s),
        "agents": [
            {"agent": name, "region": region, "answers": view is not None, "endpoint": _endpoint(view)} | _says(view)
            for (region, name), view in sorted(state.views.items())
        ],
        "marker": {
            "written": seen.marker.written,
            "written_age_s": _round(seen.marker.written_age_s),
            "read": seen.marker.read,
            "read_age_s": _round(seen.marker.read_age_s),
            "behind_s": seen.marker.behind_s,
            "standby_follows": seen.marker.follows,
            "failing": state.markers.failing,
        },
        "permit": _permit(state, now_s),
        "journal": [asdict(store) for store in figures(state)],
        "parts_missing": dict(parts.missing),
        "plan": _plan(state),
        "plan_now": {"checksum": now.checksum, "text": now.text()} if now is not None else None,
    }


def _permit(state: State, now_s: float) -> dict[str, Any] | None:
    """None where nothing enforces one."""
    terms = state.group.permit
    if terms.gate is Gate.NONE:
        return None
    age_s = None if state.renewed_since_s is None else _round(now_s - state.renewed_at_s)
    return {"gate": terms.gate, "d_s": terms.d_s, "wait_s": _round(terms.wait_s), "renewed_age_s": age_s}


def _says(view: AgentView | None) -> dict[str, Any]:
    """What an agent says of itself, and how many late visitors it has handed over."""
    if view is None:
        return {}
    return {"troubles": list(view.troubles), "handed": view.bridge.handed if view.bridge is not None else 0}


def _verdict(state: State) -> dict[str, Any] | None:
    if state.verdict is None:
        return None
    return {"call": state.verdict.call, "rule": state.verdict.rule, "because": state.verdict.because}


def _would(state: State) -> dict[str, Any] | None:
    """Would it fail over now if the writer died, by which rule, and at what cost."""
    would = state.would
    if would is None:
        return None
    return {
        "call": would.verdict.call,
        "rule": would.verdict.rule,
        "because": would.verdict.because,
        "predicted_s": _round(would.predicted_s),
        "at_risk_s": _round(would.at_risk_s),
        "orders_at_risk": _round(would.orders_at_risk),
        "caveat": would.caveat,
        "measured": state.ledger.promotion_s is not None,
    }


def _doors(state: State, now_s: float) -> list[dict[str, Any]]:
    aged = sorted((s.aged(now_s) for s in state.seen.values()), key=lambda s: (s.door, s.region, s.vantage))
    return [
        {
            "door": s.door,
            "region": s.region,
            "vantage": s.vantage,
            "place": s.place,
            "ok": s.ok,
            "streak": s.streak,
            "age_s": _round(s.age_s),
            "why": s.why,
        }
        for s in aged
    ]


def _endpoint(view: Any) -> dict[str, Any] | None:
    if view is None or view.endpoint is None:
        return None
    return {"epoch": view.endpoint.epoch, "role": view.endpoint.role, "region": view.endpoint.region}


def _plan(state: State) -> dict[str, Any] | None:
    """The last plan: running, stuck, held or over, with every step's position and what it took."""
    plan, ledger = state.ledger.plan, state.ledger
    if plan is None:
        return None
    took = timings(plan.id, ledger.events)
    known = progress(plan, ledger.events)
    return {
        "id": plan.id,
        "kind": plan.kind,
        "phase": state.phase if ledger.active else "over",
        "held": ledger.held,
        "stuck": ledger.stuck.why if ledger.stuck is not None else "",
        "epoch": plan.epoch,
        "from_region": plan.from_region,
        "to_region": plan.to_region,
        "steps": [
            {"step": kind, "stage": at.stage, "attempts": at.attempts, "detail": at.detail}
            for kind, at in known.items()
        ],
        "promotion_s": _round(took.promotion_s),
        "first_order_s": _round(took.first_order_s),
        "total_s": _round(took.total_s),
    }


def _round(value: float | None) -> float | None:
    return None if value is None else round(value, 3)
