"""The operator's word: obeyed once, written down with what was made of it. Part of the machine; pure."""

from dataclasses import replace

from farshore.decide.observation import PlanPhase
from farshore.engine.carry import failover_plan, switchover_plan
from farshore.engine.effects import Cancel, Effect
from farshore.engine.note import note
from farshore.engine.state import State
from farshore.model.operator import OperatorWord, Word
from farshore.plan.journal import OperatorSaid, PlanAborted, PlanStarted, StepSkipped
from farshore.plan.plan import Plan
from farshore.plan.progress import Stage, progress
from farshore.plan.rebuild import rebuild
from farshore.plan.step import StepKind

ORDER_STANDS_S = 15.0  # an order that could not begin by then has lapsed, and nobody is surprised by it tomorrow
APPROVAL_STANDS_S = 600.0
LOSS_GROWS_MAX_S = 60.0  # beyond the loss that was named: a person reads and types, and a cut standby falls behind
WAITING_STEPS = frozenset({StepKind.AWAIT_WRITABLE, StepKind.CONFIRM_DNS})  # may be broken off: they change nothing


def obey(state: State, now_s: float, effects: list[Effect]) -> State:
    """Does nothing when the word was obeyed before, by this controller or an earlier one."""
    word = state.operator
    if not (state.leads(now_s) and state.loaded and state.store_ok):
        return state
    if word.word is Word.NOTHING or word.revision <= state.ledger.revision:
        return state
    match word.word:
        case Word.PAUSE:
            return _say(state, word, "automation begins nothing more, and a running plan waits", now_s, effects)
        case Word.RESUME:
            return _say(state, word, "automation goes on", now_s, effects)
        case Word.APPROVE | Word.FAILOVER | Word.SWITCHOVER:
            return _go(state, word, now_s, effects)
        case Word.REBUILD:
            return _rebuild(state, word, now_s, effects)
        case Word.ABORT:
            return _abort(state, word, now_s, effects)
        case Word.TAKE_OVER:
            return _take_over(state, word, now_s, effects)
    return state


def _say(state: State, word: OperatorWord, answer: str, now_s: float, effects: list[Effect]) -> State:
    return note(state, _said(state, word, answer, now_s), effects)


def _said(state: State, word: OperatorWord, answer: str, now_s: float) -> OperatorSaid:
    """With who and when, and for an order with the loss that was accepted and the lag as it is now."""
    said = OperatorSaid(now_s, word.word, word.who, word.revision, word.step, answer, at=word.at)
    if word.word is not Word.FAILOVER:
        return said
    behind_s = state.markers.seen(now_s).behind_s
    return replace(said, accept_loss=word.accept_loss, loss_s=word.loss_s, behind_s=behind_s)


def _go(state: State, word: OperatorWord, now_s: float, effects: list[Effect]) -> State:
    if state.phase is not PlanPhase.NONE:
        if word.word is not Word.APPROVE:
            return _say(state, word, "a plan is being carried out already", now_s, effects)
        return _say(state, word, "the plan goes on, and what had failed is tried again", now_s, effects)
    grown = _loss_has_grown(state, word, now_s)
    if grown:
        return _say(state, word, f"refused: {grown}", now_s, effects)
    if word.plan:
        planned = word.word is Word.SWITCHOVER
        plan = switchover_plan(state) if planned else failover_plan(state, now_s, accept_loss=word.accept_loss)
        if plan is None or plan.checksum != word.plan:
            now = plan.checksum if plan else "none"
            answer = f"refused: the plan that fits now is {now}, not {word.plan}; print it and approve it"
            return _say(state, word, answer, now_s, effects)
    stands = APPROVAL_STANDS_S if word.word is Word.APPROVE else ORDER_STANDS_S
    said = _said(state, word, f"stands for {stands:.0f} s", now_s)
    return note(state, replace(said, stands_s=stands, plan=word.plan), effects)


def _rebuild(state: State, word: OperatorWord, now_s: float, effects: list[Effect]) -> State:
    """At once or not at all: what it deletes must be fenced, and nothing else may be under way."""
    if state.phase is not PlanPhase.NONE or state.in_flight or state.ledger.aborted is not None:
        return _say(state, word, "refused: something else is being carried out; repeat it afterwards", now_s, effects)
    if state.ledger.unfenced or state.grant is None:
        answer = "refused: the old database is not proved fenced yet, so it is not thrown away"
        return _say(state, word, answer, now_s, effects)
    grant = state.grant
    plan = rebuild(
        state.group,
        grant.epoch,
        grant.holder,
        id=f"rebuild-{grant.epoch}-{word.revision}",
        because=f"{word.who} said so.",
    )
    if word.plan and word.plan != plan.checksum:
        answer = f"refused: the plan that fits now is {plan.checksum}, not {word.plan}; print it and approve it"
        return _say(state, word, answer, now_s, effects)
    state = _say(state, word, "begun", now_s, effects)
    return note(state, PlanStarted(now_s, plan, word=word.revision), effects)


def _loss_has_grown(state: State, word: OperatorWord, now_s: float) -> str:
    """A loss of seconds that was accepted is no leave to lose hours."""
    if not word.accept_loss or word.loss_s is None:
        return ""
    seen = state.markers.seen(now_s)
    if seen.behind_s is None or seen.behind_s <= word.loss_s + LOSS_GROWS_MAX_S:
        return ""
    return (
        f"the loss that was accepted is {word.loss_s:.0f} s, and the standby is {seen.behind_s:.0f} s behind now; "
        "look again and accept that"
    )


def lapse(state: State, why: str, now_s: float, effects: list[Effect]) -> State:
    """A standing word is over without having been used; written down, or a restart would revive it."""
    said = state.standing(now_s)
    if said is None:
        return state
    return note(state, replace(said, at_s=now_s, answer=f"lapsed: {why}", stands_s=0.0), effects)


def _abort(state: State, word: OperatorWord, now_s: float, effects: list[Effect]) -> State:
    plan = state.ledger.plan
    if plan is None or not state.ledger.active:
        answer = "no plan is being carried out, and no order stands any more; pause keeps automation from beginning one"
        return _say(state, word, answer, now_s, effects)
    if plan.moves and _grant_begun(state, plan):
        return _say(state, word, "too late: the grant is given; let the plan finish, then fail back", now_s, effects)
    state = _say(state, word, "aborted", now_s, effects)
    state = note(state, PlanAborted(now_s, plan.id, word.who), effects)
    effects.append(Cancel(plan.id, WAITING_STEPS))
    return state


def _grant_begun(state: State, plan: Plan) -> bool:
    """The swap may have happened although its answer is not here: from its first attempt on, the plan goes forward."""
    return progress(plan, state.ledger.events)[StepKind.GRANT].stage is not Stage.NEW


def _take_over(state: State, word: OperatorWord, now_s: float, effects: list[Effect]) -> State:
    plan = state.ledger.plan
    if plan is None or not state.ledger.active:
        return _say(state, word, "no plan is being carried out", now_s, effects)
    if word.step not in plan.kinds:
        return _say(state, word, f"{plan.id} has no step {word.step}; see `farshore status`", now_s, effects)
    kind = StepKind(word.step)
    if kind is StepKind.GRANT:
        return _say(state, word, "only the store of record can give the grant; nothing is taken over", now_s, effects)
    if progress(plan, state.ledger.events)[kind].stage.over:
        return _say(state, word, f"{kind} is over already", now_s, effects)
    state = _say(state, word, f"{kind} counts as done by {word.who}", now_s, effects)
    return note(state, StepSkipped(now_s, plan.id, kind, "done by hand", word.who), effects)
