"""A lab whose store has databases of its own, and farshore beside it, used as an operator uses them."""

import asyncio
import json
import re
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any

from drill_lab import lab_name

from farshore.drills.command import Progress, answer, outcome, program, relay
from farshore.drills.lab import Facts, Lab
from farshore.drills.ours import Farshore

PATIENCE_S = 120.0
_LINE = re.compile(r"^    database: (\S+).*$", re.MULTILINE)


class SelfRunFarshore(Farshore):
    """`farshore init`, and then the databases are described by hand, as docs/self-run.md says."""

    async def prepare(self) -> None:
        self._folder.mkdir(parents=True, exist_ok=True)
        self._write_token()
        await answer(self._init())
        text = self._yaml.read_text()
        self._yaml.write_text(_LINE.sub(lambda found: self._described(found[1]), text))
        await answer(self._verb("agents", "deploy"))
        await self._check()
        await self.start_watch()
        await self.wait_until_ready()

    def _described(self, name: str) -> str:
        for region in (self._facts.writer, self._facts.standby):
            made = self._facts.region(region)["database"]
            if made["name"] == name:
                keys = ("admin_user", "password_file", "app_password_file", "ca_file")
                lines = ["    database:", "      kind: self-run", f"      host: {name}"]
                return "\n".join([*lines, *(f"      {key}: {made[key]}" for key in keys)])
        raise AssertionError(f"{name} is in no region")


class Way:
    """What the test does and sees: one lab, one controller, one shopper."""

    def __init__(self, lab: Lab, facts: Facts, ours: SelfRunFarshore) -> None:
        self.lab, self.facts, self.ours = lab, facts, ours

    async def buy(self, token: str) -> bool:
        """An order at whatever door the record of the shop names."""
        form = [f"{key}={value}" for key, value in self._form(token).items()]
        words = [word for pair in form for word in ("-d", pair)]
        code, out, _ = await outcome(
            self.lab.inside(
                "internet", "curl", "-sS", "--noproxy", "*", "--max-time", "5", "--cacert", self.facts.ca_file,
                "--resolve", f"{self.facts.domain}:443:{await self._door()}", f"https://{self.facts.domain}/checkout",
                *words,
            )
        )  # fmt: skip
        return code == 0 and "order_id" in out

    async def tokens(self, region: str) -> set[str]:
        """Of the orders in that region's database, asked as its superuser on its own host."""
        name = self.facts.region(region)["database"]["name"]
        query = "SELECT token FROM orders"
        if self.facts.store["engine"] == "pg":
            words = ["runuser", "-u", "postgres", "--", "psql", "-XAtq", "-d", "shop", "-c", query]
        else:
            words = ["mariadb", "-NB", "shop", "-e", query]
        return set((await self.on(name, *words)).split())

    async def on(self, host: str, *words: str) -> str:
        """A command on a droplet, by SSH as its operator."""
        made = self.facts.store["regions"].values()
        address = next(one["database"]["host"] for one in made if one["database"]["name"] == host)
        known = Path(self.facts.store["ssh_key_file"]).with_name("known_hosts")
        options = ["-o", "BatchMode=yes", "-o", "StrictHostKeyChecking=accept-new", "-o", f"UserKnownHostsFile={known}"]
        ssh = ["ssh", "-T", "-F", "none", "-i", self.facts.store["ssh_key_file"], "-o", "LogLevel=ERROR", *options]
        remote = " ".join("'" + word.replace("'", "'\\''") + "'" for word in words)
        return await answer(self.lab.inside("lon1", *ssh, f"root@{address}", remote))

    async def holder(self) -> str:
        return str((await self.status())["writer"])

    async def status(self) -> dict[str, Any]:
        return dict(json.loads(await answer(self.ours._verb("status", "--json"))))

    async def until(self, holds: Callable[[], Any], what: str) -> None:
        try:
            async with asyncio.timeout(PATIENCE_S):
                while not await holds():  # noqa: ASYNC110 what is waited for happens in other processes
                    await asyncio.sleep(0.5)
        except TimeoutError:
            raise AssertionError(f"did not happen within {PATIENCE_S:.0f} s: {what}") from None

    async def _door(self) -> str:
        return str(self.facts.region(await self.holder())["balancer"]["ip"])

    def _form(self, token: str) -> dict[str, str]:
        return {"name": "Ada", "email": "ada@example.com", "token": token, "product": "1", "qty": "1"}


@asynccontextmanager
async def self_run(what: str, engine: str, folder: Path) -> AsyncIterator[Way]:
    lab = Lab(lab_name(what))
    say = Progress()
    await lab.down()  # what an interrupted test left
    try:
        await relay([program("tidepool"), "up", "--name", lab.name, "--time-scale", "0.02"], say)
        build = [program("tidepool"), "store", "plain", "--name", lab.name, "--engine", engine, "--permit"]
        store = json.loads(await relay([*build, "--databases", "self-run"], say))
        facts = Facts(json.loads(await answer([program("tidepool"), "env", "--name", lab.name, "--json"])), store)
        ours = SelfRunFarshore(lab, facts, folder, say)
        await ours.prepare()
        try:
            yield Way(lab, facts, ours)
        finally:
            await ours.end()
    finally:
        await lab.down()
