"""Status as lines for a person: the answer first, then why, then the next safe action."""

from collections.abc import Iterator
from datetime import UTC, datetime
from typing import Any

from farshore.cli.cost import would_cost
from farshore.cli.show import Voice

STALE_S = 10.0  # the leader writes each second


def lines(body: dict[str, Any], out: Voice) -> Iterator[str]:
    yield from _headline(body, out)
    if body.get("verdict"):
        verdict = body["verdict"]
        level = {"stay": "ok", "ask operator": "fail"}.get(verdict["call"], "warn")
        yield f"Verdict    {out.paint(level, verdict['call'])}: {verdict['because']} (rule {verdict['rule']})"
    if body.get("would"):
        yield from _would(body["would"], out)
    yield from _standby(body, out)
    yield from _permit(body, out)
    yield from _journal(body, out)
    yield from _eyes(body, out)
    if body.get("plan"):
        yield from _plan(body["plan"], out)
    yield f"Next       {_next(body)}"


def _headline(body: dict[str, Any], out: Voice) -> Iterator[str]:
    domains, writer, epoch = ", ".join(body["domains"]), body["writer"], body["epoch"]
    if _closed(body):
        yield out.paint("fail", f"{domains}: NOBODY SELLS. {writer} holds epoch {epoch}, and its checkout is shut")
    else:
        other = "must be rebuilt before it stands by" if _diverged(body) else "stands by"
        yield out.paint("bold", f"{domains}: {writer} sells under epoch {epoch}, {body['standby']} {other}")
    mode = f"{body['mode']}, automation is PAUSED" if body["paused"] else str(body["mode"])
    if body["daemon"] is None:
        yield out.paint("fail", "The controller is not running: nobody watches, and nothing fails over by itself.")
        if body["recorded"]:
            yield f"What follows was true {_age(body['age_s'])}."
    elif body["age_s"] is None or body["age_s"] > STALE_S:
        yield out.paint("warn", f"{body['daemon']} runs, but wrote its last status {_age(body['age_s'])}.")
    else:
        yield f"{body['daemon']} leads in term {body.get('term')}, mode {mode}"
    if body["paused"] and (body["daemon"] is None or (body["age_s"] or 0) > STALE_S):
        yield out.paint("warn", "Automation is paused.")


def _diverged(body: dict[str, Any]) -> bool:
    """The standby's database answers and has a history of its own."""
    return (body.get("marker") or {}).get("standby_follows") is False


def _closed(body: dict[str, Any]) -> bool:
    """Every eye that looks at the writer's checkout now finds it shut."""
    looks = [
        door["ok"]
        for door in body.get("doors") or []
        if door["door"] == "buy" and door["region"] == body["writer"] and door["age_s"] <= STALE_S
    ]
    return body["daemon"] is not None and bool(looks) and not any(looks)


def _age(age_s: float | None) -> str:
    if age_s is None:
        return "before this machine was last started"
    if age_s < 120:
        return f"{age_s:.0f} s ago"
    return f"{age_s / 60:.0f} minutes ago" if age_s < 7200 else f"{age_s / 3600:.0f} hours ago"


def _would(would: dict[str, Any], out: Voice) -> Iterator[str]:
    level = "ok" if would["call"] == "fail over" else "warn"
    yield f"If it died {out.paint(level, would['call'])}: {would['because']} (rule {would['rule']})"
    guess = "" if would.get("measured") else " The promotion's length is a guess until one was measured."
    yield f"           {would_cost(would)}{guess}"


def _standby(body: dict[str, Any], out: Voice) -> Iterator[str]:
    marker = body.get("marker")
    if not marker:
        return
    if marker.get("failing"):
        yield f"Writer     {out.paint('warn', 'its database takes no marker')}: {marker['failing']}"
    if marker.get("behind_s") is None:
        yield f"Standby    {out.paint('warn', 'no marker has passed yet, so its lag is not known')}"
    else:
        yield f"Standby    {marker['behind_s']:g} s behind by the marker, read {_age(marker['read_age_s'])}"
    for region, why in (body.get("parts_missing") or {}).items():
        yield f"Missing    {out.paint('fail', region)}: {why}"
    if body.get("fence") == "pending":
        yield f"Fence      {out.paint('warn', 'the old region is not fenced yet; it is tried each second')}"


