"""The substrate on a real machine: a lab comes up, links have latency, faults bite and heal, `down` leaves nothing.

Needs root on Linux and a built image (`tidepool image`); the lab is called `a` so that other labs can run beside it.
"""

import json
import os
import signal
import subprocess
import sys
import time
from collections.abc import Iterator
from pathlib import Path

import pytest

from tidepool.lab.cgroups import trees
from tidepool.lab.home import LabFolder, home
from tidepool.lab.image import image_root

NAME, DOOMED = "a", "a-doomed"
ROOT = os.geteuid() == 0 and sys.platform == "linux"
pytestmark = [
    pytest.mark.lab,
    pytest.mark.skipif(not ROOT, reason="needs root on Linux: it makes namespaces and mounts"),
    pytest.mark.skipif(not image_root().is_dir(), reason="needs the root filesystem: run `tidepool image` first"),
]
TIDEPOOL = [sys.executable, "-m", "tidepool.cli.main"]
AUTHORITY = "203.0.113.53"
# Prints "open <milliseconds>", or why not; a SYN that is dropped is a timeout.
CONNECT = """import socket, sys, time
began = time.monotonic()
try:
    socket.create_connection((sys.argv[1], int(sys.argv[2])), float(sys.argv[3])).close()
    print("open", round((time.monotonic() - began) * 1000))
except OSError as error:
    print(type(error).__name__)
"""


def tidepool(*words: str, check: bool = True, name: str = NAME) -> str:
    verb = [words[0], words[1], "--name", name] if words[0] == "fault" else [words[0], "--name", name]
    rest = words[2:] if words[0] == "fault" else words[1:]
    done = subprocess.run([*TIDEPOOL, *verb, *rest], capture_output=True, text=True, check=False)
    assert done.returncode == 0 or not check, done.stderr
    return done.stdout if done.returncode == 0 else done.stderr


def connect(place: str, address: str = AUTHORITY, port: int = 53, timeout_s: float = 0.6) -> str:
    return tidepool("exec", place, "--", sys.executable, "-c", CONNECT, address, str(port), str(timeout_s)).strip()


def traces(name: str = NAME) -> dict[str, list[str]]:
    """Everything on the machine that carries the lab's mark or lies in its folder."""
    folder = LabFolder.named(name)
    namespaces = Path("/run/netns")
    processes = []
    for entry in Path("/proc").iterdir():
        if entry.name.isdigit():
            try:
                # Without memory it is dead but for its parent's asking; some machines' PID 1 asks seconds later.
                if folder.mark in (entry / "cgroup").read_text() and (command := (entry / "cmdline").read_text()):
                    processes.append(command)
            except OSError:
                continue
    return {
        "namespaces": [p.name for p in namespaces.glob(f"{folder.mark}*")] if namespaces.is_dir() else [],
        "mounts": [line for line in Path("/proc/self/mounts").read_text().splitlines() if str(folder.path) in line],
        "cgroups": [str(tree / folder.mark) for tree in trees() if (tree / folder.mark).exists()],
        "processes": processes,
        "files": [str(folder.path)] if folder.path.exists() else [],
        "devices": subprocess.run(["ip", "-o", "link"], capture_output=True, text=True, check=True).stdout.splitlines(),
    }


@pytest.fixture(scope="module")
def lab() -> Iterator[None]:
    tidepool("down")
    clean = traces()
    tidepool("up")
    yield
    tidepool("down")
    assert traces() == clean


@pytest.fixture
def clean() -> dict[str, list[str]]:
    """A lab of another name, for tests that end it; `lab` runs beside it unharmed."""
    tidepool("down", name=DOOMED)
    return traces(DOOMED)


@pytest.fixture(autouse=True)
def mended(request: pytest.FixtureRequest) -> Iterator[None]:
    yield
    if "lab" in request.fixturenames:
        tidepool("fault", "remove", "all")


def test_env_says_how_to_reach_the_account(lab: None) -> None:
    """Programs find endpoint, token, CA, DNS server and places; the file with the token is private."""
    env = json.loads(tidepool("env", "--json"))
    assert env["endpoint"].startswith("https://127.0.0.1:")
    assert Path(env["ca_file"]).read_text().startswith("-----BEGIN CERTIFICATE")
    assert env["dns_server"] == "203.0.113.54"
    assert set(env["places"]) == {"nyc3", "sfo3", "lon1", "internet"}
    assert LabFolder.named(NAME).facts.stat().st_mode & 0o077 == 0


