"""agent.json -> a running agent. Standard library only: this goes into the zip application."""

import asyncio
import signal
from pathlib import Path

from farshore.adapters.stream_prober import StreamProber
from farshore.agent.config import ConfigError, read_config
from farshore.agent.memory import MemoryFull
from farshore.agent.server import AgentServer
from farshore.model.failure import Refused
from farshore.settings.problem import BadSettings


async def run_agent(config_file: Path) -> None:
    """Until SIGTERM or SIGINT. Raises BadSettings for a bad configuration, Refused when it cannot start."""
    try:
        config = read_config(config_file)
    except ConfigError as error:
        raise BadSettings(str(error)) from None
    try:
        server = AgentServer(config, StreamProber())
        work = asyncio.create_task(server.run())
    except MemoryFull as error:
        raise Refused(str(error), "Repair that and start the agent again.") from None
    loop = asyncio.get_running_loop()
    for number in (signal.SIGTERM, signal.SIGINT):
        loop.add_signal_handler(number, work.cancel)
    try:
        await work
    except asyncio.CancelledError:
        return
    except OSError as error:
        where = f"{config.listen[0]}:{config.listen[1]}"
        raise Refused(
            f"The agent cannot listen on {where} ({error.strerror}).", "Free that port, or change listen."
        ) from None
