"""The loop that keeps this app server's permit alive while its endpoint file says writer, and ends it at once when not.

One round: read the clocks, ask, and only then write the row, open the gate and write the file. What a round learnt is
worth nothing when the agent was told otherwise meanwhile; that is looked at again before it writes.
"""

import asyncio
import contextlib
import sys
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Protocol

from farshore.agent import permit_rules
from farshore.agent.asking import Peers, RelayAnswer, Relays, ask_promisors, wait_some
from farshore.agent.clocks import AgentClock, Clocks
from farshore.agent.closing import Closing
from farshore.agent.database_connection import NoRow
from farshore.agent.database_permit import PermitRow
from farshore.agent.kernel_gate import Gate, GateBroken
from farshore.agent.permit_file import NotWritten, PermitFile
from farshore.agent.permit_rules import Word
from farshore.agent.terms import Terms
from farshore.model.permit import Gate as GateKind
from farshore.model.region import Endpoint, Epoch

_QUIET_S = 5.0  # nothing to renew: looked at again after so long, though every command wakes the loop
_LEAST_S = 0.05


class Known(Protocol):
    """What the agent was told, as it stands now."""

    @property
    def terms(self) -> Terms | None: ...

    @property
    def writer(self) -> Endpoint | None:
        """The last endpoint that made this app server a writer's, also after a reboot."""
        ...

    def writing(self) -> Endpoint | None:
        """The endpoint under which orders may be taken, if the permit is renewed; None when there is none."""
        ...

    def end(self, epoch: Epoch) -> None:
        """The store of record says that this epoch is over for us."""
        ...

    def unread(self) -> bool:
        """This agent's memory is younger than what it may have promised or revoked."""
        ...

    def has_read(self, epoch: Epoch, revoked: bool) -> None:
        """What the store of record says of the epoch."""
        ...


@dataclass(frozen=True, slots=True)
class Parts:
    file: PermitFile
    closing: Closing
    row: PermitRow
    gate: Gate
    peers: Peers


