"""Asks relays and promisors over the network, within limits. What their answers mean is permit_rules' business.

A relay that hangs is not waited out: after a step the next one is asked besides, and the first definite answer wins.
All of them are asked for the same renewal, whose clocks were read before the first one was asked.
"""

import asyncio
import contextlib
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Protocol, TypeVar

from farshore.agent.clocks import AgentClock
from farshore.agent.permit_rules import Pace, Word, ended_by_promisor, in_order, shunned, word
from farshore.agent.terms import Address, Promisor, Terms
from farshore.model.region import Epoch
from farshore.ports.agent_wire import Json
from farshore.transport.message import AGENT, Answer, NoAnswer

T = TypeVar("T")

ANY = ""


@dataclass(frozen=True, slots=True)
class Peer:
    address: Address
    role: str = ANY  # what its certificate must say
    name: str = ""


class Peers(Protocol):
    async def ask(self, peer: Peer, path: str, body: Json, timeout_s: float) -> Answer:
        """The answer to this question. Raises NoAnswer."""
        ...


@dataclass(frozen=True, slots=True)
class RelayAnswer:
    """The first definite answer; `word` is SILENT or STORE_OUT when there was none. `words` holds each relay's."""

    word: Word
    words: tuple[Word, ...]
    answer: Answer | None = None


class Relays:
    def __init__(self, peers: Peers, clock: AgentClock, role: str = ANY) -> None:
        self._peers = peers
        self._clock = clock
        self._role = role
        self._shunned_until_s: dict[Address, float] = {}

    async def renew(self, terms: Terms, body: Json, pace: Pace) -> RelayAnswer:
        """Passes `body` on to relay after relay. Never raises; takes pace.relays_s at most."""
        relays = in_order(terms.relays, self._shunned_until_s, self._now_s())
        asked: dict[asyncio.Task[Answer | None], Address] = {}
        words: dict[Address, Word] = {}
        answers: dict[Address, Answer] = {}
        until_s = self._now_s() + pace.relays_s
        try:
            for number, relay in enumerate(relays):
                peer = Peer(relay, self._role)
                asked[asyncio.create_task(self._ask(peer, body, until_s - self._now_s()))] = relay
                last = number + 1 == len(relays)
                step_s = until_s - self._now_s() if last else min(pace.step_s, until_s - self._now_s())
                found = await self._definite(asked, words, answers, step_s)
                if found is not None:
                    return RelayAnswer(words[found], tuple(words.values()), answers[found])
        finally:
            for task, relay in asked.items():
                if relay not in words:
                    self._shunned_until_s[relay] = shunned(terms, self._now_s())
                task.cancel()
        said = tuple(words.get(relay, Word.SILENT) for relay in relays)
        return RelayAnswer(Word.STORE_OUT if Word.STORE_OUT in said else Word.SILENT, said)

    async def _definite(
        self,
        asked: dict[asyncio.Task[Answer | None], Address],
        words: dict[Address, Word],
        answers: dict[Address, Answer],
        limit_s: float,
    ) -> Address | None:
        """Waits for a definite answer, for all that were asked to have answered, or for the limit."""
        until_s = self._now_s() + limit_s
        while pending := {task for task, relay in asked.items() if relay not in words}:
            done = await wait_some(pending, self._clock, until_s - self._now_s())
            for task in sorted(done, key=lambda task: list(asked).index(task)):
                relay, answer = asked[task], task.result()
                words[relay] = word(answer.status if answer else None)
                if answer is not None:
                    answers[relay] = answer
            for relay, said in words.items():
                if said in (Word.RENEWED, Word.ENDED):
                    return relay
            if not done:
                return None
        return None

    async def _ask(self, peer: Peer, body: Json, timeout_s: float) -> Answer | None:
        with contextlib.suppress(NoAnswer):
            return await self._peers.ask(peer, "/v1/renew", body, max(0.01, timeout_s))
        return None

    def _now_s(self) -> float:
        return self._clock.now().boot_ns / 1e9


@dataclass(frozen=True, slots=True)
class Promised:
    by: Mapping[str, bool]
    ended: bool  # one of them says that this epoch is revoked or over


async def ask_promisors(
    peers: Peers, clock: AgentClock, promisors: Sequence[Promisor], epoch: Epoch, body: Json, limit_s: float
) -> Promised:
    """All at once. Whoever has not answered within the limit has not promised."""

    async def ask(promisor: Promisor) -> tuple[bool, bool]:
        try:
            answer = await peers.ask(
                Peer(promisor.address, AGENT, promisor.name), "/v1/promise", body, max(0.01, limit_s)
            )
        except NoAnswer:
            return False, False
        promised = answer.status == 200 and answer.body.get("promised") is True
        return promised, ended_by_promisor(answer.status, answer.body, epoch)

    tasks = {promisor.name: asyncio.create_task(ask(promisor)) for promisor in promisors}
    pending, until_s = set(tasks.values()), clock.now().boot_ns / 1e9 + limit_s
    while pending:
        done = await wait_some(pending, clock, until_s - clock.now().boot_ns / 1e9)
        if not done:
            break
        pending -= done
    for task in pending:
        task.cancel()
    results = {name: task.result() for name, task in tasks.items() if task.done() and not task.cancelled()}
    return Promised(
        {name: promised for name, (promised, _) in results.items()}, any(ended for _, ended in results.values())
    )


async def wait_some(tasks: set[asyncio.Task[T]], clock: AgentClock, limit_s: float) -> set[asyncio.Task[T]]:
    """Those that are done as soon as one is, or none when the limit is over, on the injected clock."""
    if limit_s <= 0:
        return {task for task in tasks if task.done()}
    limit = asyncio.ensure_future(clock.sleep(limit_s))
    try:
        await asyncio.wait({*tasks, limit}, return_when=asyncio.FIRST_COMPLETED)
    finally:
        limit.cancel()
    return {task for task in tasks if task.done()}
