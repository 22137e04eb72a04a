"""The group's authority: what it makes, what it keeps, and each thing that can be wrong with its files."""

import datetime as dt
import stat
from pathlib import Path

import pytest

from farshore.cli.main import main
from farshore.provision import authority as authority_module
from farshore.provision.authority import Authority
from farshore.provision.authority_files import renew_own
from farshore.settings.load import load_settings
from farshore.settings.problem import BadSettings
from farshore.transport.identity import examine
from farshore.transport.message import Caller
from farshore.wiring.identity import identity_of
from identities import AUTHORITY, STRANGER

FILES = ("farshore-ca.key", "farshore-ca.pem", "controller.key", "controller.pem")


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    words = ["--domain", "shop.example.com", "--first", "nyc3", "--second", "sfo3", "--engine", "mysql"]
    assert main(["init", "--dir", str(tmp_path), *words]) == 0
    return tmp_path


def _again(folder: Path) -> int:
    return main(["init", "--authority", "--dir", str(folder)])


def test_init_makes_an_identity_that_peers_believe(folder: Path) -> None:
    _, known = identity_of(load_settings(folder / "farshore.yaml"))
    assert known.caller == Caller("controller", "controller")
    assert [stat.S_IMODE((folder / name).stat().st_mode) for name in FILES] == [0o600, 0o644, 0o600, 0o644]


