"""All that an agent has to do with the permit, put together: what it knows, the loop, the commands, the bridge."""

import ssl
from dataclasses import dataclass

from farshore.agent.asking import Relays
from farshore.agent.bridging import Bridging
from farshore.agent.clocks import MachineClock
from farshore.agent.closing import Closing
from farshore.agent.config import AgentConfig
from farshore.agent.database_permit import DatabasePermit
from farshore.agent.kernel_gate import KernelGate
from farshore.agent.memory import Memory
from farshore.agent.nginx import Nginx
from farshore.agent.peers import TlsPeers
from farshore.agent.permit_commands import PermitCommands
from farshore.agent.permit_file import PermitFile
from farshore.agent.permit_memory import PermitMemory
from farshore.agent.renewing import Parts, Renewing
from farshore.transport.message import CONTROLLER


@dataclass(frozen=True, slots=True)
class PermitSide:
    known: PermitMemory
    renewing: Renewing
    commands: PermitCommands
    bridge: Bridging

    def start(self) -> None:
        self.bridge.start()
        self.renewing.start()

    async def stop(self) -> None:
        await self.renewing.stop()
        await self.bridge.stop()


def permit_side(config: AgentConfig, memory: Memory, tls: ssl.SSLContext) -> PermitSide:
    clock = MachineClock()
    run = config.endpoint_file.parent
    file = PermitFile(run / "permit.json")
    peers = TlsPeers(tls)
    known = PermitMemory(memory, clock)
    closing = Closing(run, file, clock)
    parts = Parts(file, closing, DatabasePermit(config.database_file), KernelGate(), peers)
    renewing = Renewing(config.agent, config.place, known, parts, clock)
    commands = PermitCommands(config, memory, known, renewing, file, closing, Relays(peers, clock, CONTROLLER), clock)
    bridge = Bridging(config.state, run / "bridge.conf", config.bridge_log, Nginx())
    return PermitSide(known, renewing, commands, bridge)
