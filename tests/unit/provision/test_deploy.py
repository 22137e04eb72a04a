"""Deployment through a stand-in for ssh that runs the remote command on this machine, in a folder of its own."""

import asyncio
import json
import sys
from dataclasses import replace
from pathlib import Path

import pytest

from farshore.model.failure import Refused, Unreachable
from farshore.model.region import RegionName
from farshore.ports.cloud import Host
from farshore.provision import bundle as bundle_module
from farshore.provision import unit
from farshore.provision.authority import Authority
from farshore.provision.bundle import Bundle, DatabaseAccess, File, install_script, pack
from farshore.provision.deploy import Pack, deploy
from farshore.provision.ssh import Ssh
from farshore.transport.identity import examine
from farshore.transport.message import Caller
from farshore.transport.tls import Identity
from identities import AUTHORITY, STRANGER


def _host(name: str, address: str) -> Host:
    return Host(1, name, RegionName("nyc3"), "active", address, "10.10.0.9", ("web",))


@pytest.fixture
def ssh(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Ssh:
    """`ssh` and `systemctl` on PATH: the first answers by address, both write down how they were called."""
    bin_dir = tmp_path / "bin"
    bin_dir.mkdir()
    (bin_dir / "ssh").write_text(
        f"""#!/bin/bash
printf '%s\\n' "$*" >> {tmp_path}/ssh.log
while [ "$1" != -- ]; do shift; done
case "$2" in
  192.0.2.1) exec sh -c "$3" ;;
  192.0.2.2) cat >/dev/null; echo 'ssh: connect to host 192.0.2.2 port 22: No route to host' >&2; exit 255 ;;
  192.0.2.3) cat >/dev/null; echo 'Host key verification failed.' >&2; exit 255 ;;
  192.0.2.4) cat >/dev/null; echo 'root@192.0.2.4: Permission denied (publickey).' >&2; exit 255 ;;
  192.0.2.5) cat >/dev/null; echo 'python3 is not installed' >&2; exit 3 ;;
esac
"""
    )
    (bin_dir / "systemctl").write_text(f'#!/bin/bash\necho "$*" >> {tmp_path}/systemctl.log\n')
    for program in bin_dir.iterdir():
        program.chmod(0o755)
    monkeypatch.setenv("PATH", f"{bin_dir}:/usr/sbin:/usr/bin:/sbin:/bin")
    return Ssh("root", 22, None, tmp_path / "known_hosts")


def _files(tmp_path: Path, content: bytes = b"one") -> tuple[File, ...]:
    return (
        File(f"{tmp_path}/host/lib/farshore.pyz", content, 0o755),
        File(f"{tmp_path}/host/etc/agent.key", b"very-secret-key\n", 0o600),
    )


def _packed(files: tuple[File, ...]) -> Pack:
    return lambda deployed: pack(files, "mysql")


def _bundle(host: str, archive: bytes = b"zip", authority: Authority = AUTHORITY) -> Bundle:
    access = DatabaseAccess("mysql", "shop", "pass-word", "shop", b"database ca")
    return Bundle(host, archive, "{}", authority, b"probe ca", access)


@pytest.fixture
def here(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """The app server's files go below this folder."""
    for name in ("ARCHIVE", "CONFIG", "AUTHORITY", "CERTIFICATE", "KEY", "DATABASE", "DATABASE_CA", "CA", "UNIT"):
        monkeypatch.setattr(unit, f"{name}_PATH", f"{tmp_path}/host{getattr(unit, f'{name}_PATH')}")
    return tmp_path / "host"


def test_a_certificate_that_is_still_good_stays(tmp_path: Path, here: Path, ssh: Ssh) -> None:
    """Deployed twice: unchanged. Of another host, of another authority, or with another's key: issued again."""

    def once(bundle: Bundle) -> tuple[str, bytes]:
        (result,) = asyncio.run(deploy(ssh, [(_host("web-1", "192.0.2.1"), bundle.pack)]))
        return result.outcome, certificate.read_bytes()

    certificate, key = Path(unit.CERTIFICATE_PATH), Path(unit.KEY_PATH)
    outcome, first = once(_bundle("web-1"))
    assert outcome == "changed"
    assert key.stat().st_mode & 0o777 == 0o600
    assert examine(Identity(Path(unit.AUTHORITY_PATH), certificate, key)).caller == Caller("agent", "web-1")
    assert once(_bundle("web-1")) == ("unchanged", first)
    assert once(_bundle("web-1", archive=b"newer")) == ("changed", first)
    assert once(_bundle("web-2"))[1] != first
    outcome, again = once(_bundle("web-2", authority=STRANGER))
    assert outcome == "changed"
    key.write_bytes(AUTHORITY.issue("agent:web-2").key)
    assert once(_bundle("web-2", authority=STRANGER))[1] != again
    key.chmod(0o644)
    assert once(_bundle("web-2", authority=STRANGER))[0] == "changed"
    assert key.stat().st_mode & 0o777 == 0o600


def test_the_agent_is_told_how_the_store_reaches_its_database(here: Path, ssh: Ssh) -> None:
    """Secret: nobody else on the host reads it, and no process list shows it."""
    asyncio.run(deploy(ssh, [(_host("web-1", "192.0.2.1"), _bundle("web-1").pack)]))
    file = Path(unit.DATABASE_PATH)
    assert file.stat().st_mode & 0o777 == 0o600
    assert json.loads(file.read_text()) == {
        "engine": "mysql",
        "user": "shop",
        "password": "pass-word",
        "database": "shop",
        "ca_file": unit.DATABASE_CA_PATH,
    }
    assert "pass-word" not in (here.parent / "ssh.log").read_text()


def test_the_shop_is_told_of_its_journal_once_the_agent_runs(
    tmp_path: Path, here: Path, ssh: Ssh, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Deployed again: unchanged. A word to the shop alone restarts no agent."""
    shop = tmp_path / "wordpress.json"
    monkeypatch.setattr(bundle_module, "_TELL_SHOP", f"python3 -I merge.py shop.json {shop} root")
    told = {"journal": "open", "journal_public_key": "a2V5"}
    word = {"first": "shop", "stores": {"shop": told}, "create": True, "new": {"permit": True}}
    bundle = replace(_bundle("web-1"), shop=json.dumps(word).encode())

    def once() -> str:
        (result,) = asyncio.run(deploy(ssh, [(_host("web-1", "192.0.2.1"), bundle.pack)]))
        return result.outcome

    assert [once(), once()] == ["changed", "unchanged"]
    assert json.loads(shop.read_text()) == {"store": "shop", "permit": True, **told}
    shop.unlink()
    restarts = (tmp_path / "systemctl.log").read_text().count("restart")
    assert once() == "unchanged"
    assert shop.exists()
    assert (tmp_path / "systemctl.log").read_text().count("restart") == restarts


def test_a_driver_that_is_missing_is_a_warning(tmp_path: Path, ssh: Ssh) -> None:
    """A python3 that has only what it came with."""
    python = tmp_path / "bin/python3"
    python.write_text(f'#!/bin/sh\nexec {sys.executable} -S "$@"\n')
    python.chmod(0o755)
    (result,) = asyncio.run(deploy(ssh, [(_host("web-1", "192.0.2.1"), _packed(_files(tmp_path)))]))
    assert (result.outcome, "the package python3-pymysql is installed here" in result.why) == ("changed", True)


def test_install_then_nothing_then_change(tmp_path: Path, ssh: Ssh) -> None:
    """The second time is silent success without a restart; a new archive is a restart."""

    def once(content: bytes) -> str:
        results = asyncio.run(deploy(ssh, [(_host("web-1", "192.0.2.1"), _packed(_files(tmp_path, content)))]))
        assert results[0].outcome != "failed", results[0].why
        return results[0].outcome

    assert once(b"one") == "changed"
    key = tmp_path / "host/etc/agent.key"
    assert key.read_text() == "very-secret-key\n"
    assert key.stat().st_mode & 0o777 == 0o600
    log = tmp_path / "systemctl.log"
    assert f"restart {unit.UNIT_NAME}" in log.read_text()
    log.write_text("")
    assert once(b"one") == "unchanged"
    assert "restart" not in log.read_text()
    assert once(b"two") == "changed"
    assert (tmp_path / "host/lib/farshore.pyz").read_bytes() == b"two"
    assert f"restart {unit.UNIT_NAME}" in log.read_text()


def test_no_secret_is_an_argument(tmp_path: Path, ssh: Ssh) -> None:
    """Process lists are public; everything secret goes through standard input."""
    asyncio.run(deploy(ssh, [(_host("web-1", "192.0.2.1"), _packed(_files(tmp_path)))]))
    assert "very-secret-key" not in (tmp_path / "ssh.log").read_text()
    assert "StrictHostKeyChecking=accept-new" in (tmp_path / "ssh.log").read_text()
    assert f"UserKnownHostsFile={tmp_path}/known_hosts" in (tmp_path / "ssh.log").read_text()


def test_one_host_that_fails_stops_no_other(tmp_path: Path, ssh: Ssh) -> None:
    """Each has its own outcome, in the order asked."""
    hosts = [_host(f"web-{number}", f"192.0.2.{number}") for number in (2, 1)]
    results = asyncio.run(deploy(ssh, [(host, _packed(_files(tmp_path))) for host in hosts]))
    assert [(result.host, result.outcome) for result in results] == [("web-2", "failed"), ("web-1", "changed")]


@pytest.mark.parametrize(
    ("address", "kind", "sentence"),
    [
        (
            "192.0.2.2",
            Unreachable,
            "cannot be reached by SSH (ssh: connect to host 192.0.2.2 port 22: No route to host)",
        ),
        (
            "192.0.2.3",
            Refused,
            "The SSH host key of 192.0.2.3 is not the pinned one. If the host was rebuilt on purpose",
        ),
        ("192.0.2.4", Refused, "192.0.2.4 refused the login of root by SSH. Set agents.ssh_user"),
        ("192.0.2.5", Refused, "On 192.0.2.5 the installation failed (python3 is not installed)."),
    ],
)
def test_each_way_to_fail_has_its_sentence(ssh: Ssh, address: str, kind: type[Exception], sentence: str) -> None:
    """With what to do next."""
    with pytest.raises(kind) as caught:
        asyncio.run(ssh.run(address, "true", b""))
    assert sentence in str(caught.value)


def test_pinned_on_first_use_only(ssh: Ssh) -> None:
    """So that the warning is given once. A port that is not 22 has brackets in the file."""
    ssh.known_hosts_file.write_text("192.0.2.1 ssh-ed25519 AAAA\n[192.0.2.9]:2222 ssh-ed25519 AAAA\n")
    assert ssh.knows("192.0.2.1")
    assert not ssh.knows("192.0.2.9")
    assert Ssh("root", 2222, None, ssh.known_hosts_file).knows("192.0.2.9")


def test_the_files_are_where_the_unit_looks() -> None:
    """The unit, the configuration and the script speak of the same paths."""
    files = _bundle("web-1").files(b"")
    paths = {file.path for file in files}
    assert paths == {getattr(unit, name) for name in dir(unit) if name.endswith("_PATH")}
    script = install_script(files, "mysql")
    assert all(path in script for path in paths)
    assert unit.ARCHIVE_PATH in unit.UNIT
    assert unit.CONFIG_PATH in unit.UNIT
