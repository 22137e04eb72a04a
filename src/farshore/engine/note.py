"""Writing a line: into the ledger and out as an effect, in one breath. Used by every part of the machine."""

from dataclasses import replace

from farshore.engine.effects import Append, Effect
from farshore.engine.state import State
from farshore.plan.journal import Event
from farshore.plan.ledger import fold


def note(state: State, event: Event, effects: list[Effect]) -> State:
    """The ledger and the journal never differ while `loaded`: an append that fails drops the ledger."""
    effects.append(Append(event))
    return replace(state, ledger=fold(state.ledger, event))
