"""`farshore init`: the exact file for the usual answers, and never an overwrite."""

import os
import stat
from pathlib import Path

import pytest

from farshore.cli.main import main
from farshore.settings.load import load_settings

GOLDEN = Path(__file__).parent / "golden" / "farshore.yaml"
USUAL = ["--domain", "shop.example.com", "--first", "nyc3", "--second", "sfo3", "--engine", "mysql"]
ALL = [
    *USUAL,
    *("--group", "boutique", "--mode", "approve", "--allow-unfenced", "--place", "lon1"),
    *("--first-balancer", "lb-one", "--first-database", "db-one", "--first-tag", "web:one"),
    *("--verify-path", "/checkout", "--verify-form", "name=Ann: #1", "--verify-form", "token={unique}"),
    *("--verify-expect", "order_id", "--id-counter", "counters.value", "--reference", "https://api.tidepool.test/"),
    *("--endpoint", "https://api.tidepool.test", "--ca-file", "/tmp/ca.pem", "--token-file", "/tmp/token"),
    *(
        "--probe-ca-file",
        "/tmp/ca.pem",
        "--dns-server",
        "203.0.113.53",
        "--ssh-key-file",
        "/tmp/id",
        "--ssh-user",
        "ops",
    ),
]


def _init(folder: Path, *words: str) -> int:
    return main(["init", "--dir", str(folder), *words])


def test_the_file_is_the_golden_one(tmp_path: Path) -> None:
    """Set FARSHORE_GOLDEN=write to regenerate; read the difference before committing it."""
    assert _init(tmp_path, *USUAL) == 0
    text = (tmp_path / "farshore.yaml").read_text()
    if os.environ.get("FARSHORE_GOLDEN") == "write":
        GOLDEN.write_text(text)
    assert text == GOLDEN.read_text()


def test_every_answer_arrives(tmp_path: Path) -> None:
    """What was said by flags is what the settings then hold."""
    assert _init(tmp_path, *ALL) == 0
    settings = load_settings(tmp_path / "farshore.yaml")
    group, store = settings.group, settings.group.stores[0]
    assert (group.name, group.mode, group.allow_unfenced) == ("boutique", "approve", True)
    assert (group.first.load_balancer, group.first.database, group.first.app_tag) == ("lb-one", "db-one", "web:one")
    assert group.second.load_balancer == "boutique-sfo3"
    assert store.verify is not None
    assert store.verify.form == (("name", "Ann: #1"), ("token", "{unique}"))
    assert (store.verify.method, store.verify.expect, store.id_counters) == ("POST", "order_id", ("counters.value",))
    assert settings.provider.endpoint == "https://api.tidepool.test"
    assert settings.provider.token_file == Path("/tmp/token")
    assert settings.controller.place == "lon1"
    assert settings.dns_servers == ("203.0.113.53",)
    assert (settings.agents.ssh_user, settings.agents.ssh_key_file) == ("ops", Path("/tmp/id"))
    assert settings.probe.references[0].host == "api.tidepool.test"


def test_the_key_is_secret_and_kept(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """Mode 0600, never printed; keys that exist are left alone."""
    assert _init(tmp_path, *USUAL) == 0
    keys = [tmp_path / "farshore-ca.key", tmp_path / "controller.key"]
    assert [stat.S_IMODE(key.stat().st_mode) for key in keys] == [0o600, 0o600]
    texts = [key.read_text() for key in keys]
    (tmp_path / "farshore.yaml").unlink()
    assert _init(tmp_path, *USUAL) == 0
    assert [key.read_text() for key in keys] == texts
    assert not any(text.splitlines()[1] in capsys.readouterr().out for text in texts)


def test_nothing_is_overwritten(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """Exit code 2 and one sentence; the file keeps every byte."""
    (tmp_path / "farshore.yaml").write_text("mine")
    assert _init(tmp_path, *USUAL) == 2
    assert (tmp_path / "farshore.yaml").read_text() == "mine"
    assert [path.name for path in tmp_path.iterdir()] == ["farshore.yaml"]
    assert "exists already and is left as it is" in capsys.readouterr().err


@pytest.mark.parametrize(
    ("words", "sentence"),
    [
        (["--domain", "localhost"], "--domain is 'localhost'; it must be a public host name"),
        (["--first", "moon"], "regions.first.region is 'moon'; it must be a region slug such as nyc3."),
        (["--second", "nyc3"], "a standby must be in another region."),
        (["--group", "x: y"], "group is 'x: y'; it must be a small letter"),
        (["--verify-path", "/c", "--verify-form", "name"], "--verify-form is 'name'; write it as KEY=VALUE"),
        (["--reference", "x\nmode: manual"], "is no web address"),
    ],
)
def test_a_bad_answer_leaves_nothing_behind(
    tmp_path: Path, capsys: pytest.CaptureFixture[str], words: list[str], sentence: str
) -> None:
    """Refused with its sentence, and the folder is as empty as before."""
    assert _init(tmp_path, *USUAL, *words) == 2
    assert sentence in capsys.readouterr().err
    assert list(tmp_path.iterdir()) == []
