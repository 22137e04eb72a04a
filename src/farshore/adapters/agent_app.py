"""App servers through their agents, over signed HTTP on one warm connection each. Implements the app port."""

import asyncio
import json
import secrets
import time
from collections.abc import Sequence
from dataclasses import dataclass

from farshore.adapters.agent_view import seconds, view_from_json
from farshore.model.failure import Refused, RetryLater, Unknown, Unreachable
from farshore.model.permit import PermitTerms
from farshore.model.region import Endpoint, Epoch
from farshore.ports.agent_wire import (
    PORT,
    SIGNATURE_HEADER,
    Json,
    endpoint_to_json,
    same_signature,
    sign_answer,
    sign_request,
    target_to_json,
)
from farshore.ports.app import AgentView, Bridge, Promisor
from farshore.ports.prober import Target

_ANSWER_MAX = 1024 * 1024
_CATCH_UPS = 3


class _Lost(Exception):
    """The connection broke; `sent` says whether the agent may have read the request."""

    def __init__(self, why: str, sent: bool) -> None:
        super().__init__(why)
        self.sent = sent


@dataclass(frozen=True, slots=True)
class _Answer:
    status: int
    body: Json


class AgentApp:
    """Calls are sent one after the other, so that `at_ms` grows in the order in which the agent reads it."""

    def __init__(
        self, name: str, address: str, key: bytes, controller: str, port: int = PORT, timeout_s: float = 1.2
    ) -> None:
        self._name = name
        self._address = address
        self._port = port
        self._key = key
        self._controller = controller
        self._timeout_s = timeout_s
        self._last_ms = 0
        self._turn = asyncio.Lock()
        self._stream: tuple[asyncio.StreamReader, asyncio.StreamWriter] | None = None

    @property
    def name(self) -> str:
        return self._name

    async def view(self, runs: bool = False) -> AgentView:
        try:
            answer = await self._command("/v1/view", {"runs": runs})
        except Unknown as unknown:  # nothing can have been changed by a look
            raise Unreachable(unknown.what) from unknown
        if answer.status != 200:
            raise self._refusal(answer)
        try:
            return view_from_json(answer.body)
        except (ValueError, TypeError) as error:
            raise self._unreadable(error) from error

    async def point(self, endpoint: Endpoint, bridge: Bridge | None = None) -> None:
        handed = None if bridge is None else {"address": bridge.address, "what": bridge.what.value}
        answer = await self._command("/v1/point", {"endpoint": endpoint_to_json(endpoint), "bridge": handed})
        if answer.status != 200:
            raise self._refusal(answer)

    async def watch(self, epoch: Epoch, targets: Sequence[Target], interval_s: float, timeout_s: float) -> None:
        body = {
            "epoch": int(epoch),
            "targets": [target_to_json(target) for target in targets],
            "interval_s": interval_s,
            "timeout_s": timeout_s,
        }
        answer = await self._command("/v1/watch", body)
        if answer.status != 200:
            raise self._refusal(answer)

    async def terms(
        self, epoch: Epoch, permit: PermitTerms, relays: Sequence[str], promisors: Sequence[Promisor]
    ) -> None:
        body = {
            "epoch": int(epoch),
            "permit": {
                "d_s": permit.d_s,
                "renew_s": permit.renew_s,
                "soft_s": permit.soft_s,
                "wait_s": permit.wait_s,
                "gate": permit.gate.value,
            },
            "relays": list(relays),
            "promisors": [{"name": promisor.name, "address": promisor.address} for promisor in promisors],
        }
        answer = await self._command("/v1/terms", body)
        if answer.status != 200:
            raise self._refusal(answer)

    async def revoke(self, epoch: Epoch) -> float | None:
        answer = await self._command("/v1/revoke", {"epoch": int(epoch)})
        if answer.status != 200:
            raise self._refusal(answer)
        try:
            ago_s = answer.body["promised_ago_s"]  # without it nothing is known, which is not the same as never
            return None if ago_s is None else seconds(ago_s, "promised_ago_s")
        except (KeyError, ValueError) as error:
            raise self._unreadable(error) from error

    async def close(self) -> None:
        self._hang_up()

    def _unreadable(self, error: Exception) -> Refused:
        return Refused(f"Agent {self._name} answers what cannot be read: {error}", "Deploy the agents again.")

    def _refusal(self, answer: _Answer) -> Refused | RetryLater:
        error = str(answer.body.get("error", f"status {answer.status}"))
        if answer.status == 425:
            try:
                after_s = seconds(answer.body.get("after_s"), "after_s")
            except ValueError:
                after_s = 1.0
            return RetryLater(f"Agent {self._name}: {error}", after_s=after_s)
        if answer.status == 507:
            return RetryLater(f"Agent {self._name}: {error}", after_s=1.0)
        return Refused(f"Agent {self._name}: {error}")

    # transport

    async def _command(self, path: str, body: Json) -> _Answer:
        """Again when the agent has seen a larger `at_ms`: our clock went back, or another program has our name."""
        async with self._turn:
            answer = await self._exchange(path, body)
            for _ in range(_CATCH_UPS):
                newest_ms = answer.body.get("at_ms")
                if answer.status != 409 or not isinstance(newest_ms, int):
                    break
                self._last_ms = max(self._last_ms, newest_ms)
                answer = await self._exchange(path, body)
            return answer

    async def _exchange(self, path: str, body: Json) -> _Answer:
        try:
            async with asyncio.timeout(self._timeout_s):
                if self._stream is not None:
                    try:
                        return await self._ask(path, body)
                    except _Lost:
                        self._hang_up()  # idle too long, or a restarted agent: every command is safe to send again
                return await self._ask(path, body)
        except _Lost as lost:
            self._hang_up()
            raise self._lost(str(lost), lost.sent) from lost
        except TimeoutError as error:
            sent = self._stream is not None
            self._hang_up()
            raise self._lost(f"no answer within {self._timeout_s:g} s", sent) from error
        except BaseException:
            self._hang_up()  # cancelled half-way: the next answer on this connection would be another's
            raise

    def _lost(self, why: str, sent: bool) -> Unknown | Unreachable:
        where = f"Agent {self._name} at {self._address}:{self._port}"
        if sent:
            return Unknown(f"{where} was asked but did not answer: {why}.")
        return Unreachable(f"{where} cannot be reached: {why}.", "Is the app server up, and its agent running?")

    async def _ask(self, path: str, body: Json) -> _Answer:
        reader, writer = await self._connect()
        nonce = secrets.token_hex(16)
        self._last_ms = max(self._last_ms + 1, time.time_ns() // 1_000_000)
        stamped = {"nonce": nonce, "controller": self._controller, "at_ms": self._last_ms, **body}
        raw = json.dumps(stamped).encode()
        head = (
            f"POST {path} HTTP/1.1\r\nHost: {self._name}\r\nContent-Type: application/json\r\n"
            f"Content-Length: {len(raw)}\r\n{SIGNATURE_HEADER}: {sign_request(self._key, 'POST', path, raw)}\r\n\r\n"
        )
        try:
            writer.write(head.encode() + raw)
            await writer.drain()
            status, signature, answer = await _read_answer(reader)
        except (OSError, asyncio.IncompleteReadError, asyncio.LimitOverrunError, ValueError, IndexError) as error:
            raise _Lost(f"the connection broke ({type(error).__name__})", sent=True) from error
        return self._checked(path, nonce, status, signature, answer)

    def _checked(self, path: str, nonce: str, status: int, signature: str, raw: bytes) -> _Answer:
        if status == 401:
            raise Refused(
                f"Agent {self._name} does not accept our signature.", "Deploy the agents with this group's key."
            )
        if not same_signature(signature, sign_answer(self._key, path, raw)):
            raise Refused(f"The answer of agent {self._name} (status {status}) is not signed with the group's key.")
        try:
            body = json.loads(raw)
        except ValueError as error:
            raise Refused(f"Agent {self._name} answers no JSON.") from error
        if not isinstance(body, dict) or (body.get("nonce") != nonce and status != 400):
            raise Refused(f"The answer of agent {self._name} is not the answer to our question.")
        return _Answer(status, body)

    async def _connect(self) -> tuple[asyncio.StreamReader, asyncio.StreamWriter]:
        if self._stream is None:
            try:
                self._stream = await asyncio.open_connection(self._address, self._port)
            except OSError as error:
                raise _Lost(error.strerror or str(error), sent=False) from error
        return self._stream

    def _hang_up(self) -> None:
        if self._stream is not None:
            self._stream[1].transport.abort()
            self._stream = None


async def _read_answer(reader: asyncio.StreamReader) -> tuple[int, str, bytes]:
    head = (await reader.readuntil(b"\r\n\r\n")).decode("latin-1")
    first, *rest = head.split("\r\n")
    headers = {name.strip().lower(): value.strip() for name, _, value in (line.partition(":") for line in rest)}
    length = int(headers.get("content-length", "0"))
    if not 0 <= length <= _ANSWER_MAX:
        raise ValueError("length")
    body = await reader.readexactly(length)
    return int(first.split(" ")[1]), headers.get(SIGNATURE_HEADER.lower(), ""), body


class AgentApps:
    """The app servers of one region, as wiring found them."""

    def __init__(self, apps: Sequence[AgentApp]) -> None:
        self._apps = tuple(apps)

    def all(self) -> Sequence[AgentApp]:
        return self._apps
