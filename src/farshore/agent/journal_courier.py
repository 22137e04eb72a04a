"""Takes entries to the other region's agents, over connections that are open before they are needed.

Each peer has a few lanes, so that an entry need not wait for the answer to the one before it; what has gathered while
all lanes are out goes together. A peer that did not answer is left out until it answers a ping: no checkout waits for
a machine that is known to be dead.
"""

import asyncio
import contextlib
import ssl
from collections import deque
from collections.abc import Sequence
from dataclasses import dataclass, field
from enum import Enum

from farshore.agent.terms import Address
from farshore.model.order_entry import OrderEntry
from farshore.model.region import Epoch
from farshore.transport.client import Client
from farshore.transport.message import AGENT, Answer, NoAnswer

LANES = 4
PEERS_MAX = 4  # more copies make nothing safer, and every lane is a connection
PING_S = 15.0  # the server ends a connection that is idle for a minute
PING_DOWN_S = 1.0
ASK_S = 1.0
_ENTRIES_MAX = 100
_BYTES_MAX = 200 * 1024


class Word(Enum):
    KEPT = "kept"
    OVER = "over"  # it has seen a larger epoch
    REFUSED = "refused"  # a full disk, a store it does not know
    SILENT = "silent"


@dataclass(frozen=True, slots=True)
class Reply:
    word: Word
    peer: str
    why: str = ""
    epoch: int = 0  # with OVER: the one that it has seen


@dataclass(frozen=True, slots=True)
class Where:
    """An agent of the other region; `name` is empty where only its address is known."""

    address: Address
    name: str = ""


@dataclass(slots=True)
class Parcel:
    entries: Sequence[OrderEntry]  # of one store and one epoch
    late: bool  # from the spool, though its epoch may be over
    until_s: float  # by the loop's clock; afterwards nobody waits for it
    reply: "asyncio.Future[Reply]" = field(default_factory=lambda: asyncio.get_running_loop().create_future())

    @property
    def kind(self) -> tuple[str, Epoch, bool]:
        return (self.entries[0].store, self.entries[0].epoch, self.late)

    @property
    def size(self) -> int:
        return sum(len(entry.sealed) + 400 for entry in self.entries)


