"""Farshore itself in a drill, used as an operator would: init, agents deploy, check, watch."""

import asyncio
import json
import os
import time
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

from farshore.drills.command import Progress, Running, answer, outcome, program, start
from farshore.drills.lab import AUTHORITY, Facts, Lab
from farshore.drills.trade import Trade
from farshore.model.failure import Refused

READY_WITHIN_S = 60.0
ORDER_WITHIN_S = 900.0
_PLAIN = Trade()


class Farshore:
    """The controller stands in lon1, outside both regions; its files are in a folder of the drill."""

    name = "farshore"
    allow_unfenced = False  # the permit runs out, or the fence is proved

    def __init__(
        self, lab: Lab, facts: Facts, folder: Path, say: Progress, gate: str = "trigger", trade: Trade = _PLAIN
    ) -> None:
        self._lab = lab
        self._facts = facts
        self._folder = folder
        self._say = say
        self._gate = gate
        self._trade = trade
        self._watch: Running | None = None
        self._started_s = 0.0

    @property
    def watch(self) -> Running:
        assert self._watch is not None
        return self._watch

    @property
    def pid(self) -> int:
        return self.watch.process.pid

    async def obey(self, *words: str) -> tuple[int, str]:
        code, out, err = await outcome(self._verb(*words), timeout_s=ORDER_WITHIN_S)
        (self._folder / f"{words[0]}.log").write_text(f"{out}\n{err}")
        return code, (err.strip() or out.strip())[-600:]

    async def prepare(self) -> None:
        self._folder.mkdir(parents=True, exist_ok=True)
        self._write_token()
        await answer(self._init())
        self._say("farshore.yaml is written; agents go to the app servers")
        await answer(self._verb("agents", "deploy"))
        await self._check()
        await self.start_watch()
        await self.wait_until_ready()

    async def start_watch(self, *command: str) -> None:
        """`command` may stand for the installed program: another version of it, or one that crashes on purpose."""
        argv = self._lab.inside("lon1", *(command or (program("farshore"),)), "watch", *self._config())
        self._started_s = time.clock_gettime(time.CLOCK_BOOTTIME)
        self._watch = await start("watch", argv, self._folder / "watch.log")

    async def wait_until_ready(self) -> None:
        """Until it would fail over now: only then is a fault a fair question."""
        deadline = time.monotonic() + READY_WITHIN_S
        while True:
            status = json.loads(await answer(self._verb("status", "--json")))
            verdict, would = status.get("verdict") or {}, status.get("would") or {}
            its_own = float(status.get("at_s") or 0.0) > self._started_s  # and not what one before it has left
            if its_own and status.get("daemon") and verdict.get("call") == "stay" and would.get("call") == "fail over":
                self._say(f"farshore watches from lon1: {verdict['because']} If it died: {would['call']}.")
                return
            if not self.watch.alive:
                raise Refused(f"`farshore watch` ended: {self.watch.last_words()}", f"See {self.watch.log}.")
            if time.monotonic() > deadline:
                why = would.get("because") or verdict.get("because") or "it has no verdict"
                raise Refused(f"farshore would not fail over after {READY_WITHIN_S:.0f} s: {why}", self._where())
            await asyncio.sleep(0.5)

    async def ready_for_fault(self) -> None:
        """Any moment is as good as another: it looks each second."""

    async def kill_watch(self) -> None:
        """kill -9, as a crash would."""
        self.watch.process.kill()
        await self.watch.process.wait()

    async def journal(self) -> Sequence[Mapping[str, Any]]:
        text = await answer([program("farshore"), "journal", "--json", *self._config()])
        return [json.loads(line) for line in text.splitlines()]

    async def end(self) -> None:
        if self._watch is not None:
            await self._watch.end()

    async def _check(self) -> None:
        """Again for a while: a balancer needs two good checks before it believes in a new app server."""
        deadline = time.monotonic() + READY_WITHIN_S
        while True:
            code, out, err = await outcome(self._verb("check", "--json"))
            if code == 0:
                self._say("farshore check: ready")
                return
            if not out.strip():  # it could not even begin, and said why in a sentence instead
                raise Refused(f"`farshore check` failed: {err.strip()[-600:]}", self._where())
            if time.monotonic() > deadline:
                failed = [f"{one['what']}: {one['detail']}" for one in json.loads(out) if one["level"] == "fail"]
                raise Refused("`farshore check` finds what would break a failover: " + "; ".join(failed), self._where())
            await asyncio.sleep(1.0)

    def _where(self) -> str:
        look = f"tidepool exec --name {self._lab.name} lon1 -- farshore check --config {self._yaml}"
        return f"Start the drill again with --keep, then look at it with `{look}`."

    @property
    def _yaml(self) -> Path:
        return self._folder / "farshore.yaml"

    def _config(self) -> list[str]:
        return ["--config", str(self._yaml)]

    def _verb(self, *words: str) -> list[str]:
        return self._lab.inside("lon1", program("farshore"), *words, *self._config())

    def _write_token(self) -> None:
        path = self._folder / "token"
        path.unlink(missing_ok=True)
        with os.fdopen(os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600), "w") as file:
            file.write(self._facts.token + "\n")

    def _init(self) -> list[str]:
        facts, store = self._facts, self._facts.store
        words = [program("farshore"), "init", "--dir", str(self._folder), "--domain", facts.domain]
        words += ["--zone", store["zone"], "--engine", store["engine"], "--place", "lon1"]
        for number, region in (("first", facts.writer), ("second", facts.standby)):
            made = facts.region(region)
            words += [f"--{number}", region, f"--{number}-balancer", made["balancer"]["name"]]
            words += [f"--{number}-database", made["database"]["name"], f"--{number}-tag", made["tag"]]
        words += self._trade.init()
        words += ["--endpoint", facts.env["endpoint_inside"], "--ca-file", facts.ca_file]
        words += ["--token-file", str(self._folder / "token"), "--probe-ca-file", facts.ca_file]
        words += ["--reference", f"{facts.env['endpoint_inside']}/", "--dns-server", AUTHORITY]
        words += ["--ssh-key-file", store["ssh_key_file"]]
        words += ["--profile", "fast", "--gate", self._gate]
        for table in self._trade.guarded_tables() if self._gate == "trigger" else ():
            words += ["--guarded-table", table]
        return words
