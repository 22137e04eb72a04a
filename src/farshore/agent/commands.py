"""What the agent answers to a command: the rules, without the transport.

Refusals are the point: a smaller epoch, a replayed body, a second writer of one epoch.
"""

import asyncio

from farshore.agent.bridge import Bridge, bridge_from_json
from farshore.agent.config import AgentConfig
from farshore.agent.heard import HeardControllers
from farshore.agent.journal_commands import PATHS as JOURNAL_PATHS
from farshore.agent.journal_side import JournalSide
from farshore.agent.memory import Memory, MemoryFull
from farshore.agent.permit_side import PermitSide
from farshore.agent.reconciling import Reconciling
from farshore.agent.watching import Watching
from farshore.model.region import Endpoint, Epoch, Role
from farshore.ports.agent_wire import (
    Json,
    endpoint_from_json,
    endpoint_to_json,
    sighting_to_json,
    target_from_json,
)
from farshore.ports.prober import Target
from farshore.transport.message import AGENT, CONTROLLER, Answer, Caller

_TARGETS_MAX = 200
_WHO = {
    "/v1/view": CONTROLLER,
    "/v1/point": CONTROLLER,
    "/v1/watch": CONTROLLER,
    "/v1/terms": CONTROLLER,
    "/v1/revoke": CONTROLLER,
    "/v1/close": CONTROLLER,
    "/v1/renew": AGENT,
    "/v1/promise": AGENT,
    "/v1/reconcile": CONTROLLER,
    **JOURNAL_PATHS,
}