class Renewing:
    def __init__(self, agent: str, place: str, known: Known, parts: Parts, clock: AgentClock) -> None:
        self._agent = agent
        self._place = place
        self._known = known
        self._parts = parts
        self._clock = clock
        self._relays = Relays(parts.peers, clock)
        self._woken = asyncio.Event()
        self._task: asyncio.Task[None] | None = None
        self._trouble: dict[str, str] = {}  # by part, until it works again

    def troubles(self) -> list[str]:
        return list(self._trouble.values())

    def start(self) -> None:
        self._task = asyncio.create_task(self._loop())

    async def stop(self) -> None:
        """The permit stays as it is: an agent that restarts must not close the shop."""
        if self._task is not None:
            self._task.cancel()
            await asyncio.gather(self._task, return_exceptions=True)
        self._parts.row.close()

    def wake(self) -> None:
        self._woken.set()

    def close_file(self) -> None:
        """At once, before anything else that the end of a permit needs."""
        with self._told("file", NotWritten):
            self._parts.file.remove()

    async def close_gate(self) -> None:
        """Nothing where there is none."""
        with self._told("gate", GateBroken):
            await self._parts.gate.close()

    async def _loop(self) -> None:
        while True:
            self._woken.clear()
            try:
                due_s = await self.round()
            except Exception as error:  # a bug must be told, and must not end the loop: the permit would
                self._say("bug", f"The agent's renewal failed unexpectedly: {error!r}.")
                due_s = 1.0
            await self._wait(max(_LEAST_S, due_s))

    async def _wait(self, seconds: float) -> None:
        woken = asyncio.create_task(self._woken.wait())
        try:
            await wait_some({woken}, self._clock, seconds)
        finally:
            woken.cancel()

    async def round(self) -> float:
        """Does what is due and says in how many seconds to come again."""
        self._parts.closing.tidy()
        if left_s := self._parts.closing.left_s():
            return min(left_s, _QUIET_S)
        terms, endpoint = self._known.terms, self._known.writing()
        if terms is None or endpoint is None:
            await self._close(terms)
            return await self._read_record(terms)
        pace = permit_rules.pace(terms)
        database_clock = await self._database_clock(endpoint, terms, pace.database_s)
        before = self._clock.now()
        renewed = await self._renewed(endpoint, terms)
        if renewed and self._known.writing() == endpoint:
            await self._extend(endpoint, terms, before, database_clock)
        if self._known.writing() != endpoint:
            return 0.0
        return permit_rules.next_round_s(_s(before), _s(self._clock.now()), terms, renewed)

    async def _read_record(self, terms: Terms | None) -> float:
        """By asking for a permit that is another region's: the refusal says what the record is."""
        if terms is None or not self._known.unread() or not terms.lists(self._agent):
            return _QUIET_S
        body = {"agent": self._agent, "region": self._place, "epoch": int(terms.epoch)}
        told = await self._relays.renew(terms, body, permit_rules.pace(terms))
        record = permit_rules.record_of(told.answer.status, told.answer.body) if told.answer else None
        if record is None:
            return terms.renew_s
        self._known.has_read(*record)
        return _QUIET_S

    async def _renewed(self, endpoint: Endpoint, terms: Terms) -> bool:
        pace = permit_rules.pace(terms)
        body = {"agent": self._agent, "region": str(endpoint.region), "epoch": int(endpoint.epoch)}
        heard = await self._relays.renew(terms, body, pace)
        if heard.word == Word.ENDED:
            self._end(endpoint, heard)
            return False
        if heard.word == Word.RENEWED:
            self._trouble.pop("renewal", None)
            return True
        if not permit_rules.failsafe_may(heard.words, endpoint, terms, self._agent):
            self._say("renewal", "No controller renews the permit, and nobody else may be asked for it.")
            return False
        wish = {**body, "wait_s": terms.wait_s}
        promised = await ask_promisors(
            self._parts.peers, self._clock, terms.promisors, endpoint.epoch, wish, pace.promisors_s
        )
        if promised.ended:
            self._end(endpoint, heard)
            return False
        whole = permit_rules.all_promised(promised.by, terms)
        silent = [promisor.name for promisor in terms.promisors if not promised.by.get(promisor.name)]
        self._say(
            "renewal",
            "No controller renews the permit; "
            + ("the standby's agents do." if whole else f"{', '.join(silent)} did not promise to stay closed."),
        )
        return whole

    def _end(self, endpoint: Endpoint, heard: RelayAnswer) -> None:
        self._say("renewal", f"Epoch {endpoint.epoch} is over for {endpoint.region}; its permit was not renewed.")
        self.close_file()
        self._known.end(endpoint.epoch)

    async def _extend(self, endpoint: Endpoint, terms: Terms, before: Clocks, database_clock: str | None) -> None:
        permit = permit_rules.renewed(endpoint.epoch, endpoint.region, before, terms)
        if database_clock is not None:
            with self._told("row", NoRow):
                limit_s = permit_rules.pace(terms).database_s
                await self._parts.row.write(endpoint, database_clock, terms.d_s, limit_s)
        if terms.gate == GateKind.KERNEL:
            try:
                await self._parts.gate.open(endpoint, permit.left_s(self._clock.now()))
            except GateBroken as error:  # without its gate a permit is only a wish
                self._say("gate", str(error))
                return
            self._trouble.pop("gate", None)
        if self._known.writing() != endpoint:  # told otherwise meanwhile; no await between this and the file
            await self._close(terms)
            return
        if self._parts.closing.left_s():
            return
        with self._told("file", NotWritten):
            self._parts.file.write(permit)

    async def _close(self, terms: Terms | None) -> None:
        self.close_file()
        with self._told("gate", GateBroken):
            if terms is not None and terms.gate != GateKind.KERNEL:
                await self._parts.gate.remove()
            elif terms is not None:
                if self._known.writer is not None:
                    await self._parts.gate.install(self._known.writer)
                await self._parts.gate.close()

    async def _database_clock(self, endpoint: Endpoint, terms: Terms, limit_s: float) -> str | None:
        """None when there is no row to write: the kernel's gate stands in for it, and a closed one costs time."""
        if terms.gate == GateKind.KERNEL:
            await self._install(endpoint)
            return None
        with self._told("gate", GateBroken):
            await self._parts.gate.remove()
        with self._told("database clock", NoRow):
            return await self._parts.row.clock(endpoint, limit_s)
        return None

    async def _install(self, endpoint: Endpoint) -> None:
        with self._told("gate", GateBroken):
            await self._parts.gate.install(endpoint)

    @contextlib.contextmanager
    def _told(self, part: str, failure: type[Exception]) -> Iterator[None]:
        """A failure of one part is said once and in the view, and goes away when it works again."""
        try:
            yield
        except failure as error:
            self._say(part, str(error))
        else:
            self._trouble.pop(part, None)

    def _say(self, part: str, sentence: str) -> None:
        if self._trouble.get(part) != sentence:
            print(sentence, file=sys.stderr, flush=True)
        self._trouble[part] = sentence


def _s(clocks: Clocks) -> float:
    return clocks.boot_ns / 1e9
