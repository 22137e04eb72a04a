"""The API's server: authorises, limits, injects faults, finds the route, renders the answer.

Started by the lab's daemon with sockets that it opened in other network namespaces.
"""

import asyncio
import contextlib
import json
import logging
import secrets
import socket
import time
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TextIO

from aiohttp import web

from tidepool.api import fields
from tidepool.api.account import Account, now
from tidepool.api.authority import Authority
from tidepool.api.backend import Backend, BackendError, Json
from tidepool.api.errors import ApiError, body_of
from tidepool.api.faults import Fault, Faults
from tidepool.api.limits import Limits
from tidepool.api.pace import Pace
from tidepool.api.routes import ROUTES
from tidepool.api.routing import Answer, Call, Route, find
from tidepool.api.tokens import Token

log = logging.getLogger(__name__)

API_NAME = "api.tidepool.test"


class Dropped(Exception):
    """The connection goes without an answer."""


@dataclass
class Server:
    """A running API. `faults` is the hook for `tidepool fault`; `account.pace` is what reports print."""

    account: Account
    tokens: Mapping[str, Token]
    limits: Limits
    faults: Faults
    runner: web.ServerRunner | None = None
    stopping: asyncio.Event | None = None
    requests: TextIO | None = None

    async def serve(self, request: web.BaseRequest) -> web.StreamResponse:
        started = time.monotonic()
        response = await self.respond(request)
        if self.requests:
            took_ms = (time.monotonic() - started) * 1000
            self.requests.write(f"{now()} {request.method} {request.path_qs} {response.status} {took_ms:.0f}ms\n")
        return response

    async def stop(self) -> None:
        if self.stopping:
            self.stopping.set()
        if self.runner:
            await self.runner.cleanup()
        await self.account.close()
        if self.requests:
            self.requests.close()
            self.requests = None

    async def respond(self, request: web.BaseRequest) -> web.StreamResponse:
        request_id = secrets.token_hex(16)
        headers = {"x-request-id": request_id}
        try:
            answer = await self._answer(request, headers)
        except Dropped:
            if request.transport:
                request.transport.abort()
            return web.Response(status=500)  # goes nowhere
        except ApiError as refusal:
            if refusal.plain:
                return web.Response(status=refusal.status, text=refusal.message, headers=headers)
            answer = Answer(refusal.status, dict(body_of(refusal.status, refusal.message, request_id)))
        except BackendError as failure:
            log.error("%s %s: %s", request.method, request.path, failure)
            answer = Answer(500, dict(body_of(500, str(failure), request_id)))
        except Exception:
            log.exception("%s %s failed", request.method, request.path)
            answer = Answer(500, dict(body_of(500, "Server Error", request_id)))
        if answer.body is None:
            return web.Response(status=answer.status, headers=headers)
        return web.json_response(answer.body, status=answer.status, headers=headers)

    async def _answer(self, request: web.BaseRequest, headers: dict[str, str]) -> Answer:
        token = self._token(request)
        verdict = self.limits.admit(token.secret)
        headers.update(verdict.headers())
        if verdict.refused:
            raise ApiError(429, "API Rate limit exceeded.")
        path = request.path.rstrip("/") or "/"
        fault = self.faults.take(request.method, path)
        if fault:
            await self._before(fault, request, headers)
        route, params = find(ROUTES, request.method, path)
        if not token.may(route.scopes):
            raise ApiError(403, "You are not authorized to perform this operation")
        base = f"{request.scheme}://{request.host}"
        body = await _body(request)
        fields.check(body)
        call = Call(self.account, token, params, dict(request.query), body, base)
        if fault and fault.late_s:
            self.account.spawn(_land(fault.late_s, route, call))
            if fault.ambiguous or not route.empty:
                raise Dropped
            return Answer(204)
        answer = await route.handler(call)
        if fault and fault.ambiguous:
            raise Dropped
        return answer

    def _token(self, request: web.BaseRequest) -> Token:
        kind, _, secret = request.headers.get("Authorization", "").partition(" ")
        if kind.lower() != "bearer" or (token := self.tokens.get(secret.strip())) is None:
            raise ApiError(401, "Unable to authenticate you")
        return token

    async def _before(self, fault: Fault, request: web.BaseRequest, headers: dict[str, str]) -> None:
        """What a fault does before anything was done."""
        if fault.delay_s:
            await asyncio.sleep(fault.delay_s)
        if fault.timeout:
            await self._hang(request)
        if fault.status == 429:
            headers.update({"ratelimit-remaining": "0", "retry-after": "1"})
            raise ApiError(429, "API Rate limit exceeded.")
        if fault.status:
            raise ApiError(fault.status, "Server Error" if fault.status == 500 else "Service Unavailable")

    async def _hang(self, request: web.BaseRequest) -> None:
        """Say nothing until the client gives up or the lab goes down."""
        while request.transport and not request.transport.is_closing() and self.stopping and not self.stopping.is_set():
            with contextlib.suppress(TimeoutError):
                await asyncio.wait_for(self.stopping.wait(), 0.5)
        raise Dropped


async def _land(late_s: float, route: Route, call: Call) -> None:
    """The effect of a call that was answered long ago; a refusal has nobody left to hear it."""
    await asyncio.sleep(late_s)
    try:
        await route.handler(call)
    except ApiError as refusal:
        log.warning("%s %s landed late and was refused: %s", route.method, route.path, refusal.message)


async def _body(request: web.BaseRequest) -> Json:
    raw = await request.read()
    if not raw.strip():
        return {}
    try:
        found = json.loads(raw)
    except ValueError:
        raise ApiError(400, "The request body is not valid JSON.") from None
    if not isinstance(found, dict):
        raise ApiError(400, "The request body must be a JSON object.")
    return found


async def start(
    backend: Backend,
    *,
    tokens: Sequence[Token | str],
    listeners: Sequence[socket.socket],
    tls: Authority,
    state_dir: Path | None = None,
    time_scale: float = 0.05,
    promote_delay_s: float = 1.0,
    plain_listeners: Sequence[socket.socket] = (),
    limits: Limits | None = None,
    pace: Pace | None = None,
) -> Server:
    """Serve until `stop()`. `listeners` are bound TCP sockets and get TLS (the certificate names `api.tidepool.test`
    and their addresses); `plain_listeners` speak plain HTTP, which every client but pydo accepts. A token given as text
    has every scope. `pace` replaces `time_scale` and `promote_delay_s`. With `state_dir`, requests are logged in
    `api.log` there.
    """
    account = Account(backend, pace or Pace(scale=time_scale, promote_delay_s=promote_delay_s))
    known = [token if isinstance(token, Token) else Token(token) for token in tokens]
    server = Server(account, {token.secret: token for token in known}, limits or Limits(), Faults())
    server.stopping = asyncio.Event()
    server.requests = (state_dir / "api.log").open("a", buffering=1) if state_dir else None
    server.runner = web.ServerRunner(web.Server(server.serve, access_log=None), shutdown_timeout=1.0)
    await server.runner.setup()
    addresses = sorted({sock.getsockname()[0] for sock in listeners} | {"127.0.0.1"})
    context = tls.server_context("api", [API_NAME, "localhost", *(a for a in addresses if a not in ("0.0.0.0", "::"))])
    for sock in listeners:
        await web.SockSite(server.runner, sock, ssl_context=context).start()
    for sock in plain_listeners:
        await web.SockSite(server.runner, sock).start()
    return server
