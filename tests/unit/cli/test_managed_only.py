"""Verbs that know managed databases only say so for a group whose databases are self-run, and print nothing to type."""

import re
from pathlib import Path

import pytest

from farshore.cli.main import main

OWN = """\
    database:
      kind: self-run
      host: db-{}
      admin_user: admin
      password_file: db-admin
      app_password_file: db-app
      ca_file: db-ca.pem"""


@pytest.fixture
def config(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> Path:
    init = ["init", "--domain", "shop.example.com", "--first", "nyc3", "--second", "sfo3", "--engine", "pg"]
    assert main([*init, "--dir", str(tmp_path)]) == 0
    file = tmp_path / "farshore.yaml"
    text, found = re.subn(r"^    database: shop-(\w+).*$", lambda m: OWN.format(m[1]), file.read_text(), flags=re.M)
    assert found == 2
    file.write_text(text)
    capsys.readouterr()
    return file


@pytest.mark.parametrize("words", [["runbook"], ["runbook", "--epoch", "7", "--from", "nyc3"], ["terraform", "moves"]])
def test_it_says_so_and_prints_no_command(words: list[str], config: Path, capsys: pytest.CaptureFixture[str]) -> None:
    if words[0] == "terraform":
        state = config.with_name("state.json")
        state.write_text('{"format_version": "1.0", "values": {"root_module": {}}}')
        words = [*words, "--state", str(state)]
    assert main([*words, "--config", str(config)]) != 0
    said = capsys.readouterr()
    assert said.out == ""
    assert "knows managed databases only" in said.err
    assert "docs/self-run.md" in said.err


def test_a_rebuild_says_that_nothing_is_deleted(config: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """Nobody is there to confirm, so it ends with what it would do."""
    assert main(["rebuild", "--config", str(config)]) != 0
    said = capsys.readouterr()
    assert "rewound or replaced by a copy" in said.out + said.err
    assert "deleted for ever" not in said.out + said.err
