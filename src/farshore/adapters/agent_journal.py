"""The order journal as an app server's agent keeps it. Implements the order journal's port.

State is asked over the connection that is warm anyway; pages go over one of their own, so that a long reading holds up
no command.
"""

from collections.abc import Awaitable, Callable, Mapping

from farshore.model.failure import Refused
from farshore.model.order_entry import AT_MS_MAX, OrderEntry
from farshore.model.order_journal import JournalState
from farshore.model.region import Epoch
from farshore.ports.agent_wire import Json
from farshore.ports.order_journal import JournalPage
from farshore.transport.message import Answer

Ask = Callable[[str, Json, float], Awaitable[Answer]]
"""Path, body, seconds. Raises Unreachable, Unknown or Refused where there is no answer."""

_STATE_S = 1.2
_PAGE_S = 10.0
_RECONCILED_S = 5.0


class AgentJournal:
    def __init__(self, name: str, ask: Ask, ask_for_pages: Ask) -> None:
        self._name = name
        self._ask = ask
        self._ask_for_pages = ask_for_pages

    async def state(self) -> Mapping[str, JournalState]:
        answer = await self._good("/v1/journal/state", {}, _STATE_S, self._ask)
        try:
            return states_from_json(answer.body["stores"])
        except (KeyError, ValueError) as error:
            raise self._unreadable(error) from error

    async def read(self, store: str, after: str = "", limit: int = 500, spool: bool = False) -> JournalPage:
        body = {"store": store, "after": after, "limit": limit, "spool": spool}
        answer = await self._good("/v1/journal/read", body, _PAGE_S, self._ask_for_pages)
        try:
            entries = tuple(OrderEntry.from_json(entry) for entry in answer.body["entries"])
            return JournalPage(entries, str(answer.body["next"]), int(answer.body.get("damaged", 0)))
        except (KeyError, ValueError, TypeError) as error:
            raise self._unreadable(error) from error

    async def reconciled(self, epoch: Epoch, store: str) -> bool:
        body = {"epoch": int(epoch), "store": store}
        answer = await self._good("/v1/reconciled", body, _RECONCILED_S, self._ask_for_pages)
        return answer.body.get("done") is True

    async def _good(self, path: str, body: Json, timeout_s: float, ask: Ask) -> Answer:
        answer = await ask(path, body, timeout_s)
        if answer.status != 200:
            error = str(answer.body.get("error", f"status {answer.status}"))
            hint = "Run `farshore agents deploy`." if answer.status == 404 else ""
            raise Refused(f"Agent {self._name}: {error}", hint)
        return answer

    def _unreadable(self, error: Exception) -> Refused:
        return Refused(f"Agent {self._name} answers what cannot be read: {error}", "Deploy the agents again.")


def states_from_json(value: object) -> Mapping[str, JournalState]:
    """Raises ValueError."""
    if not isinstance(value, dict):
        raise ValueError("The journal's state is a JSON object.")
    return {str(store): _state(state) for store, state in value.items()}


def _state(value: object) -> JournalState:
    if not isinstance(value, dict):
        raise ValueError("A store's journal is a JSON object.")
    numbers = {key: value.get(key, 0) for key in ("entries", "bytes", "largest_id", "exposed")}
    oldest = value.get("oldest_at_ms")
    for number in (*numbers.values(), 0 if oldest is None else oldest):
        if isinstance(number, bool) or not isinstance(number, int) or number < 0:
            raise ValueError("What a journal holds is counted in whole numbers.")
    if oldest is not None and oldest > AT_MS_MAX:
        raise ValueError("The oldest entry of a journal is of no year that a calendar has.")
    return JournalState(**numbers, oldest_at_ms=oldest, trouble=str(value.get("trouble", "")))
