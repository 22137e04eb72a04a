"""The commands of the permit: terms, revoke and opening from a controller, promise and renew from another agent."""

from farshore.agent import permit_rules
from farshore.agent.asking import Relays
from farshore.agent.clocks import AgentClock
from farshore.agent.closing import Closing
from farshore.agent.config import AgentConfig
from farshore.agent.memory import Memory
from farshore.agent.permit_file import NotWritten, PermitFile
from farshore.agent.permit_memory import PermitMemory
from farshore.agent.permit_rules import Word
from farshore.agent.renewing import Renewing
from farshore.agent.terms import seconds, terms_from_json
from farshore.model.region import Endpoint, Epoch, Role
from farshore.ports.agent_wire import Json
from farshore.transport.message import Answer, Caller

_UNTOLD_S = 1.0  # terms come with a controller's next round


class PermitCommands:
    """Every call but `relay` comes under the lock of `Commands`. ValueError is a bad field, MemoryFull a full disk."""

    def __init__(
        self,
        config: AgentConfig,
        memory: Memory,
        known: PermitMemory,
        renewing: Renewing,
        file: PermitFile,
        closing: Closing,
        relays: Relays,
        clock: AgentClock,
    ) -> None:
        self._config = config
        self._memory = memory
        self._known = known
        self._renewing = renewing
        self._file = file
        self._closing = closing
        self._relays = relays
        self._clock = clock

    def terms(self, body: Json) -> Answer:
        terms = terms_from_json(body)
        if terms.epoch < self._memory.epoch:
            return Answer(409, {"error": self._over(terms.epoch), "epoch": int(self._memory.epoch)})
        self._known.hear(terms.epoch)
        self._known.keep_terms(terms)
        self._memory.keep_commands()
        self._renewing.wake()
        assert self._known.terms is not None
        return Answer(200, {"promisors": [promisor.name for promisor in self._known.terms.promisors]})

    def revoke(self, body: Json) -> Answer:
        """Answered only when it is on disk: the controller counts on it, also after our reboot."""
        epoch = _epoch(body)
        known = self._known
        known.keep_stricter(known.promises.revoke(epoch))
        self._memory.keep_commands()
        return Answer(200, {"promised_ago_s": known.promises.ago_s(self._now_ns())})

    def promise(self, caller: Caller, body: Json) -> Answer:
        epoch, wait_s = _epoch(body), seconds(body.get("wait_s"), "wait_s")
        known, now_ns = self._known, self._now_ns()
        if body.get("agent") != caller.name:
            return Answer(403, {"error": f"{caller} asks in the name of another agent."})
        self._memory.reread_endpoint()
        if epoch < self._memory.epoch:
            return Answer(409, {"error": self._over(epoch), "epoch": int(self._memory.epoch), "revoked": False})
        # A larger epoch in an agent's mouth is not remembered: a stolen app server must not outdate the group.
        refusal = known.promises.refusal(epoch, self._config.agent, known.terms, self._memory.endpoint)
        if refusal or known.terms is None:
            revoked = epoch <= known.promises.revoked
            return Answer(409, {"error": refusal, "epoch": int(self._memory.epoch), "revoked": revoked})
        known.keep_stricter(known.promises.promised(epoch, wait_s, known.terms, self._clock.boot(), now_ns))
        return Answer(200, {"promised": True})

    def close(self, body: Json) -> Answer:
        """Checkout only. What is left to wait for is `drained`, which must not hold up an abort."""
        epoch = _epoch(body)
        reopens_s = seconds(body.get("reopens_s"), "reopens_s")
        if epoch < self._memory.epoch:
            return Answer(409, {"error": self._over(epoch), "epoch": int(self._memory.epoch)})
        try:
            self._closing.close(reopens_s)
        except NotWritten as error:
            return Answer(507, {"error": str(error)})
        return Answer(200, {})

    async def drained(self, body: Json) -> Answer:
        return Answer(200, {"drained": await self._closing.drained(seconds(body.get("wait_s"), "wait_s"))})

    async def relay(self, caller: Caller, body: Json) -> Answer:
        """To controllers only, so that a renewal never goes round in a circle of agents."""
        if body.get("agent") != caller.name:
            return Answer(403, {"error": f"{caller} asks in the name of another agent."})
        terms = self._known.terms
        if terms is None:
            return Answer(503, {"error": "This agent was not told where the controllers are."})
        told = await self._relays.renew(terms, body, permit_rules.pace(terms))
        if told.answer is not None:
            return told.answer
        why = "has no store of record" if told.word == Word.STORE_OUT else "can be reached"
        return Answer(503, {"error": f"No controller that this agent knows {why}."})

    def opening(self, endpoint: Endpoint) -> Answer | None:
        """425 while a promise not to open runs, or while it is not known for how long one might."""
        left_s = self._known.promises.opening(endpoint.epoch, self._known.terms, self._now_ns())
        if left_s is None:
            error = "This agent does not know yet how long it must wait before it opens: it was never told the terms."
            return Answer(425, {"error": error, "after_s": _UNTOLD_S})
        if left_s > 0:
            error = f"This agent promised, or may have promised, not to open for {left_s:.1f} s more."
            return Answer(425, {"error": error, "after_s": round(left_s, 3)})
        return None

    def view(self) -> Json:
        now = self._clock.now()
        permit, promise = self._file.read(), self._known.promises.promise
        permit_left_s = permit.left_s(now) if permit is not None else 0.0
        left_s = self._known.promises.left_s(self._known.terms, now.boot_ns)
        return {
            "permit": {"epoch": int(permit.epoch), "left_s": round(permit_left_s, 3)}
            if permit is not None and permit_left_s > 0
            else None,
            "promise": {"epoch": int(promise.epoch), "left_s": round(left_s, 3)}
            if promise is not None and left_s
            else None,
        }

    def open(self) -> None:
        """The next `point` ends a closed checkout, whatever it says."""
        self._closing.open()

    def pointed(self, endpoint: Endpoint) -> None:
        """Before the endpoint file says so. What it takes away is taken away even if the disk is full by then."""
        self._known.hear(endpoint.epoch)
        held = self._file.read()
        if endpoint.role == Role.STANDBY or (held is not None and held.epoch != endpoint.epoch):
            self._renewing.close_file()

    def _over(self, epoch: Epoch) -> str:
        return f"Epoch {epoch} is over: this agent has seen epoch {self._memory.epoch}."

    def _now_ns(self) -> int:
        return self._clock.now().boot_ns


def _epoch(body: Json) -> Epoch:
    epoch = body.get("epoch")
    if isinstance(epoch, bool) or not isinstance(epoch, int) or epoch < 0:
        raise ValueError("The field epoch is a whole number, not negative.")
    return Epoch(epoch)
