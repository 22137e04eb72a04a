"""Two controllers with a state file each, on real agents: real processes on loopback, and the commands of an operator.

The provider's API is dead here: a controller starts without it, from what it remembers of the app servers.
"""

import asyncio
import json
import os
import re
import socket
import subprocess
import sys
import time
from collections.abc import Iterator
from dataclasses import asdict, dataclass, field
from pathlib import Path

import pytest

from farshore.adapters.sqlite_coordination import SqliteCoordination
from farshore.cli.main import main
from farshore.model.grant import Grant
from farshore.model.keys import grant_key
from farshore.model.region import Epoch, RegionName
from farshore.ports.cloud import Host
from farshore.provision.agent_config import agent_config
from farshore.provision.authority import Authority
from farshore.settings.load import load_settings
from farshore.wiring.world import open_world
from identities import identity

NYC, SFO = RegionName("nyc3"), RegionName("sfo3")
FARSHORE = [sys.executable, "-c", "import sys; from farshore.cli.main import main; sys.exit(main(sys.argv[1:]))"]
ENVIRON = os.environ | {"FARSHORE_TOKEN": "dop_v1_nobody", "PYTHONUNBUFFERED": "1"}
PATIENCE_S = 60.0  # only for a test that has failed already
HOSTS = {
    region: Host(number, f"web-{number}", region, "active", "127.0.0.1", "127.0.0.1", ("t",))
    for number, region in enumerate((NYC, SFO), 1)
}
REFUSAL = "Another controller acts for this group, with a state file of its own: controller@"


def _free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


@dataclass
class Running:
    """A process whose lines are read until the one that is waited for."""

    process: "subprocess.Popen[str]"

    def says(self, word: str) -> bool:
        """Whether it came to say that; False when it ended instead."""
        assert self.process.stdout is not None
        return any(word in line for line in self.process.stdout)

    def kill(self) -> None:
        self.process.kill()
        self.process.communicate()


@dataclass
class Scene:
    folder: Path
    ports: dict[RegionName, int]
    running: list[Running] = field(default_factory=list)

    def config(self, name: str) -> Path:
        """farshore.yaml, with a state file of its own."""
        text = (self.folder / "farshore.yaml").read_text()
        path = self.folder / f"{name}.yaml"
        path.write_text(f"{text}\nstate_file: {name}.db\n")
        hosts = {place: [asdict(host)] for place, host in HOSTS.items()}
        (self.folder / f"{name}.db.hosts").write_text(json.dumps(hosts))
        return path

    def granted(self, config: Path) -> Path:
        store = SqliteCoordination(load_settings(config).state_file)

        async def write() -> None:
            record = await store.read(grant_key("shop"))
            await store.swap(None, record, Grant(Epoch(1), NYC).to_json())

        asyncio.run(write())
        return config

    def start(self, *words: str) -> Running:
        argv = [*FARSHORE, *words]
        process = subprocess.Popen(argv, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True, env=ENVIRON)
        self.running.append(Running(process))
        return self.running[-1]

    def refused(self, *words: str) -> str:
        done = subprocess.run(
            [*FARSHORE, *words], capture_output=True, text=True, check=False, env=ENVIRON, timeout=PATIENCE_S
        )
        assert "Traceback" not in done.stdout + done.stderr, done.stderr
        assert done.returncode == 1, (done.stdout, done.stderr)
        return done.stderr.strip()

    def until_started(self, *words: str) -> Running:
        """As a supervisor does: again, until it is let in."""
        until_s = time.monotonic() + PATIENCE_S
        while True:
            tried = self.start(*words)
            if tried.says("watching group"):
                return tried
            _, err = tried.process.communicate()
            assert err.startswith(REFUSAL), err
            assert time.monotonic() < until_s, err


def _agent_json(scene: Scene, region: RegionName) -> Path:
    """What `farshore agents deploy` writes, with its absolute places moved below this test's folder."""
    settings = load_settings(scene.folder / "farshore.yaml")
    body = json.loads(agent_config(settings, settings.group.place(region), HOSTS[region]))
    below = scene.folder / region
    below.mkdir()
    authority = Authority.load(settings.agents.ca_file, settings.agents.ca_key_file)
    own = identity(below, f"agent:{HOSTS[region].name}", authority)
    body |= {
        "listen": f"127.0.0.1:{scene.ports[region]}",
        "authority_file": str(own.ca_file),
        "certificate_file": str(own.certificate_file),
        "key_file": str(own.key_file),
        "endpoint_file": str(below / "endpoint.json"),
        "state": str(below / "state"),
    }
    path = below / "agent.json"
    path.write_text(json.dumps(body))
    return path


