"""The process that is a lab: owns its cells, serves the API and the control socket. Started detached by `tidepool up`.

Progress goes to standard output as lines, the last being "ready" or "failed: ..."; everything else to the lab's log.
"""

import argparse
import asyncio
import contextlib
import json
import logging
import os
import secrets
import signal
import sys
import time
from pathlib import Path
from typing import Any

from tidepool.api import server
from tidepool.api.authority import Authority
from tidepool.backend import LabBackend
from tidepool.faults.book import FaultBook
from tidepool.faults.fault import World
from tidepool.lab import control, netns
from tidepool.lab.home import LabError, LabFolder
from tidepool.lab.image import ensure_image
from tidepool.lab.lab import Lab
from tidepool.lab.places import API_ADDRESS, PLACES, RESOLVER_ADDRESS

log = logging.getLogger("tidepool")


class Daemon:
    def __init__(self, folder: LabFolder, time_scale: float, promote_delay_s: float, established: str) -> None:
        self.folder = folder
        self.time_scale = time_scale
        self.promote_delay_s = promote_delay_s
        self.established = established
        self.lab = Lab(folder, Path())
        self.api: Any = None

    async def start(self) -> None:
        self.lab.image = await asyncio.to_thread(ensure_image, say)
        await self.lab.start(say)
        say("API")
        port = await self._start_api()
        await control.serve(self.folder, self._verbs())
        self._write_facts(port)

    async def _start_api(self) -> int:
        self.token = "dop_v1_" + secrets.token_hex(32)
        authority = Authority.open(self.folder.path)
        inside = netns.listen(self.lab.cell("api").site.netns, API_ADDRESS, 443)
        outside = netns.listen_here("127.0.0.1", 0)
        self.api = await server.start(
            LabBackend(self.lab, authority, self.established),
            state_dir=self.folder.path,
            tokens=[self.token],
            time_scale=self.time_scale,
            promote_delay_s=self.promote_delay_s,
            listeners=[inside, outside],
            tls=authority,
        )
        return int(outside.getsockname()[1])

    def _verbs(self) -> dict[str, control.Handler]:
        faults = FaultBook(World(self.lab, self.api.faults))

        async def status(_: dict[str, Any]) -> control.Answer:
            cells = [
                {"name": cell.name, "place": cell.place, "public": cell.public_ip, "private": cell.private_ip}
                | {"running": cell.running(), "services": {n: c.alive() for n, c in cell.children.items()}}
                for cell in self.lab.cells.values()
            ]
            return {"hosts": cells, "links": await self.lab.wan.state(), "faults": faults.in_force()}

        async def fault_add(words: dict[str, Any]) -> control.Answer:
            return {"id": await faults.add(words["kind"], words["target"], words["options"])}

        async def fault_list(_: dict[str, Any]) -> control.Answer:
            return {"faults": faults.in_force()}

        async def fault_remove(words: dict[str, Any]) -> control.Answer:
            return {"removed": await faults.remove(words["id"])}

        return {"status": status, "fault_add": fault_add, "fault_list": fault_list, "fault_remove": fault_remove}

    def _write_facts(self, port: int) -> None:
        facts = {
            "name": self.folder.name,
            "endpoint": f"https://127.0.0.1:{port}",
            "endpoint_inside": "https://api.tidepool.test",
            "token": self.token,
            "ca_file": str(self.folder.path / "ca.pem"),
            "dns_server": RESOLVER_ADDRESS,
            "places": {
                place.name: {
                    "public": str(place.public),
                    "vpc": str(place.vpc) if place.vpc else None,
                    "dns": place.dns,
                }
                for place in PLACES.values()
            },
            "time_scale": self.time_scale,
            "promote_delay_s": self.promote_delay_s,
            "established": self.established,
            "lab_dir": str(self.folder.path),
        }
        draft = self.folder.facts.with_suffix(".draft")
        draft.touch(mode=0o600)
        draft.write_text(json.dumps(facts, indent=2))
        draft.rename(self.folder.facts)


def say(line: str) -> None:
    """To `tidepool up`, if it still listens: a lab does not die because nobody watches it start."""
    log.info("%s", line)
    with contextlib.suppress(BrokenPipeError):
        print(line, flush=True)


async def _run(options: argparse.Namespace) -> None:
    began = time.monotonic()
    folder = LabFolder.named(options.name)
    folder.pid.write_text(str(os.getpid()))
    daemon = Daemon(folder, options.time_scale, options.promote_delay, options.established)
    try:
        await daemon.start()
    except Exception as error:
        log.exception("the lab could not be started")
        say(f"failed: {error if isinstance(error, LabError) else f'{type(error).__name__}: {error}'}")
        raise SystemExit(1) from None
    say(f"up in {time.monotonic() - began:.1f} s")
    say("ready")
    _detach()
    await asyncio.Event().wait()


def _detach() -> None:
    """From here on nobody reads standard output."""
    nowhere = os.open(os.devnull, os.O_WRONLY)
    os.dup2(nowhere, 1)
    os.close(nowhere)


def main() -> int:
    parser = argparse.ArgumentParser()
    parser.add_argument("--name", required=True)
    parser.add_argument("--time-scale", type=float, required=True)
    parser.add_argument("--promote-delay", type=float, required=True)
    parser.add_argument("--established", required=True)
    options = parser.parse_args()
    logging.basicConfig(stream=sys.stderr, level=logging.INFO, format="%(asctime)s %(levelname)s %(name)s %(message)s")
    signal.signal(signal.SIGINT, signal.SIG_IGN)  # Ctrl-C in the terminal of `up` is not meant for the lab
    asyncio.run(_run(options))
    return 0


if __name__ == "__main__":
    sys.exit(main())
