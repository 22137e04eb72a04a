"""Where agents renew the permit: one transaction in the store of record for each question, and an answer that is exact.

Anything but a plain yes is no renewal for the asker; that a yes was lost on the way back costs a renewal and no safety.
"""

import ssl
from collections.abc import Callable

from farshore.engine import permits
from farshore.engine.within import within
from farshore.model.failure import Failure
from farshore.model.region import Epoch, RegionName
from farshore.ports.clock import Clock
from farshore.ports.coordination import Coordination
from farshore.transport.message import AGENT, Answer, Caller, Json
from farshore.transport.server import Server

STORE_S = 1.5  # a store that takes longer is unreachable to somebody whose permit lasts seconds


class PermitServer:
    """`saw` is told of every renewal with its count: the earlier it is seen, the earlier a wait may end."""

    def __init__(
        self,
        group: str,
        coordination: Coordination,
        clock: Clock,
        tls: ssl.SSLContext,
        listen: tuple[str, int],
        saw: Callable[[int, int, float], None],
    ) -> None:
        self._group = group
        self._coordination = coordination
        self._clock = clock
        self._saw = saw
        self._server = Server(listen, tls, self.answer)

    @property
    def port(self) -> int:
        return self._server.port

    async def start(self) -> None:
        """Raises OSError when it cannot listen there."""
        await self._server.start()

    async def stop(self) -> None:
        await self._server.stop()

    async def answer(self, caller: Caller, path: str, body: Json) -> Answer:
        if caller.role != AGENT:
            return Answer(403, {"error": f"{caller} may not renew a permit; agents do."})
        if path != "/v1/renew":
            return Answer(404, {"error": f"There is no command {path}."})
        region, epoch = body.get("region"), body.get("epoch")
        if not isinstance(region, str) or not isinstance(epoch, int) or isinstance(epoch, bool):
            return Answer(400, {"error": "The fields region and epoch are needed."})
        try:
            renewing = permits.renew(self._coordination, self._group, RegionName(region), Epoch(epoch))
            permit = await within(self._clock, STORE_S, renewing, "The store of record")
        except permits.NotYours as error:
            held = error.permit
            told = {"epoch": held.epoch, "holder": held.holder, "revoked": held.revoked}
            return Answer(409, {"error": error.what, **told})
        except Failure as error:
            return Answer(503, {"error": str(error)})
        self._saw(permit.epoch, permit.renewals, self._clock.now_s())
        return Answer(200, {"renewals": permit.renewals})