@pytest.fixture
def scene(tmp_path: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch) -> Iterator[Scene]:
    monkeypatch.setenv("FARSHORE_TOKEN", ENVIRON["FARSHORE_TOKEN"])
    made = Scene(tmp_path, {NYC: _free_port(), SFO: _free_port()})
    words = ["--domain", "shop.example.com", "--first", NYC, "--second", SFO, "--engine", "mysql"]
    assert main(["init", *words, "--dir", str(tmp_path)]) == 0
    yaml = tmp_path / "farshore.yaml"
    text = yaml.read_text().replace("provider:\n", "provider:\n  endpoint: https://127.0.0.1:1\n")
    for region, port in made.ports.items():
        text, found = re.subn(f"(    region: {region}\n)", f"\\1    agent_port: {port}\n", text)
        assert found == 1
    yaml.write_text(text)
    try:
        for region in (NYC, SFO):
            made.start("agent", "--config", str(_agent_json(made, region)))
        yield made
    finally:
        for running in made.running:
            running.kill()


def _until_heard(scene: Scene, name: str) -> None:
    """Both agents say to a third, which only looks, that they are commanded by the one with this state file."""
    asker = load_settings(scene.config("asker"))
    until_s = time.monotonic() + PATIENCE_S

    async def look() -> list[str]:
        async with open_world(asker, fresh=False) as world:
            views = [await app.view() for apps in world.apps.values() for app in apps.all()]
        return [view.heard.controller for view in views if view.heard is not None]

    while True:
        heard = asyncio.run(look())
        if len(heard) == len(HOSTS) and all(f"/{name}.db#" in controller for controller in heard):
            return
        assert time.monotonic() < until_s, heard


def _granted(config: Path) -> str:
    record = asyncio.run(SqliteCoordination(load_settings(config).state_file).read(grant_key("shop")))
    return record.value


def test_the_second_is_refused_the_first_may_restart_and_a_dead_one_is_replaced(scene: Scene) -> None:
    first, second = scene.granted(scene.config("first")), scene.granted(scene.config("second"))
    leading = scene.until_started("watch", "--config", str(first))
    _until_heard(scene, "first")

    for words in (["watch"], ["failover", "--yes", "--old-database", "unreachable"]):
        sentence = scene.refused(*words, "--config", str(second))
        assert sentence.startswith(REFUSAL), words
        assert f":{scene.folder}/first.db#" in sentence
        assert " spoke to agent web-" in sentence
        assert sentence.endswith("Leave it to that one, or stop it: 5 s after its last word this one starts.")

    leading.kill()
    again = scene.start("watch", "--config", str(first))
    assert again.says("watching group"), "a controller that is restarted is not in its own way"
    _until_heard(scene, "first")

    again.kill()  # for good: its machine is dead
    scene.until_started("watch", "--config", str(second))
    _until_heard(scene, "second")
    assert scene.refused("watch", "--config", str(first)).startswith(REFUSAL), "the old one is back, and too late"


def test_a_lost_state_file_is_no_leave_to_act_beside_a_living_controller(scene: Scene) -> None:
    """`--adopt` is for a controller that is gone; nothing is granted before that."""
    first, lost = scene.granted(scene.config("first")), scene.config("lost")
    leading = scene.until_started("watch", "--config", str(first))
    _until_heard(scene, "first")
    assert scene.refused("watch", "--adopt", SFO, "--config", str(lost)).startswith(REFUSAL)
    assert _granted(lost) == ""
    leading.kill()
    scene.until_started("watch", "--adopt", SFO, "--config", str(lost))
    assert Grant.from_json(_granted(lost)).holder == SFO


def test_a_verb_that_looks_keeps_nobody_from_starting(scene: Scene) -> None:
    """`check` asks the agents as well, and from another state file."""
    first, second = scene.granted(scene.config("first")), scene.granted(scene.config("second"))
    argv = [*FARSHORE, "check", "--json", "--config", str(second)]
    looked = subprocess.run(argv, capture_output=True, text=True, check=False, env=ENVIRON)
    answered = [one for one in json.loads(looked.stdout) if one["what"].startswith("agent web-")]
    assert [one["level"] for one in answered] == ["warn", "warn"], "they answered, and have no endpoint yet"
    assert scene.start("watch", "--config", str(first)).says("watching group")
