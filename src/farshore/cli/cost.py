"""What a failover would cost now, as one sentence, from the leader's last status record."""

import json
from collections.abc import Mapping
from typing import Any

from farshore.decide.predict import PROMOTION_UNMEASURED_S, STEPS_S
from farshore.model.group import Group
from farshore.model.keys import status_key
from farshore.model.verdict import Call
from farshore.ports.coordination import Coordination


async def cost_sentence(store: Coordination, group: Group) -> str:
    """Without a leader's record only the promotion is guessed, and the sentence says so."""
    record = await store.read(status_key(group.name))
    try:
        body = json.loads(record.value) if record.value else {}
    except ValueError:
        body = {}
    would = body.get("would") if isinstance(body, dict) else None
    if isinstance(would, dict) and isinstance(would.get("predicted_s"), int | float):
        return would_cost(would)
    return (
        f"Cost: the checkout is closed for about {PROMOTION_UNMEASURED_S + STEPS_S:.0f} s (no controller has measured "
        "a promotion here), and what the standby has not received yet is lost (unknown: no marker is watched)."
    )


async def restraint_sentence(store: Coordination, group: Group) -> str:
    """Why automation would not do it now; empty where it would, or nobody knows."""
    record = await store.read(status_key(group.name))
    try:
        would = json.loads(record.value)["would"] if record.value else None
        if not would or would["call"] == Call.FAIL_OVER:
            return ""
        why = f"{would['because']} (rule {would['rule']})"
        return f"Of itself the controller would not: {why} An order goes past that."
    except (ValueError, KeyError, TypeError):
        return ""


def would_cost(would: Mapping[str, Any]) -> str:
    predicted_s, at_risk_s, orders = would["predicted_s"], would.get("at_risk_s"), would.get("orders_at_risk")
    if at_risk_s is None:
        risk = "how far the standby is behind is not known, so the loss is not either"
    else:
        count = "" if orders is None else f" (about {orders:.1f} orders)"
        risk = f"orders of the last {at_risk_s:.2f} s may be missing{count}"
    return f"Cost: the checkout is closed for about {predicted_s:.0f} s; {risk}."
