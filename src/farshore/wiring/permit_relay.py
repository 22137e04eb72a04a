"""Where app servers renew with this controller: the listening end."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

from farshore.daemon.permit_server import PermitServer
from farshore.engine.controller import Controller
from farshore.engine.world import World
from farshore.model.failure import Refused
from farshore.settings.settings import Settings
from farshore.transport.tls import server_context
from farshore.wiring.identity import identity_of


@asynccontextmanager
async def permit_relay(settings: Settings, world: World, leading: Controller) -> AsyncIterator[None]:
    """Raises Refused when the port is taken."""
    port = settings.controller.port
    tls = server_context(identity_of(settings)[0])
    saw = leading.shell.renewals.saw
    server = PermitServer(settings.group.name, world.coordination, world.clock, tls, ("0.0.0.0", port), saw)
    try:
        await server.start()
    except OSError as error:
        raise Refused(
            f"App servers cannot renew here: port {port} of this machine is not free ({error.strerror}).",
            "End what listens there, or set controller.port in farshore.yaml.",
        ) from error
    try:
        yield
    finally:
        await server.stop()