def test_only_what_is_missing_is_made(folder: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """The authority stays when the controller's certificate has to be made again, and so the agents' stay good."""
    before = {name: (folder / name).read_bytes() for name in FILES}
    assert _again(folder) == 0
    assert "Nothing was missing." in capsys.readouterr().out
    (folder / "controller.pem").unlink()
    (folder / "controller.key").unlink()
    assert _again(folder) == 0
    after = {name: (folder / name).read_bytes() for name in FILES}
    assert [name for name in FILES if after[name] != before[name]] == ["controller.key", "controller.pem"]
    identity_of(load_settings(folder / "farshore.yaml"))


@pytest.mark.parametrize("missing", FILES[2:])
def test_half_a_pair_is_not_made_whole(folder: Path, capsys: pytest.CaptureFixture[str], missing: str) -> None:
    (folder / missing).unlink()
    assert _again(folder) == 2
    assert missing in capsys.readouterr().err
    assert not (folder / missing).exists()


def test_another_controller_needs_the_authoritys_files_for_a_certificate_of_its_own(
    folder: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    """An authority of its own would be believed by no agent, so none is made beside half of one."""
    for name in ("controller.pem", "controller.key", "farshore-ca.key"):
        (folder / name).unlink()
    assert _again(folder) == 2
    assert "farshore-ca.key is missing" in capsys.readouterr().err


def test_the_settings_of_an_earlier_version_have_a_sentence(folder: Path) -> None:
    """agents.key_file used to name 64 hexadecimal digits."""
    yaml = folder / "farshore.yaml"
    yaml.write_text(yaml.read_text().replace("agents:\n", "agents:\n  key_file: agent.key\n"))
    former = folder / "agent.key"
    former.write_text("ab" * 32 + "\n")
    former.chmod(0o600)
    with pytest.raises(
        BadSettings, match=r"the signing key of an earlier version\. Make .* `farshore init --authority`"
    ):
        identity_of(load_settings(yaml))


def test_an_agents_certificate_makes_no_controller(folder: Path) -> None:
    issued = Authority.load(folder / "farshore-ca.pem", folder / "farshore-ca.key").issue("agent:shop-1")
    (folder / "controller.pem").write_bytes(issued.certificate)
    (folder / "controller.key").write_bytes(issued.key)
    with pytest.raises(BadSettings, match="is the certificate of agent:shop-1, not of a controller"):
        identity_of(load_settings(folder / "farshore.yaml"))


def test_a_key_that_others_may_read_stops_the_deployment(folder: Path) -> None:
    (folder / "farshore-ca.key").chmod(0o640)
    with pytest.raises(BadSettings, match="others may read it; run: chmod 600"):
        Authority.load(folder / "farshore-ca.pem", folder / "farshore-ca.key")


def test_what_cannot_be_loaded_is_said(folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    certificate, key = folder / "farshore-ca.pem", folder / "farshore-ca.key"
    later = dt.datetime.now(dt.UTC) + dt.timedelta(days=20 * 365)
    with monkeypatch.context() as patch:
        patch.setattr(authority_module, "_now", lambda: later)
        with pytest.raises(BadSettings, match="the authority has expired; move both files away"):
            Authority.load(certificate, key)
    key.write_bytes(STRANGER.key_pem)
    with pytest.raises(BadSettings, match="is not the key of"):
        Authority.load(certificate, key)
    key.write_text("garbage")
    with pytest.raises(BadSettings, match="the authority's key cannot be read"):
        Authority.load(certificate, key)
    with pytest.raises(BadSettings, match="there is no such file for the authority's key"):
        Authority.load(certificate, folder / "none")
    certificate.write_text("garbage")
    with pytest.raises(BadSettings, match="the authority's certificate cannot be read"):
        Authority.load(certificate, key)
    with pytest.raises(BadSettings, match="copy it from the machine that ran `farshore init`"):
        Authority.load(folder / "none", key)


def test_a_certificate_is_good_for_its_name_its_authority_and_while_it_lasts(monkeypatch: pytest.MonkeyPatch) -> None:
    pem = AUTHORITY.issue("agent:shop-1").certificate
    assert AUTHORITY.still_good(pem, "agent:shop-1")
    assert not AUTHORITY.still_good(pem, "agent:shop-2")
    assert not STRANGER.still_good(pem, "agent:shop-1")
    assert not AUTHORITY.still_good(b"", "agent:shop-1")
    assert not AUTHORITY.still_good(pem[:200], "agent:shop-1")
    now = dt.datetime.now(dt.UTC)
    for days, good in ((1826 - 181, True), (1826 - 179, False), (1826 + 1, False)):
        monkeypatch.setattr(authority_module, "_now", lambda days=days: now + dt.timedelta(days=days))
        assert AUTHORITY.still_good(pem, "agent:shop-1") is good, days


def test_a_certificate_never_outlives_its_authority(monkeypatch: pytest.MonkeyPatch) -> None:
    """And one that ends together with it is not issued again at every deployment."""
    now = dt.datetime.now(dt.UTC)
    monkeypatch.setattr(authority_module, "_now", lambda: now + dt.timedelta(days=3600))
    assert AUTHORITY.still_good(AUTHORITY.issue("agent:shop-1").certificate, "agent:shop-1")


def test_a_name_that_no_certificate_holds_is_refused() -> None:
    with pytest.raises(BadSettings, match="is longer than 64 characters"):
        AUTHORITY.issue("agent:" + "x" * 59)


def test_the_controllers_own_is_renewed_with_its_key(folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """One file is replaced, so that no crash leaves a pair that does not fit."""
    settings = load_settings(folder / "farshore.yaml")
    authority = Authority.load(settings.agents.ca_file, settings.agents.ca_key_file)
    before, key = settings.agents.certificate_file.read_bytes(), settings.agents.key_file.read_bytes()
    assert not renew_own(settings, authority)
    now = dt.datetime.now(dt.UTC)
    with monkeypatch.context() as patch:
        patch.setattr(authority_module, "_now", lambda: now + dt.timedelta(days=1800))
        patch.setattr(authority_module, "_BACKDATE", dt.timedelta(days=1801))
        assert renew_own(settings, authority)
    assert settings.agents.certificate_file.read_bytes() != before
    assert settings.agents.key_file.read_bytes() == key
    assert examine(identity_of(settings)[0]).caller == Caller("controller", "controller")
