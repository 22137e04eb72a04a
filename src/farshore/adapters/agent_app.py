"""App servers through their agents, over one warm connection each. Implements the app port."""

import asyncio
import ssl
import time
from collections.abc import Sequence
from dataclasses import replace

from farshore.adapters.agent_journal import AgentJournal
from farshore.adapters.agent_view import seconds, view_from_json
from farshore.model.failure import Refused, RetryLater, Unknown, Unreachable
from farshore.model.permit import PermitTerms
from farshore.model.region import Endpoint, Epoch
from farshore.ports.agent_wire import PORT, Json, endpoint_to_json, target_to_json
from farshore.ports.app import AgentView, Bridge, Promisor
from farshore.ports.prober import Target
from farshore.transport.client import Client
from farshore.transport.message import AGENT, Answer, NoAnswer, NotTrusted

_CATCH_UPS = 3


class AgentApp:
    """Calls are sent one after the other, so that `at_ms` grows in the order in which the agent reads it."""

    def __init__(
        self, name: str, address: str, tls: ssl.SSLContext, controller: str, port: int = PORT, timeout_s: float = 1.2
    ) -> None:
        """`name` is the host's, and must be the one in the certificate of whoever answers there."""
        self._name = name
        self._where = f"{address}:{port}"
        self._client = Client(address, port, tls, AGENT, name)
        self._pages = Client(address, port, tls, AGENT, name)
        self._controller = controller
        self._timeout_s = timeout_s
        self._last_ms = 0
        self._turn = asyncio.Lock()
        self._journal = AgentJournal(
            name,
            lambda path, body, timeout_s: self._sent(self._client, path, body, timeout_s),
            lambda path, body, timeout_s: self._sent(self._pages, path, body, timeout_s),
        )

    @property
    def name(self) -> str:
        return self._name

    @property
    def address(self) -> str:
        return self._where

    @property
    def journal(self) -> AgentJournal:
        return self._journal

    async def view(self, runs: bool = False) -> AgentView:
        try:
            answer = await self._command("/v1/view", {"runs": runs})
        except Unknown as unknown:  # nothing can have been changed by a look
            raise Unreachable(unknown.what) from unknown
        if answer.status != 200:
            raise self._refusal(answer)
        try:
            view = view_from_json(answer.body)
        except (ValueError, TypeError) as error:
            raise self._unreadable(error) from error
        until_s = self._client.peer_until_s
        return view if until_s is None else replace(view, certificate_left_s=until_s - time.time())

    async def point(self, endpoint: Endpoint, bridge: Bridge | None = None, whole: bool = False) -> None:
        handed = None if bridge is None else {"address": bridge.address, "what": bridge.what.value}
        body = {"endpoint": endpoint_to_json(endpoint), "bridge": handed, "whole": whole}
        answer = await self._command("/v1/point", body)
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

    async def close_checkout(self, epoch: Epoch, reopens_s: float, wait_s: float) -> bool:
        body = {"epoch": int(epoch), "reopens_s": reopens_s, "wait_s": wait_s}
        answer = await self._command("/v1/close", body, wait_s)
        if answer.status != 200:
            raise self._refusal(answer)
        return answer.body.get("drained") is True

    async def close(self) -> None:
        self._client.close()
        self._pages.close()

    def _unreadable(self, error: Exception) -> Refused:
        return Refused(f"Agent {self._name} answers what cannot be read: {error}", "Deploy the agents again.")

    def _refusal(self, answer: Answer) -> Refused | RetryLater:
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

    async def _command(self, path: str, body: Json, longer_s: float = 0.0) -> Answer:
        """Again when the agent has seen a larger `at_ms`: our clock went back, or another program has our name."""
        async with self._turn:
            answer = await self._ask(path, body, longer_s)
            for _ in range(_CATCH_UPS):
                newest_ms = answer.body.get("at_ms")
                if answer.status != 409 or not isinstance(newest_ms, int):
                    break
                self._last_ms = max(self._last_ms, newest_ms)
                answer = await self._ask(path, body, longer_s)
            return answer

    async def _ask(self, path: str, body: Json, longer_s: float) -> Answer:
        self._last_ms = max(self._last_ms + 1, time.time_ns() // 1_000_000)
        stamped = {"controller": self._controller, "at_ms": self._last_ms, **body}
        return await self._sent(self._client, path, stamped, self._timeout_s + longer_s)

    async def _sent(self, client: Client, path: str, body: Json, timeout_s: float) -> Answer:
        try:
            return await client.ask(path, body, timeout_s)
        except NotTrusted as error:
            raise Refused(
                f"Agent {self._name} at {self._where} and this controller do not trust each other: {error.why}.",
                "Run `farshore agents deploy` with this group's authority.",
            ) from error
        except NoAnswer as error:
            if error.sent:
                raise Unknown(
                    f"Agent {self._name} at {self._where} was asked but did not answer: {error.why}."
                ) from error
            raise Unreachable(
                f"Agent {self._name} at {self._where} cannot be reached: {error.why}.",
                "Is the app server up, and its agent running?",
            ) from error


class AgentApps:
    """The app servers of one region, as wiring found them."""

    def __init__(self, apps: Sequence[AgentApp]) -> None:
        self._apps = tuple(apps)

    def all(self) -> Sequence[AgentApp]:
        return self._apps
