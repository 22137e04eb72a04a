"""The commands of the order journal: append from another agent; state, read and reconciled from a controller."""

from collections.abc import Mapping
from dataclasses import asdict

from farshore.agent.journal_file import NotKept
from farshore.agent.journal_flag import Unreconciled
from farshore.agent.journal_store import StoreJournal
from farshore.agent.memory import Memory, MemoryFull
from farshore.model.order_entry import ORDER_ID_MAX, OrderEntry
from farshore.model.region import Epoch
from farshore.ports.agent_wire import Json
from farshore.transport.message import AGENT, CONTROLLER, Answer

PATHS = {
    "/v1/journal/append": AGENT,
    "/v1/journal/state": CONTROLLER,
    "/v1/journal/read": CONTROLLER,
    "/v1/reconciled": CONTROLLER,
}
_ENTRIES_MAX = 200
_PAGE_MAX = 1000


class JournalCommands:
    """None of them changes what the agent obeys, so none waits for the lock of the others, nor they for it."""

    def __init__(self, stores: Mapping[str, StoreJournal], memory: Memory, flag: Unreconciled) -> None:
        self._stores = stores
        self._memory = memory
        self._flag = flag

    async def answer(self, path: str, body: Json) -> Answer:
        """The caller's role was looked at. Raises ValueError for a bad field."""
        if path == "/v1/journal/append":
            return await self._append(body)
        if path == "/v1/journal/read":
            return await self._read(body)
        if path == "/v1/reconciled":
            return self._reconciled(body)
        return Answer(200, {"stores": self.states()})

    def states(self) -> Json:
        return {
            name: {"policy": store.terms.policy.value, **asdict(store.state())} for name, store in self._stores.items()
        }

    async def _append(self, body: Json) -> Answer:
        given, late = body.get("entries"), body.get("late") is True
        if not isinstance(given, list) or len(given) > _ENTRIES_MAX:
            raise ValueError(f"The field entries is a list of at most {_ENTRIES_MAX}.")
        if not given:  # a ping: the connection is warm now
            return Answer(200, {"kept": 0})
        epoch, entries = _epoch(body), [OrderEntry.from_json(item) for item in given]
        store = self._stores.get(str(body.get("store")))
        if store is None or not store.terms.on:
            error = f"The store {body.get('store')!r} keeps no journal here; run `farshore agents deploy`."
            return Answer(404, {"error": error})
        if any(entry.store != store.name or entry.epoch != epoch for entry in entries):
            raise ValueError("All entries of a request are of its store and epoch.")
        if refusal := self._over(epoch, late):
            return refusal
        try:
            await store.receive(entries)
        except NotKept as error:
            return Answer(507, {"error": str(error)})
        # Told of a larger epoch while it was written: it is on disk, but whoever asked must not acknowledge it.
        return self._over(epoch, late) or Answer(200, {"kept": len(entries)})

    def _over(self, epoch: Epoch, late: bool) -> Answer | None:
        seen = self._memory.epoch
        if late or epoch >= seen:
            return None
        return Answer(409, {"error": f"Epoch {epoch} is over: this agent has seen epoch {seen}.", "epoch": int(seen)})

    async def _read(self, body: Json) -> Answer:
        after, limit = body.get("after", ""), body.get("limit", 500)
        if not isinstance(after, str):
            raise ValueError("The field after is empty, or the next of an earlier page.")
        if isinstance(limit, bool) or not isinstance(limit, int) or not 0 < limit <= _PAGE_MAX:
            raise ValueError(f"The field limit is a whole number from 1 to {_PAGE_MAX}.")
        store = self._stores.get(str(body.get("store")))
        if store is None:
            return Answer(404, {"error": f"The store {body.get('store')!r} has no journal here."})
        entries, following, damaged = await store.read(after, limit, body.get("spool") is True)
        return Answer(200, {"entries": [entry.to_json() for entry in entries], "next": following, "damaged": damaged})

    def _reconciled(self, body: Json) -> Answer:
        epoch, store = _epoch(body), body.get("store")
        if not isinstance(store, str) or not store:
            raise ValueError("The field store is a store's name.")
        try:
            done = self._flag.lower_for(epoch, store)
        except ValueError as error:
            return Answer(409, {"error": str(error), "epoch": int(self._flag.epoch)})
        except MemoryFull as error:
            return Answer(507, {"error": str(error)})
        return Answer(200, {"done": done, "waiting": list(self._flag.stores)})


def _epoch(body: Json) -> Epoch:
    epoch = body.get("epoch")
    if isinstance(epoch, bool) or not isinstance(epoch, int) or not 0 <= epoch <= ORDER_ID_MAX:
        raise ValueError("The field epoch is a whole number, not negative.")
    return Epoch(epoch)
