"""The agent's zip application: runs on a bare Python, holds only what it needs, is the same bytes each time."""

import io
import json
import subprocess
import sys
import zipfile
from pathlib import Path

import pytest

import farshore
from farshore.model.failure import Refused
from farshore.provision.archive import build_archive, closure
from identities import identity

ROOT = Path(farshore.__file__).parent.parent


def _python() -> str:
    """The interpreter below the virtual environment, so that its site-packages are out of reach."""
    return str(Path(getattr(sys, "_base_executable", sys.executable)).resolve())


@pytest.fixture(scope="module")
def archive(tmp_path_factory: pytest.TempPathFactory) -> Path:
    path = tmp_path_factory.mktemp("archive") / "farshore.pyz"
    path.write_bytes(build_archive())
    return path


def test_it_is_the_same_each_time() -> None:
    """A deployment compares bytes: what has not changed must not look changed."""
    assert build_archive() == build_archive()


def test_it_holds_no_decisions_and_no_clients() -> None:
    """An app server gets neither the controller nor its tokens' users."""
    names = zipfile.ZipFile(io.BytesIO(build_archive())).namelist()
    assert "farshore/agent/server.py" in names
    for forbidden in ("farshore/engine", "farshore/decide", "farshore/adapters/digitalocean", "farshore/wiring/world"):
        assert not [name for name in names if name.startswith(forbidden)]


def test_it_runs_on_a_bare_python(archive: Path, tmp_path: Path) -> None:
    """`python3 -I -S`: no environment, no site-packages. It listens, and leaves on SIGTERM with 0."""
    own = identity(tmp_path, "agent:web-1")
    config = {"agent": "web-1", "place": "sfo3", "key_file": str(own.key_file), "listen": "127.0.0.1:0"}
    config |= {"authority_file": str(own.ca_file), "certificate_file": str(own.certificate_file)}
    config |= {"endpoint_file": str(tmp_path / "endpoint.json"), "state": str(tmp_path / "state")}
    (tmp_path / "agent.json").write_text(json.dumps(config))
    # Started with SIGTERM pending from inside would race; a closed stdin tells the wrapper to end it instead.
    code = (
        "import runpy, sys, threading, os, signal\n"
        "def end(): sys.stdin.read(); os.kill(os.getpid(), signal.SIGTERM)\n"
        "threading.Thread(target=end, daemon=True).start()\n"
        f"sys.argv = ['farshore', 'agent', '--config', {str(tmp_path / 'agent.json')!r}]\n"
        "import socket; create = socket.create_server\n"
        "def told(*a, **k):\n"
        "    made = create(*a, **k); print('listening', flush=True); return made\n"
        "socket.create_server = told\n"
        f"runpy.run_path({str(archive)!r}, run_name='__main__')\n"
    )
    with subprocess.Popen(
        [_python(), "-I", "-S", "-c", code], stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=subprocess.PIPE
    ) as process:
        assert process.stdout is not None
        assert process.stdin is not None
        first = process.stdout.readline()
        process.stdin.close()
        process.wait(20)
        assert process.stderr is not None
        assert (first, process.returncode, process.stderr.read()) == (b"listening\n", 0, b"")


@pytest.mark.parametrize(
    ("words", "code", "sentence"),
    [
        (["agent", "--config", "/none.json"], 2, "The agent's configuration /none.json cannot be read"),
        (["status"], 1, "is not installed here; run it where the whole of farshore is installed."),
        (["nonsense"], 2, "there is no verb 'nonsense'"),
    ],
)
def test_it_fails_in_sentences(archive: Path, words: list[str], code: int, sentence: str) -> None:
    """No traceback on an app server either."""
    done = subprocess.run([_python(), "-I", "-S", str(archive), *words], capture_output=True, text=True, check=False)
    assert done.returncode == code
    assert sentence in done.stderr
    assert "Traceback" not in done.stderr


def test_third_party_packages_are_refused(tmp_path: Path) -> None:
    """Found while building, on the operator's machine, and named."""
    package = tmp_path / "farshore"
    package.mkdir()
    (package / "__init__.py").touch()
    (package / "bad.py").write_text("def late():\n    import yaml\n")
    with pytest.raises(Refused, match=r"farshore\.bad imports yaml, which app servers do not have"):
        closure(tmp_path, ("farshore.bad",))
    with pytest.raises(Refused, match=r"The module farshore\.none is missing"):
        closure(tmp_path, ("farshore.none",))
    assert "farshore.model.region" in closure(ROOT, ("farshore.cli.agent",))
