"""The agent as a whole: its commands behind the transport, and what runs besides."""

import asyncio
import sys

from farshore.agent.commands import Commands
from farshore.agent.config import AgentConfig
from farshore.agent.journal_side import JournalSide
from farshore.agent.memory import Memory
from farshore.agent.permit_side import permit_side
from farshore.agent.watching import Watching
from farshore.ports.prober import Prober
from farshore.transport.server import Server
from farshore.transport.tls import client_context, server_context


class AgentServer:
    def __init__(self, config: AgentConfig, prober: Prober) -> None:
        """Reads what is remembered on disk; raises MemoryFull when the epoch there is unreadable."""
        self._memory = Memory.load(config.state, config.endpoint_file)
        self._watching = Watching(config.agent, config.place, prober)
        tls = client_context(config.identity)
        self._permit = permit_side(config, self._memory, tls)
        self._journal = JournalSide(config, self._memory, self._permit.known, tls)
        self._commands = Commands(config, self._memory, self._watching, self._permit, self._journal)
        self._server = Server(config.listen, server_context(config.identity), self._commands.answer)

    @property
    def port(self) -> int:
        """Where it listens; of use when the configuration says 0."""
        return self._server.port

    async def start(self) -> None:
        for warning in self._memory.warnings:
            print(warning, file=sys.stderr, flush=True)
        await self._server.start()
        self._commands.resume()
        self._permit.start()
        await self._journal.start()

    async def run(self) -> None:
        """Until cancelled."""
        await self.start()
        try:
            await asyncio.get_running_loop().create_future()
        finally:
            await self.stop()

    async def stop(self) -> None:
        await self._server.stop()
        await self._journal.stop()
        await self._permit.stop()
        await self._watching.stop()