class Peer:
    """One agent of the other region."""

    def __init__(self, where: Where, tls: ssl.SSLContext) -> None:
        self.where = where
        self.up = False  # it has answered, and since then never failed to
        self.why = "it was not reached yet"
        self._clients = [Client(where.address.host, where.address.port, tls, AGENT, where.name) for _ in range(LANES)]
        self._waiting: deque[Parcel] = deque()
        self._idle: deque[asyncio.Future[None]] = deque()  # lanes that wait for something to carry
        self._lanes: list[asyncio.Task[None]] = []

    @property
    def name(self) -> str:
        return self.where.name or str(self.where.address)

    def start(self) -> None:
        self._lanes = [asyncio.create_task(self._lane(number)) for number in range(LANES)]

    async def stop(self) -> None:
        for lane in self._lanes:
            lane.cancel()
        await asyncio.gather(*self._lanes, return_exceptions=True)
        for client in self._clients:
            client.close()
        while self._waiting:
            _tell(self._waiting.popleft(), Reply(Word.SILENT, self.name, "it is not asked any more"))

    def offer(self, parcel: Parcel) -> None:
        """Its reply comes by itself; at once when this peer is down."""
        if not self.up:
            _tell(parcel, Reply(Word.SILENT, self.name, self.why))
            return
        self._waiting.append(parcel)
        self._wake(1)

    async def _lane(self, number: int) -> None:
        client, warm = self._clients[number], False
        while True:
            if not self.up:
                warm = False
                if number:  # one lane is enough to find out whether it lives
                    await self._call(PING_DOWN_S)
                    continue
            if not warm:
                warm = await self._ping(client)
                if not warm:
                    await asyncio.sleep(PING_DOWN_S)
                continue
            if not self._waiting:
                warm = await self._call(PING_S)
                continue
            if parcels := self._take():
                warm = await self._carry(client, parcels)

    async def _call(self, limit_s: float) -> bool:
        """Whether somebody called within the limit."""
        called = asyncio.get_running_loop().create_future()
        self._idle.append(called)
        try:
            async with asyncio.timeout(limit_s):
                await called
        except TimeoutError:
            return False
        finally:
            with contextlib.suppress(ValueError):
                self._idle.remove(called)
        return True

    def _wake(self, lanes: int) -> None:
        while self._idle and lanes:
            called = self._idle.popleft()
            if not called.done():
                called.set_result(None)
                lanes -= 1

    def _take(self) -> list[Parcel]:
        """All that can go together. What nobody waits for any more is thrown away: its taker has spooled it."""
        now_s, taken, size, entries = asyncio.get_running_loop().time(), list[Parcel](), 0, 0
        while self._waiting:
            first = self._waiting[0]
            if first.until_s <= now_s or first.reply.done():
                _tell(self._waiting.popleft(), Reply(Word.SILENT, self.name, "it was not asked in time"))
                continue
            size, entries = size + first.size, entries + len(first.entries)
            if taken and (first.kind != taken[0].kind or size > _BYTES_MAX or entries > _ENTRIES_MAX):
                break
            taken.append(self._waiting.popleft())
        return taken

    async def _ping(self, client: Client) -> bool:
        """An append of nothing: it makes the connection warm and is no promise."""
        try:
            await client.ask("/v1/journal/append", {"store": "", "epoch": 0, "entries": []}, ASK_S)
        except NoAnswer as error:
            self._fell_silent(error.why)
            return False
        if not self.up:
            self.up, self.why = True, ""
            self._wake(LANES)
        return True

    async def _carry(self, client: Client, parcels: list[Parcel]) -> bool:
        store, epoch, late = parcels[0].kind
        body = {
            "store": store,
            "epoch": int(epoch),
            "late": late,
            "entries": [entry.to_json() for parcel in parcels for entry in parcel.entries],
        }
        try:
            answer = await client.ask("/v1/journal/append", body, ASK_S)
        except NoAnswer as error:
            self._fell_silent(error.why)
            reply = Reply(Word.SILENT, self.name, error.why)
        except asyncio.CancelledError:
            for parcel in parcels:
                _tell(parcel, Reply(Word.SILENT, self.name, "it is not asked any more"))
            raise
        else:
            reply = _read(answer, self.name)
        for parcel in parcels:
            _tell(parcel, reply)
        return reply.word is not Word.SILENT

    def _fell_silent(self, why: str) -> None:
        self.up, self.why = False, why
        self._wake(LANES)  # the one that pings may wait for something to carry
        while self._waiting:
            _tell(self._waiting.popleft(), Reply(Word.SILENT, self.name, why))


class Courier:
    """All peers of this agent."""

    def __init__(self, tls: ssl.SSLContext) -> None:
        self._tls = tls
        self._peers: dict[Where, Peer] = {}

    @property
    def peers(self) -> list[Peer]:
        return list(self._peers.values())

    async def call_on(self, wheres: Sequence[Where]) -> None:
        """From now on these; connections to those that stay are kept."""
        wanted = list(dict.fromkeys(wheres))[:PEERS_MAX]
        gone = [peer for where, peer in self._peers.items() if where not in wanted]
        self._peers = {where: self._peers.get(where) or self._begun(where) for where in wanted}
        for peer in gone:
            await peer.stop()

    async def stop(self) -> None:
        await self.call_on([])

    def send(self, entries: Sequence[OrderEntry], late: bool, limit_s: float) -> "list[asyncio.Future[Reply]]":
        """The replies of all peers to come. None waits much longer than the limit."""
        until_s = asyncio.get_running_loop().time() + limit_s
        parcels = []
        for peer in self._peers.values():
            parcel = Parcel(entries, late, until_s)
            peer.offer(parcel)
            parcels.append(parcel)
        return [parcel.reply for parcel in parcels]

    def _begun(self, where: Where) -> Peer:
        peer = Peer(where, self._tls)
        peer.start()
        return peer


def _tell(parcel: Parcel, reply: Reply) -> None:
    if not parcel.reply.done():
        parcel.reply.set_result(reply)


def _read(answer: Answer, peer: str) -> Reply:
    if answer.status == 200:
        return Reply(Word.KEPT, peer)
    why = str(answer.body.get("error", f"status {answer.status}"))
    if answer.status == 409:
        epoch = answer.body.get("epoch")
        return Reply(Word.OVER, peer, why, epoch if isinstance(epoch, int) else 0)
    return Reply(Word.REFUSED, peer, why)
