"""The order journals as all agents together tell them, and the alarm when orders stay exposed. Pure."""

from dataclasses import dataclass, replace

from farshore.engine.effects import Effect, Tell
from farshore.engine.state import State
from farshore.model.order_journal import JournalState
from farshore.ports.notifier import Notice

EXPOSED_S = 60.0  # a pause of the network between the regions is over by then


@dataclass(frozen=True, slots=True)
class StoreFigures:
    """One store over all app servers that answer."""

    store: str
    policy: str
    entries: int  # of the agent that holds most: each of them may have missed some
    exposed: int
    oldest_at_ms: int | None
    bytes: int
    trouble: str


def figures(state: State) -> tuple[StoreFigures, ...]:
    """Of the stores that keep a journal, in the order of the configuration."""
    views = [view for _, view in sorted(state.views.items()) if view is not None]
    found = []
    for store in state.group.stores:
        if store.journal.on:
            held = [(view.agent, view.journal[store.name]) for view in views if store.name in view.journal]
            found.append(_sum_up(store.name, store.journal.policy.value, held))
    return tuple(found)


def _sum_up(store: str, policy: str, held: list[tuple[str, JournalState]]) -> StoreFigures:
    oldest = [one.oldest_at_ms for _, one in held if one.oldest_at_ms is not None]
    troubles = [f"{agent}: {one.trouble}" for agent, one in held if one.trouble]
    if not held:
        troubles = ["No agent that answers keeps it; run `farshore agents deploy`."]
    return StoreFigures(
        store=store,
        policy=policy,
        entries=max((one.entries for _, one in held), default=0),
        exposed=sum(one.exposed for _, one in held),
        oldest_at_ms=min(oldest, default=None),
        bytes=sum(one.bytes for _, one in held),
        trouble=troubles[0] if troubles else "",
    )


def watch(state: State, now_s: float, effects: list[Effect]) -> State:
    """People are told once for each time that orders stay exposed for longer than a minute."""
    exposed = [one for one in figures(state) if one.exposed]
    if not exposed:
        return replace(state, exposed_since_s=None, exposed_told=False)
    since_s = now_s if state.exposed_since_s is None else state.exposed_since_s
    if state.exposed_told or now_s - since_s <= EXPOSED_S:
        return replace(state, exposed_since_s=since_s)
    counts = ", ".join(f"{one.exposed} of {one.store}" for one in exposed)
    why = next((f" {one.trouble}" for one in exposed if one.trouble), "")
    text = (
        f"Journal entries that only one region has: {counts}. If that region dies now, those orders are missing.{why}"
    )
    effects.append(Tell(Notice(state.group.name, "critical", f"{state.group.name}: orders are exposed", text)))
    return replace(state, exposed_since_s=since_s, exposed_told=True)
