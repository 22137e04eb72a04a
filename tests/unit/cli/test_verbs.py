"""Verbs against a real state file and no network: what is said, stored and answered when no daemon runs."""

import json
import os
import subprocess
from pathlib import Path

import pytest

from farshore.cli.main import main

GOLDEN = Path(__file__).parent / "golden"
INIT = [
    *("init", "--domain", "shop.example.com", "--first", "nyc3", "--second", "sfo3", "--engine"),
]
VERIFY = ["--verify-path", "/checkout", "--verify-form", "token={unique}", "--id-counter", "counters.value"]


def _config(folder: Path, engine: str = "mysql") -> Path:
    assert main([*INIT, engine, "--dir", str(folder), *VERIFY]) == 0
    return folder / "farshore.yaml"


@pytest.fixture
def config(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> Path:
    made = _config(tmp_path)
    capsys.readouterr()
    return made


def _json(capsys: pytest.CaptureFixture[str]) -> dict[str, object]:
    body = json.loads(capsys.readouterr().out)
    assert isinstance(body, dict)
    return body


def test_pausing_is_remembered_until_resume(config: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """A word that says nothing of pausing keeps it; `status` shows it with no daemon alive."""
    for words, paused in ((["pause"], True), (["approve"], True), (["resume"], False), (["abort"], False)):
        assert main([*words, "--config", str(config)]) == 0
        assert "No controller runs on this state file" in capsys.readouterr().out
        assert main(["status", "--json", "--config", str(config)]) == 0
        assert _json(capsys)["paused"] is paused


def test_status_without_a_daemon(config: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """The whole page before the first start: who sells, that nobody watches, and what to do next."""
    assert main(["status", "--config", str(config)]) == 0
    assert capsys.readouterr().out == (
        "shop.example.com: nyc3 sells under epoch 1, sfo3 stands by\n"
        "The controller is not running: nobody watches, and nothing fails over by itself.\n"
        "Next       start `farshore watch`; to fail over without it: `farshore failover`; by hand: `farshore runbook`\n"
    )


def test_take_over_knows_the_steps(config: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """A step that does not exist, and the grant, are refused before anything is written."""
    for step in ("promte", "grant"):
        with pytest.raises(SystemExit) as caught:
            main(["take-over", step, "--config", str(config)])
        assert caught.value.code == 2
    assert "invalid choice: 'grant'" in capsys.readouterr().err
    assert main(["take-over", "promote", "--config", str(config)]) == 0
    assert "Said take-over promote to group shop (word 1)." in capsys.readouterr().out


def test_the_plan_and_its_checksum(config: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """The checksum is of what would be done: it depends on whether the old database answers, and on nothing else."""
    sums = []
    for said in ("reachable", "unreachable", "reachable"):
        assert main(["plan", "failover", "--json", "--old-database", said, "--config", str(config)]) == 0
        sums.append(_json(capsys)["checksum"])
    # With a permit promotion waits for its end or for the fence either way, so both plans are one.
    assert sums[0] == sums[1] == sums[2]
    config.write_text(config.read_text().replace("gate: trigger", "gate: none") + "allow_unfenced: true\n")
    for said in ("reachable", "unreachable"):
        assert main(["plan", "failover", "--json", "--old-database", said, "--config", str(config)]) == 0
        sums.append(_json(capsys)["checksum"])
    assert len({sums[0], sums[3], sums[4]}) == 3


def test_failover_refuses_another_plan_and_asks(config: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """A checksum that does not fit, and nobody to ask: nothing is done."""
    words = ["failover", "--old-database", "unreachable", "--config", str(config)]
    assert main([*words, "--plan", "000000000000"]) == 1
    assert "not 000000000000: the situation has changed." in capsys.readouterr().err
    assert main(words) == 2
    captured = capsys.readouterr()
    assert "failover of group shop from nyc3 to sfo3, epoch 2" in captured.out
    assert "Cost: the checkout is closed for about" in captured.out
    assert captured.err == "There is nobody to ask here; say --yes to fail over, or run this on a terminal.\n"
    assert main(["journal", "--config", str(config)]) == 0
    assert capsys.readouterr().out == "The journal is empty: no controller has led this group yet.\n"


def test_without_a_token_there_is_one_sentence(
    config: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    """Every verb that needs the provider says the same, with exit code 2."""
    for variable in ("FARSHORE_TOKEN", "DIGITALOCEAN_TOKEN"):
        monkeypatch.delenv(variable, raising=False)
    for words in (["watch"], ["check"], ["agents", "deploy"], ["plan", "failover"]):
        assert main([*words, "--config", str(config)]) == 2
        assert "there is no token; set FARSHORE_TOKEN" in capsys.readouterr().err


@pytest.mark.parametrize("engine", ["mysql", "pg"])
def test_the_runbook_is_the_golden_one(tmp_path: Path, capsys: pytest.CaptureFixture[str], engine: str) -> None:
    """Set FARSHORE_GOLDEN=write to regenerate; it is shell, and bash must agree."""
    config = _config(tmp_path, engine)
    capsys.readouterr()
    assert main(["runbook", "--from", "nyc3", "--epoch", "2", "--config", str(config)]) == 0
    text = capsys.readouterr().out.replace(str(tmp_path), "/etc/farshore")
    golden = GOLDEN / f"runbook-{engine}.sh"
    if os.environ.get("FARSHORE_GOLDEN") == "write":
        golden.write_text(text)
    assert text == golden.read_text()
    checked = subprocess.run(["bash", "-n"], input=text, capture_output=True, text=True, check=False)
    assert (checked.returncode, checked.stderr) == (0, "")


def test_the_runbook_has_the_further_fences_where_they_are_allowed(
    config: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    config.write_text(config.read_text() + "\nfence: {network: true, hosts: true}\n")
    capsys.readouterr()
    assert main(["runbook", "--from", "nyc3", "--config", str(config)]) == 0
    text = capsys.readouterr().out
    for words in ("/firewall", "192.0.2.0", '"power_off"', "sources-of-"):
        assert words in text
    checked = subprocess.run(["bash", "-n"], input=text, capture_output=True, text=True, check=False)
    assert (checked.returncode, checked.stderr) == (0, "")


def test_the_runbook_holds_no_secret(config: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """Neither key nor token: both are named by variable and file."""
    key = (config.parent / "controller.key").read_text().splitlines()[1]
    assert main(["runbook", "--config", str(config)]) == 0
    text = capsys.readouterr().out
    assert key not in text
    assert "${FARSHORE_TOKEN:?" in text


def test_bad_words_for_the_runbook(config: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """A region that the group does not have."""
    assert main(["runbook", "--from", "ams3", "--config", str(config)]) == 2
    assert capsys.readouterr().err == "--from is 'ams3'; write nyc3 or sfo3.\n"
