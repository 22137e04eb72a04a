"""A lab, a shop and farshore in it, as an operator has them on a bad day: public commands only, and what they say.

The folder of farshore.yaml, the state file and the token is a small tmpfs, so that its disk can be filled.
"""

import asyncio
import json
import os
import sqlite3
import subprocess
import time
from collections.abc import Callable, Coroutine, Iterator
from contextlib import closing, contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any, TypeVar

import requests
from drill_lab import drill_lab

from farshore.drills.command import Progress, Running, program, start
from farshore.drills.lab import Facts, Lab
from farshore.drills.order_rows import read_rows
from farshore.drills.orders import Row
from farshore.drills.ours import Farshore

T = TypeVar("T")
STATE_DISK = "16m"  # SQLite's log alone grows to 4 MB before it is written back
PATIENCE_S = 60.0


@dataclass(frozen=True, slots=True)
class Said:
    """What one command answered; `check` of it in a test reads like the sentence it expects."""

    code: int
    out: str
    err: str

    @property
    def sentence(self) -> str:
        """Of standard error, without the log's lines: what an operator is told. Never a traceback."""
        assert "Traceback" not in self.out + self.err, self.out + self.err
        return self.err.strip()

    @property
    def last_line(self) -> str:
        assert "Traceback" not in self.out + self.err, self.out + self.err
        return [line for line in self.out.splitlines() if line.startswith("The failover ")][-1]


def without_token() -> dict[str, str]:
    return {k: v for k, v in os.environ.items() if k not in ("FARSHORE_TOKEN", "DIGITALOCEAN_TOKEN")}


def run(argv: list[str], timeout_s: float = 60.0) -> Said:
    done = subprocess.run(
        argv,
        capture_output=True,
        text=True,
        check=False,
        timeout=timeout_s,
        env=without_token(),
        stdin=subprocess.DEVNULL,
    )
    return Said(done.returncode, done.stdout, done.stderr)


class BadDay:
    def __init__(self, lab: Lab, facts: Facts, folder: Path, runner: asyncio.Runner) -> None:
        self.lab, self.facts, self.folder, self._runner = lab, facts, folder, runner
        self.yaml = folder / "farshore.yaml"
        self.watch_log = folder.with_name("watch.log")
        self.farshore = Farshore(lab, facts, folder, Progress(quiet=True))

    def do(self, work: Coroutine[Any, Any, T]) -> T:
        return self._runner.run(work)

    # commands

    def argv(self, *words: str, config: Path | None = None) -> list[str]:
        return self.lab.inside("lon1", program("farshore"), *words, "--config", str(config or self.yaml))

    def says(self, *words: str, config: Path | None = None) -> Said:
        return run(self.argv(*words, config=config))

    def variant(self, name: str, *changes: tuple[str, str]) -> Path:
        """farshore.yaml with a mistake in it, and a state file of its own."""
        text = self.yaml.read_text()
        for old, new in changes:
            assert old in text, old
            text = text.replace(old, new)
        path = self.folder / f"{name}.yaml"
        path.write_text(f"{text}\nstate_file: {name}.db\n")
        return path

    def findings(self, config: Path | None = None) -> dict[str, dict[str, str]]:
        """What `farshore check` finds wrong, by what it looked at."""
        said = self.says("check", "--json", config=config)
        assert said.sentence == ""
        wrong = {one["what"]: one for one in json.loads(said.out) if one["level"] == "fail"}
        assert said.code == (1 if wrong else 0)
        return wrong

    def status(self) -> dict[str, Any]:
        return dict(json.loads(self.says("status", "--json").out))

    def until(self, holds: Callable[[], Any], what: str) -> None:
        deadline = time.monotonic() + PATIENCE_S
        while not holds():
            assert time.monotonic() < deadline, f"{what}; watch says: {self.watch_log.read_text()[-600:]}"
            time.sleep(0.2)

    def until_ready(self) -> None:
        self.do(self.farshore.wait_until_ready())

    def journal(self, kind: str) -> list[Any]:
        return [line for line in self.do(self.farshore.journal()) if line["kind"] == kind]

    # the world

    @contextmanager
    def fault(self, kind: str, target: str, *options: str) -> Iterator[None]:
        number, _ = self.do(self.lab.fault(kind, target, *options))
        try:
            yield
        finally:
            subprocess.run([program("tidepool"), "fault", "remove", "--name", self.lab.name, number], check=True)

    @contextmanager
    def full_disk(self) -> Iterator[None]:
        """SQLite's log is emptied first: one that was written back may be written over, and needs no space at all."""
        ballast = self.folder / "ballast"
        self.until(self._log_is_empty, "the state file's log is not written back")
        try:
            with ballast.open("wb", buffering=0) as file:
                for size in (65536, 512):
                    try:
                        while True:
                            file.write(b"x" * size)
                    except OSError:
                        continue
            yield
        finally:
            ballast.unlink()

    def _log_is_empty(self) -> bool:
        with closing(sqlite3.connect(self.folder / "farshore.db")) as db:
            (busy, _, _) = db.execute("PRAGMA wal_checkpoint(TRUNCATE)").fetchone()
        return not busy

    def api(self, method: str, path: str, body: object = None) -> Any:
        with requests.Session() as session:
            session.trust_env = False
            answer = session.request(
                method,
                self.facts.env["endpoint"] + path,
                json=body,
                headers={"Authorization": f"Bearer {self.facts.token}"},
                verify=self.facts.ca_file,
                timeout=10,
            )
        answer.raise_for_status()
        return answer.json() if answer.content else None

    def records(self) -> list[dict[str, Any]]:
        """Every address record of the shop's name, as the account has it."""
        path = f"/v2/domains/{self.facts.store['zone']}/records?per_page=200&type=A&name={self.facts.domain}"
        return list(self.api("GET", path)["domain_records"])

    def by_hand(self, address: str) -> None:
        """Somebody in the control panel."""
        (record,) = self.records()
        self.api(
            "PUT", f"/v2/domains/{self.facts.store['zone']}/records/{record['id']}", {"type": "A", "data": address}
        )

    def door(self, region: str) -> str:
        return str(self.facts.region(region)["balancer"]["ip"])

    def rows(self, region: str) -> list[Row]:
        return self.do(read_rows(self.lab, self.facts, region))

    def start(self, name: str, argv: list[str]) -> Running:
        return self.do(start(name, argv, self.folder.with_name(f"{name}.log")))


@contextmanager
def bad_day(name: str, engine: str, folder: Path) -> Iterator[BadDay]:
    work = folder / "work"
    work.mkdir()
    with drill_lab(name, engine) as (lab, facts), asyncio.Runner() as runner:
        subprocess.run(["mount", "-t", "tmpfs", "-o", f"size={STATE_DISK}", "tmpfs", str(work)], check=True)
        day = BadDay(lab, facts, work, runner)
        try:
            # Elsewhere, as a journal of the system is: the lines about a full disk are what a test reads.
            (work / "watch.log").symlink_to(day.watch_log)
            day.do(day.farshore.prepare())
            yield day
        finally:
            day.do(day.farshore.end())
            subprocess.run(["umount", str(work)], check=True)
