"""/v1/reconcile: hands a controller's question to the shop's own software, and its answer back.

The agent knows nothing of orders. It sees to it that only the writer of the newest epoch changes any, that the shop's
software runs as the web server's user, one at a time, and that it ends.
"""

import asyncio
import contextlib
import json
import os
import pwd
import signal
from pathlib import Path
from typing import Any

from farshore.agent.memory import Memory
from farshore.model.region import Role
from farshore.ports.agent_wire import Json
from farshore.transport.message import Answer

RUN_FILE = Path("/usr/share/farshore/wordpress/farshore/reconcile/run.php")
WEB_USER = "www-data"
LONGEST_S = 110.0  # of one question; whoever asks waits a little longer
_ANSWER_MAX = 900 * 1024  # a controller reads 1 MiB


class Reconciling:
    def __init__(self, memory: Memory, run_file: Path = RUN_FILE, user: str = WEB_USER, php: str = "php") -> None:
        self._memory = memory
        self._run_file = run_file
        self._user = user
        self._php = php
        self._turn = asyncio.Lock()

    async def answer(self, body: Json) -> Answer:
        """400 for a bad field, 409 where it may not be or cannot be done, 503 when it may be asked again."""
        epoch, store, apply, orders = (body.get(name) for name in ("epoch", "store", "apply", "orders"))
        if isinstance(epoch, bool) or not isinstance(epoch, int) or not isinstance(store, str):
            return Answer(400, {"error": "The fields epoch and store are a whole number and a text."})
        if not isinstance(apply, bool) or not isinstance(orders, list):
            return Answer(400, {"error": "The fields apply and orders are true or false and a list."})
        async with self._turn:
            refusal = self._refusal(epoch, apply)
            if refusal:
                return Answer(409, {"error": refusal, "epoch": int(self._memory.epoch)})
            asked = {key: value for key, value in body.items() if key not in ("nonce", "controller", "at_ms")}
            return await self._run(asked)

    def _refusal(self, epoch: int, apply: bool) -> str:
        self._memory.reread_endpoint()
        endpoint = self._memory.endpoint
        if epoch < self._memory.epoch:
            return f"Epoch {epoch} is over: this agent has seen epoch {self._memory.epoch}."
        if apply and (endpoint is None or endpoint.role is not Role.WRITER or endpoint.epoch != epoch):
            return f"This app server is not the writer's under epoch {epoch}, so it changes no orders."
        if not self._run_file.is_file():
            return f"{self._run_file} is not installed here; deploy the shop's files again."
        return ""

    async def _run(self, asked: Json) -> Answer:
        try:
            process = await asyncio.create_subprocess_exec(
                self._php,
                str(self._run_file),
                stdin=asyncio.subprocess.PIPE,
                stdout=asyncio.subprocess.PIPE,
                stderr=asyncio.subprocess.PIPE,
                cwd="/",
                env={"PATH": "/usr/local/bin:/usr/bin:/bin", "LC_ALL": "C.UTF-8", **_passed_on()},
                start_new_session=True,
                **self._as_web_user(),
            )
        except (OSError, KeyError) as error:
            return Answer(409, {"error": f"PHP cannot be run here as {self._user} ({error}); install php-cli."})
        try:
            async with asyncio.timeout(LONGEST_S):
                out, err = await process.communicate(json.dumps(asked).encode())
        except TimeoutError:
            return Answer(503, {"error": f"The shop's software did not end within {LONGEST_S:g} s."})
        finally:
            if process.returncode is None:
                with contextlib.suppress(ProcessLookupError):
                    os.killpg(process.pid, signal.SIGKILL)
                await process.wait()
        return _read(out, err)

    def _as_web_user(self) -> dict[str, Any]:
        if os.geteuid() != 0:
            return {}
        found = pwd.getpwnam(self._user)
        return {"user": found.pw_uid, "group": found.pw_gid, "extra_groups": []}


def _passed_on() -> dict[str, str]:
    name = "FARSHORE_SETTINGS_FILE"
    return {name: os.environ[name]} if name in os.environ else {}


def _read(out: bytes, err: bytes) -> Answer:
    if len(out) > _ANSWER_MAX:
        return Answer(503, {"error": "The answer of the shop's software is too long; ask for fewer orders."})
    try:
        found = json.loads(out)
    except ValueError:
        said = err.decode(errors="replace").strip().splitlines()[-1:] or ["nothing"]
        return Answer(503, {"error": f"The shop's software broke off; its last word was: {said[0][:300]}"})
    if not isinstance(found, dict):
        return Answer(503, {"error": "The shop's software answers what is no JSON object."})
    return Answer(409 if "error" in found else 200, found)
