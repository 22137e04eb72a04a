"""An account in miniature as its customer has it: the command line, the API over TLS, and SQL from lon1."""

import json
import re
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import requests
from drill_lab import lab_name
from engine_lab import SESSION, Talk

from tidepool.lab.cgroups import Group

PATIENCE_S = 60.0


class Customer:
    """One lab that is up, seen from outside only."""

    def __init__(self, name: str, engine: str, facts: dict[str, Any]) -> None:
        self.name, self.engine, self.facts = name, engine, facts
        self._web = requests.Session()
        self._web.trust_env = False
        self._web.verify = facts["ca_file"]
        self._web.headers["Authorization"] = f"Bearer {facts['token']}"
        self._sessions: list[Talk] = []

    def ask(self, method: str, path: str, body: Any = None) -> requests.Response:
        return self._web.request(method, self.facts["endpoint"] + path, json=body, timeout=PATIENCE_S)

    def ok(self, method: str, path: str, body: Any = None) -> Any:
        answer = self.ask(method, path, body)
        assert answer.status_code < 300, f"{method} {path}: {answer.status_code} {answer.text}"
        return answer.json() if answer.content else None

    def until(self, path: str, good: Callable[[Any], Any]) -> Any:
        """Poll as customers do, until the body (None for a 404) is good."""
        answer = None

        def holds() -> bool:
            nonlocal answer
            response = self.ask("GET", path)
            answer = response.json() if response.status_code == 200 else None
            return bool(good(answer))

        eventually(holds, path)
        return answer

    def fault(self, *words: str) -> str:
        return run(self.name, "fault", "add", *words).strip()

    def mend(self, fault: str = "all") -> None:
        run(self.name, "fault", "remove", fault)

    def status(self) -> dict[str, Any]:
        return dict(json.loads(run(self.name, "status", "--json")))

    def inside(self, host: str, *command: str) -> str:
        """A command in the droplet's own namespaces, as an operator's ssh would run it; empty where it is down."""
        cell = json.loads((Path(self.facts["lab_dir"]) / "cells" / host / "cell.json").read_text())
        for pid in Group(cell["group"]).pids():
            if re.search(r"^NSpid:.*\t1$", Path(f"/proc/{pid}/status").read_text(), re.MULTILINE):
                enter = ["nsenter", "-t", str(pid), "-m", "-u", "-i", "-n", "-p", "-C"]
                return subprocess.run([*enter, *command], capture_output=True, text=True, check=False).stdout
        return ""

    def network(self, place: str, *command: str) -> str:
        """A command of this machine in that place's network."""
        argv = ["tidepool", "exec", "--name", self.name, place, "--", *command]
        return subprocess.run(argv, capture_output=True, text=True, check=False).stdout

    def cluster(self, name: str) -> dict[str, Any]:
        body = {"name": name, "engine": self.engine, "num_nodes": 1, "size": "db-s-1vcpu-1gb", "region": "nyc3"}
        made = self.ok("POST", "/v2/databases", body)["database"]
        path = f"/v2/databases/{made['id']}"
        self.until(f"{path}/backups", lambda answer: answer and answer["backups"])
        return dict(self.until(path, lambda answer: answer["database"]["status"] == "online")["database"])

    def replica(self, primary: str, name: str, region: str) -> dict[str, Any]:
        path = f"/v2/databases/{primary}/replicas"
        body = {"name": name, "size": "db-s-1vcpu-1gb", "region": region}
        eventually(lambda: self.ask("POST", path, body).status_code != 412, "the cluster has its first backup")
        found = self.until(f"{path}/{name}", lambda a: a and a["replica"]["status"] == "online")
        return dict(found["replica"])

    def promote(self, primary: str, replica: dict[str, Any]) -> None:
        self.ok("PUT", f"/v2/databases/{primary}/replicas/{replica['name']}/promote")
        self.until(f"/v2/databases/{replica['id']}", lambda answer: answer)

    def session(self, server: dict[str, Any], user: str = "doadmin", password: str = "", at: str = "lon1") -> Talk:
        """From lon1, by address: for as long as its TTL, the name of a server that was deleted and made again is still
        found at the old one, here as at DigitalOcean."""
        connection = server["connection"]
        address = next(host["public"] for host in self.status()["hosts"] if host["name"] == server["name"])
        argv = ["tidepool", "exec", "--name", self.name, at, "--", sys.executable, str(SESSION)]
        found = Talk(argv)
        self._sessions.append(found)
        asked = {"host": address, "port": connection["port"], "database": connection["database"]}
        asked |= {"user": user, "password": password or connection["password"], "ca": self.facts["ca_file"]}
        answer = found.ask({"engine": self.engine, **asked})
        assert "error" not in answer, answer
        return found

    def close(self) -> None:
        for session in self._sessions:
            session.close()
        self._web.close()


def eventually(holds: Callable[[], bool], what: str) -> None:
    deadline = time.monotonic() + PATIENCE_S
    while not holds():
        assert time.monotonic() < deadline, f"did not happen within {PATIENCE_S:.0f} s: {what}"
        time.sleep(0.3)  # the API allows 250 requests a minute


def run(name: str, *words: str) -> str:
    verb, *rest = words
    argv = ["tidepool", verb, *rest[:1], "--name", name, *rest[1:]] if verb == "fault" else [*("tidepool", verb)]
    argv += [] if verb == "fault" else ["--name", name, *rest]
    done = subprocess.run(argv, capture_output=True, text=True, check=False)
    assert done.returncode == 0, f"{' '.join(argv)}: {done.stderr}"
    return done.stdout


@contextmanager
def account(what: str, engine: str, *up: str) -> Iterator[Customer]:
    name = lab_name(what)
    run(name, "down")
    try:
        run(name, "up", *(up or ("--time-scale", "0.01", "--promote-delay", "0.2")))
        customer = Customer(name, engine, json.loads(run(name, "env", "--json")))
        try:
            yield customer
        finally:
            customer.close()
    finally:
        run(name, "down")