def test_a_second_up_is_refused_and_harms_nothing(lab: None) -> None:
    """`up` on a lab that runs says so; the lab goes on."""
    assert "already up" in tidepool("up", check=False)
    assert connect("lon1").startswith("open")


@pytest.mark.parametrize(("place", "least_ms"), [("internet", 0), ("lon1", 20), ("nyc3", 20), ("sfo3", 20)])
def test_distance_is_real(lab: None, place: str, least_ms: int) -> None:
    """A TCP connection from a place takes at least its link's round trip (an upper bound would test the machine)."""
    word, milliseconds = connect(place, timeout_s=5.0).split()
    assert word == "open"
    assert int(milliseconds) >= least_ms


def test_exec_is_the_command(lab: None) -> None:
    """Exit code, standard input and the place's resolver are the command's own; the machine's resolver is untouched."""
    before = Path("/etc/resolv.conf").read_text()
    done = subprocess.run(
        [*TIDEPOOL, "exec", "--name", NAME, "lon1", "--", "sh", "-c", "cat; cat /etc/resolv.conf; exit 7"],
        input="hello\n",
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 7
    assert done.stdout.startswith("hello\nnameserver 203.0.113.129\n")
    assert Path("/etc/resolv.conf").read_text() == before


def test_exec_passes_signals(lab: None) -> None:
    """A signal to the `tidepool exec` process reaches the command, because it is the command."""
    script = "import signal; print('on', flush=True); signal.pause()"
    process = subprocess.Popen(
        [*TIDEPOOL, "exec", "--name", NAME, "lon1", "--", sys.executable, "-c", script],
        stdout=subprocess.PIPE,
        text=True,
    )
    assert process.stdout is not None
    assert process.stdout.readline() == "on\n"
    process.send_signal(signal.SIGTERM)
    assert process.wait(10) == -signal.SIGTERM


@pytest.mark.parametrize("direction", ["both", "in", "out"])
@pytest.mark.parametrize("target", ["region:lon1", "host:lon1", "link:uplink-lon1"])
def test_a_partition_swallows_and_heals(lab: None, target: str, direction: str) -> None:
    """Packets vanish (a timeout, not a refusal) while it lasts, in any one direction."""
    fault = tidepool("fault", "add", "partition", target, f"direction={direction}").strip()
    assert connect("lon1") == "TimeoutError"
    assert connect("nyc3", timeout_s=5.0).startswith("open")
    tidepool("fault", "remove", fault)
    assert connect("lon1", timeout_s=5.0).startswith("open")


def test_a_host_can_be_cut_off_from_one_peer(lab: None) -> None:
    """`peer=` spares everybody else."""
    tidepool("fault", "add", "partition", "host:lon1", "peer=dns")
    assert connect("lon1") == "TimeoutError"
    assert connect("lon1", "203.0.113.10", 443, timeout_s=5.0).startswith("open")


def test_overlapping_partitions_mend_one_by_one(lab: None) -> None:
    """Removing one of two faults on a link leaves it cut."""
    first = tidepool("fault", "add", "partition", "region:lon1", "link=uplink").strip()
    second = tidepool("fault", "add", "partition", "link:uplink-lon1").strip()
    tidepool("fault", "remove", first)
    assert connect("lon1") == "TimeoutError"
    tidepool("fault", "remove", second)
    assert connect("lon1", timeout_s=5.0).startswith("open")


@pytest.mark.parametrize("target", ["service:dns/knotd", "host:dns"])
def test_killed_is_refused_and_comes_back(lab: None, target: str) -> None:
    """A dead server resets connections; removing the fault starts it again."""
    tidepool("fault", "add", "kill", target)
    assert connect("internet") == "ConnectionRefusedError"
    tidepool("fault", "remove", "all")
    assert connect("internet", timeout_s=5.0).startswith("open")


@pytest.mark.parametrize("target", ["service:dns/knotd", "host:dns"])
def test_frozen_is_silent_and_goes_on(lab: None, target: str) -> None:
    """The kernel still accepts, nobody answers; thawed, the very same process does."""
    ask = ["nsenter", f"--net=/run/netns/{LabFolder.named(NAME).netns('internet')}", "chroot", str(image_root())]
    ask += ["kdig", "+short", "+time=1", "+retry=0", f"@{AUTHORITY}", "api.tidepool.test"]
    tidepool("fault", "add", "freeze", target)
    assert "203.0.113.10" not in subprocess.run(ask, capture_output=True, text=True, check=False).stdout
    tidepool("fault", "remove", "all")
    assert "203.0.113.10" in subprocess.run(ask, capture_output=True, text=True, check=False).stdout


def test_a_killed_region_is_dark_and_comes_back(lab: None) -> None:
    """Everything in it is dead and all its links are cut; removing the fault boots it again."""
    tidepool("fault", "add", "kill", "region:nyc3")
    status = json.loads(tidepool("status", "--json"))
    assert [h["running"] for h in status["hosts"] if h["place"] == "nyc3"] == [False]
    cut = {name.split("/")[0] for name, way in status["links"].items() if way["cut"]}
    assert cut == {"peering", "public", "uplink-nyc3"}
    tidepool("fault", "remove", "all")
    status = json.loads(tidepool("status", "--json"))
    assert [h["services"] for h in status["hosts"] if h["name"] == "router-nyc3"] == [{"unbound": True}]
    assert not [name for name, way in status["links"].items() if way["cut"]]


@pytest.mark.parametrize(
    ("words", "sentence"),
    [
        (("melt", "host:dns"), "there is no fault 'melt'"),
        (("kill", "host:nobody"), "there is no host 'nobody'"),
        (("kill", "service:dns/nobody"), "has no service 'nobody'"),
        (("kill", "dns"), "is not understood"),
        (("partition", "region:lon1", "link=peering"), "lon1 has no peering link"),
        (("partition", "host:lon1", "peer=nobody"), "peer=nobody is neither"),
        (("freeze", "link:public"), "cannot be aimed at a link"),
    ],
)
def test_a_bad_fault_is_refused_and_changes_nothing(lab: None, words: tuple[str, ...], sentence: str) -> None:
    """One sentence says what is wrong; no fault is left on the list."""
    assert sentence in tidepool("fault", "add", *words, check=False)
    assert json.loads(tidepool("fault", "list", "--json")) == []


def test_nothing_is_left_after_the_daemon_was_killed(clean: dict[str, list[str]]) -> None:
    """kill -9 of the daemon ends every process of the lab at once; `down` removes the rest."""
    tidepool("up", name=DOOMED)
    folder = LabFolder.named(DOOMED)
    os.kill(int(folder.pid.read_text()), signal.SIGKILL)
    deadline = time.monotonic() + 10
    while traces(DOOMED)["processes"]:
        assert time.monotonic() < deadline, traces(DOOMED)["processes"]
        time.sleep(0.02)
    while "has died" not in tidepool("env", check=False, name=DOOMED):  # the kernel takes a dying process off late
        assert time.monotonic() < deadline
    tidepool("down", name=DOOMED)
    assert traces(DOOMED) == clean
    tidepool("down", name=DOOMED)  # and again


@pytest.mark.parametrize("after", ["routers and links", "name servers", "API"])
def test_nothing_is_left_when_up_dies_half_way(clean: dict[str, list[str]], after: str) -> None:
    """kill -9 of `up` and of its daemon at any line of progress; `down` removes what there is so far."""
    up = subprocess.Popen(
        [*TIDEPOOL, "up", "--name", DOOMED], stdout=subprocess.DEVNULL, stderr=subprocess.PIPE, text=True
    )
    assert up.stderr is not None
    for line in up.stderr:
        if line.strip() == after:
            break
    up.kill()
    os.kill(int(LabFolder.named(DOOMED).pid.read_text()), signal.SIGKILL)
    up.wait()
    tidepool("down", name=DOOMED)
    assert traces(DOOMED) == clean


def test_up_outlives_who_started_it(clean: dict[str, list[str]]) -> None:
    """kill -9 of `up` alone: the lab comes up all the same, and `down` ends it."""
    up = subprocess.Popen(
        [*TIDEPOOL, "up", "--name", DOOMED], stdout=subprocess.DEVNULL, stderr=subprocess.PIPE, text=True
    )
    assert up.stderr is not None
    up.stderr.readline()
    up.kill()
    up.wait()
    up.stderr.close()
    deadline = time.monotonic() + 30
    while not LabFolder.named(DOOMED).facts.exists():
        assert time.monotonic() < deadline
        time.sleep(0.02)
    tidepool("down", name=DOOMED)
    assert traces(DOOMED) == clean


def test_the_home_is_where_the_environment_says() -> None:
    """$TIDEPOOL_HOME moves everything."""
    assert str(home()) == os.environ.get("TIDEPOOL_HOME", "/var/lib/tidepool")