def _permit(body: dict[str, Any], out: Voice) -> Iterator[str]:
    permit = body.get("permit")
    if permit and permit["renewed_age_s"] is None:
        yield f"Permit     {out.paint('warn', 'was not renewed since this controller began to lead')}"
    elif permit:
        late = permit["renewed_age_s"] > permit["d_s"]
        said = f"renewed {permit['renewed_age_s']:.1f} s ago, good for {permit['d_s']:g} s"
        yield f"Permit     {out.paint('fail', said) if late else said}"
    for agent in body.get("agents") or []:
        for trouble in agent.get("troubles") or ():
            yield f"Agent      {agent['agent']} in {agent['region']}: {out.paint('warn', trouble)}"
    handed = sum(agent.get("handed") or 0 for agent in body.get("agents") or [])
    if handed:
        yield f"Bridge     {handed} requests of late visitors were handed over to {body['writer']}"


def _journal(body: dict[str, Any], out: Voice) -> Iterator[str]:
    for store in body.get("journal") or []:
        said = f"{store['store']}, {store['policy']}: {store['entries']} entries, {store['bytes'] / 1e6:.1f} MB"
        if store.get("oldest_at_ms") is not None:
            oldest = datetime.fromtimestamp(store["oldest_at_ms"] / 1000, UTC)
            said += f", the oldest of {oldest:%Y-%m-%d %H:%M} UTC"
        if store["exposed"]:
            said += f"; {out.paint('fail', str(store['exposed']) + ' EXPOSED')}: the other region has not got them"
        yield f"Journal    {said}"
        if store.get("trouble"):
            yield f"           {out.paint('warn', store['trouble'])}"


def _eyes(body: dict[str, Any], out: Voice) -> Iterator[str]:
    # A door that nobody is asked to watch any more (buy, where orders were taken before) is left out.
    doors = [door for door in body.get("doors") or [] if door["age_s"] <= STALE_S]
    names = {id(door): f"{door['door']} {door['region']}" for door in doors}
    wide = max((len(name) for name in names.values()), default=0)
    for door in doors:
        seen = out.paint("ok", "open") if door["ok"] else f"{out.paint('fail', 'shut')} ({door['why']})"
        where = f"{door['vantage']} in {door['place']}"
        yield f"Door       {names[id(door)]:<{wide}}  {seen}, {door['streak']} in a row, seen by {where}"
    for agent in body.get("agents") or []:
        if not agent["answers"]:
            yield f"Agent      {agent['agent']} in {agent['region']}: {out.paint('warn', 'silent')}"


def _plan(plan: dict[str, Any], out: Voice) -> Iterator[str]:
    title = f"{plan['id']} from {plan['from_region']} to {plan['to_region']}, epoch {plan['epoch']}"
    if plan["phase"] == "over":
        total = f", {plan['total_s']:.1f} s in all" if plan.get("total_s") is not None else ""
        yield f"Last plan  {title}: over{total}"
        return
    yield f"Plan       {title}: {out.paint('warn', plan['phase'])}{' (held by pause)' if plan.get('held') else ''}"
    if plan.get("stuck"):
        yield f"           {out.paint('fail', 'stuck')}: {plan['stuck']}"
    for step in plan["steps"]:
        level = {"done": "ok", "failed": "fail", "started": "warn"}.get(step["stage"], "dim")
        stage = out.paint(level, f"{step['stage']:<8}")
        yield f"           {stage} {step['step']:<18} {step['detail']}".rstrip()


def _next(body: dict[str, Any]) -> str:
    """One action: the safest that helps."""
    plan, verdict = body.get("plan") or {}, body.get("verdict") or {}
    if body["daemon"] is None:
        return "start `farshore watch`; to fail over without it: `farshore failover`; by hand: `farshore runbook`"
    if plan.get("phase") == "stuck":
        return "`farshore approve` tries the failed step again; `farshore take-over STEP`; `farshore abort` goes back"
    if plan.get("held"):
        return "`farshore resume` lets the plan go on; `farshore abort` goes back"
    if plan.get("phase") == "running":
        return "wait; `farshore journal --follow` tells each step"
    if verdict.get("call") == "ask operator":
        return "`farshore plan failover` shows what it would do; `farshore approve` or `farshore failover` does it"
    if body["paused"]:
        return "`farshore resume` when the work is done"
    if _diverged(body):
        return f"`farshore rebuild` makes {body['standby']} a standby again"
    if (body.get("would") or {}).get("call") not in (None, "fail over"):
        return "make the standby ready, so that a failover is possible: `farshore check` says what is missing"
    return "nothing; `farshore check` says what would break a failover"
