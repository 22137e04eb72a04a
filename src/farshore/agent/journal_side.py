"""All that an agent has to do with the order journal, put together: files, connections, the shop's socket, commands."""

import asyncio
import ssl
import time

from farshore.agent.config import AgentConfig
from farshore.agent.journal_commands import JournalCommands
from farshore.agent.journal_courier import Courier, Where
from farshore.agent.journal_delivery import Delivery
from farshore.agent.journal_flag import Unreconciled
from farshore.agent.journal_keeping import Keeping
from farshore.agent.journal_socket import JournalSocket
from farshore.agent.journal_store import StoreJournal
from farshore.agent.memory import Memory
from farshore.agent.permit_memory import PermitMemory
from farshore.agent.terms import Terms
from farshore.model.region import Endpoint, Epoch, Role
from farshore.ports.agent_wire import Json

_LOOK_S = 0.5
_TIDY_S = 600.0


class JournalSide:
    """Where no store keeps a journal, it opens no socket and no connection; what is on disk is still kept in order."""

    def __init__(self, config: AgentConfig, memory: Memory, known: PermitMemory, tls: ssl.SSLContext) -> None:
        self._config = config
        self._memory = memory
        self._known = known
        self.stores = {name: StoreJournal(config.state, name, terms) for name, terms in config.journal.stores}
        run = config.endpoint_file.parent
        self._flag = Unreconciled(run / "unreconciled", config.state / "unreconciled.json")
        self._courier = Courier(tls)
        self._deliveries = {name: Delivery(store, self._courier) for name, store in self.stores.items()}
        keeping = Keeping(self._courier, lambda: int(memory.epoch), self._wake)
        self._socket = JournalSocket(config.journal.socket, config.journal.group, keeping, self.stores)
        self.commands = JournalCommands(self.stores, memory, self._flag)
        self._tasks: list[asyncio.Task[None]] = []
        self._trouble = {"flag": "", "socket": ""}

    async def start(self) -> None:
        endpoint = self._memory.endpoint
        self._trouble["flag"] = self._flag.start(endpoint.epoch if endpoint is not None else Epoch(0))
        for store in self.stores.values():
            self._tasks.append(asyncio.create_task(store.open()))
        self._tasks.append(asyncio.create_task(self._look_around()))
        self._tasks.append(asyncio.create_task(self._tidy()))
        self._tasks += [asyncio.create_task(delivery.run()) for delivery in self._deliveries.values()]
        if self._config.journal.on:
            self._trouble["socket"] = await self._socket.start()

    async def stop(self) -> None:
        await self._socket.stop()
        for task in self._tasks:
            task.cancel()
        await asyncio.gather(*self._tasks, return_exceptions=True)
        await self._courier.stop()
        for store in self.stores.values():
            await store.stop()

    def view(self) -> Json:
        return self.commands.states()

    def troubles(self) -> list[str]:
        return [trouble for trouble in self._trouble.values() if trouble]

    def pointed(self, endpoint: Endpoint, whole: bool) -> None:
        """Before the endpoint file says so: where it says writer, orders of the epoch before may be missing.

        Raises MemoryFull.
        """
        on = tuple(name for name, store in self.stores.items() if store.terms.on)
        if on:
            self._flag.pointed(endpoint.epoch, on if endpoint.role is Role.WRITER and not whole else ())

    def _wake(self) -> None:
        for delivery in self._deliveries.values():
            delivery.wake()

    async def _look_around(self) -> None:
        """Keeps the connections to those who matter now. A standby needs none, unless it has something to deliver."""
        while True:
            endpoint = self._memory.endpoint
            needed = self._config.journal.on and endpoint is not None and endpoint.role is Role.WRITER
            needed = needed or any(store.exposed for store in self.stores.values())
            await self._courier.call_on(elsewhere(self._known.terms, self._config.agent) if needed else ())
            await asyncio.sleep(_LOOK_S)

    async def _tidy(self) -> None:
        while True:
            for store in self.stores.values():
                await store.tidy(time.monotonic())
            await asyncio.sleep(_TIDY_S)


def elsewhere(terms: Terms | None, agent: str) -> tuple[Where, ...]:
    """The other region's agents. A standby's own region is the list of promisors; what it relays to stands elsewhere.

    Relays have no names and some are controllers, who answer with another certificate: they are tried and found out.
    """
    if terms is None:
        return ()
    if not terms.lists(agent):
        return tuple(Where(promisor.address, promisor.name) for promisor in terms.promisors)
    return tuple(Where(relay) for relay in terms.relays[::-1])