class Commands:
    def __init__(
        self, config: AgentConfig, memory: Memory, watching: Watching, permit: PermitSide, journal: JournalSide
    ) -> None:
        self._config = config
        self._memory = memory
        self._watching = watching
        self._permit = permit
        self._journal = journal
        self._reconciling = Reconciling(memory)
        self._heard = HeardControllers()
        self._writing = asyncio.Lock()

    def resume(self) -> None:
        """After a restart: go on probing what we were told to."""
        watch = self._memory.watch or {}
        try:
            self._start(watch)
        except ValueError:
            self._start({})

    async def answer(self, caller: Caller, path: str, body: Json) -> Answer:
        """Bad fields are 400, another's command 403, a stale or repeated one 409, a full disk 507.

        The nonce is the transport's business.
        """
        role = _WHO.get(path)
        if role is None:
            return Answer(404, {"error": f"There is no command {path}."})
        if caller.role != role:
            return Answer(403, {"error": f"The command {path} is for a {role}; {caller} is none."})
        try:
            if path == "/v1/renew":  # waits for a controller, and so not under the lock
                return await self._permit.commands.relay(caller, body)
            if path in JOURNAL_PATHS:
                return await self._journal.commands.answer(path, body)
            if path == "/v1/reconcile":
                return await self._reconciling.answer(body)
            if path == "/v1/promise":
                async with self._writing:
                    return self._permit.commands.promise(caller, body)
            answer = await self._obey_controller(path, body)
            if path == "/v1/close" and answer.status == 200:  # not under the lock: an abort must get through
                return await self._permit.commands.drained(body)
            return answer
        except ValueError as error:
            return Answer(400, {"error": str(error)})
        except MemoryFull as error:
            self._memory.reread_endpoint()
            return Answer(507, {"error": str(error), "endpoint": self._endpoint()})

    async def _obey_controller(self, path: str, body: Json) -> Answer:
        controller, at_ms = body.get("controller"), body.get("at_ms")
        if not isinstance(controller, str) or not _whole(at_ms):
            return Answer(400, {"error": "The fields controller and at_ms are needed."})
        assert isinstance(at_ms, int)
        async with self._writing:
            newest_ms = self._memory.newest_ms.get(controller, -1)
            if at_ms <= newest_ms:
                error = f"The command of {controller} is not newer than its last one; send a larger at_ms."
                return Answer(409, {"error": error, "at_ms": newest_ms})
            self._memory.newest_ms[controller] = at_ms
            if path != "/v1/view" or body.get("runs") is True:
                self._heard.note(controller)
            return await self._obey(path, body, controller)

    async def _obey(self, path: str, body: Json, controller: str) -> Answer:
        if path == "/v1/view":
            return self._view(controller)
        if path == "/v1/point":
            endpoint, bridge = endpoint_from_json(body.get("endpoint")), bridge_from_json(body.get("bridge"))
            return await self._point(endpoint, bridge, body.get("whole") is True)
        if path == "/v1/watch":
            return await self._watch(body)
        if path == "/v1/terms":
            return self._permit.commands.terms(body)
        if path == "/v1/close":
            return self._permit.commands.close(body)
        return self._permit.commands.revoke(body)

    def _view(self, asker: str) -> Answer:
        self._memory.reread_endpoint()
        return Answer(
            200,
            {
                "agent": self._config.agent,
                "place": self._config.place,
                "epoch": int(self._memory.epoch),
                "endpoint": self._endpoint(),
                "sightings": [sighting_to_json(sighting) for sighting in self._watching.sightings()],
                "heard": self._heard.other_than(asker),
                **self._permit.commands.view(),
                "bridge": self._permit.bridge.view(),
                "journal": self._journal.view(),
                "troubles": [
                    *self._permit.renewing.troubles(),
                    *self._permit.bridge.troubles(),
                    *self._journal.troubles(),
                ],
            },
        )

    async def _point(self, endpoint: Endpoint, bridge: Bridge | None, whole: bool) -> Answer:
        memory = self._memory
        memory.reread_endpoint()
        refusal = self._refusal(endpoint)
        if refusal:
            return Answer(409, {"error": refusal, "epoch": int(memory.epoch), "endpoint": self._endpoint()})
        if endpoint != memory.endpoint or endpoint.epoch != memory.epoch:
            early = self._permit.commands.opening(endpoint) if endpoint.role == Role.WRITER else None
            if early is not None:
                return early
            if endpoint.epoch > memory.epoch:
                self._permit.bridge.begin_epoch()
            self._permit.commands.pointed(endpoint)
            await asyncio.to_thread(self._keep, endpoint, whole)
            if endpoint.role == Role.STANDBY:
                await self._permit.renewing.close_gate()
        self._permit.commands.open()
        await self._permit.bridge.put(bridge)
        self._permit.renewing.wake()
        return Answer(200, {"endpoint": self._endpoint()})

    def _keep(self, endpoint: Endpoint, whole: bool) -> None:
        self._journal.pointed(endpoint, whole)
        if endpoint.role == Role.WRITER:
            self._permit.known.keep_opened(endpoint)
        self._memory.keep_epoch(endpoint.epoch)
        self._memory.keep_commands()
        self._memory.keep_endpoint(endpoint)

    def _refusal(self, endpoint: Endpoint) -> str:
        known = self._memory.endpoint
        if endpoint.epoch < self._memory.epoch:
            return f"Epoch {endpoint.epoch} is over: this agent has seen epoch {self._memory.epoch}."
        if known is None or known == endpoint or known.epoch < endpoint.epoch:
            return ""
        if known.role == endpoint.role == Role.WRITER:
            return f"Epoch {endpoint.epoch} has another writer already; raise the epoch."
        return ""  # a standby only reads, and its database may have been rebuilt under another name

    async def _watch(self, body: Json) -> Answer:
        epoch = body.get("epoch")
        if not _whole(epoch):
            raise ValueError("The field epoch is a whole number.")
        assert isinstance(epoch, int)
        if epoch < self._memory.epoch:
            error = f"Epoch {epoch} is over: this agent has seen epoch {self._memory.epoch}."
            return Answer(409, {"error": error, "epoch": int(self._memory.epoch), "endpoint": self._endpoint()})
        watch = {key: body.get(key) for key in ("targets", "interval_s", "timeout_s")}
        self._parse(watch)
        if watch != self._memory.watch or Epoch(epoch) > self._memory.epoch:
            await asyncio.to_thread(self._keep_watch, Epoch(epoch), watch)
        self._start(watch)
        return Answer(200, {"targets": len(watch["targets"] or [])})

    def _keep_watch(self, epoch: Epoch, watch: Json) -> None:
        self._memory.keep_epoch(epoch)
        self._memory.keep_commands()
        self._memory.keep_watch(watch)

    def _start(self, watch: Json) -> None:
        targets, interval_s, timeout_s = self._parse(watch or {"targets": [], "interval_s": 1.0, "timeout_s": 1.2})
        self._watching.watch((*targets, *self._config.references), interval_s, timeout_s)

    def _parse(self, watch: Json) -> tuple[tuple[Target, ...], float, float]:
        targets, interval_s, timeout_s = watch.get("targets"), watch.get("interval_s"), watch.get("timeout_s")
        if not isinstance(targets, list) or len(targets) > _TARGETS_MAX:
            raise ValueError(f"The field targets is a list of at most {_TARGETS_MAX}.")
        for name, value in (("interval_s", interval_s), ("timeout_s", timeout_s)):
            if isinstance(value, bool) or not isinstance(value, int | float) or not 0.1 <= value <= 60:
                raise ValueError(f"The field {name} is a number of seconds from 0.1 to 60.")
        assert isinstance(interval_s, int | float)
        assert isinstance(timeout_s, int | float)
        parsed = tuple(target_from_json(item, self._config.ca_file) for item in targets)
        return parsed, float(interval_s), float(timeout_s)

    def _endpoint(self) -> Json | None:
        return endpoint_to_json(self._memory.endpoint) if self._memory.endpoint else None


def _whole(value: object) -> bool:
    return isinstance(value, int) and not isinstance(value, bool) and value >= 0
