"""The shop's settings: what a deployment says is in them, and what others wrote stays, with its mode and owner."""

import json
import os
import subprocess
import sys
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from farshore.model.group import Group, Place, Store
from farshore.model.order_journal import JournalPolicy, JournalTerms
from farshore.model.region import RegionName
from farshore.provision.shop_settings import MERGE, shop_word

SHOP = Store("shop", "shop.example.com", "example.com", journal=JournalTerms(JournalPolicy.CLOSED, 250))
GROUP = Group(
    "shop",
    "mysql",
    (SHOP,),
    Place(RegionName("nyc3"), "lb-1", "db-1", "tag-1"),
    Place(RegionName("sfo3"), "lb-2", "db-2", "tag-2"),
)
TOLD = {"journal": "closed", "journal_timeout_ms": 250, "journal_public_key": "a2V5"}


def _merge(folder: Path, group: Group = GROUP, key: str | None = "a2V5") -> str:
    """As install.sh runs it, on standard library only."""
    (folder / "shop.json").write_bytes(shop_word(group, key))
    (folder / "merge.py").write_text(MERGE)
    words = [sys.executable, "-I", "merge.py", "shop.json", str(folder / "etc/wordpress.json"), "root"]
    return subprocess.run(words, cwd=folder, capture_output=True, text=True, check=True).stdout


def _file(folder: Path, value: Any) -> Path:
    file = folder / "etc" / "wordpress.json"
    file.parent.mkdir(exist_ok=True)
    file.write_text(json.dumps(value))
    return file


def test_what_is_there_stays_with_its_mode_and_owner(tmp_path: Path) -> None:
    file = _file(tmp_path, {"store": "shop", "permit": False, "check_token": "secret", "journal": "off"})
    file.chmod(0o640)
    if os.geteuid() == 0:
        os.chown(file, 0, 33)
    before = file.stat()
    assert "journal" in _merge(tmp_path)
    assert json.loads(file.read_text()) == {"store": "shop", "permit": False, "check_token": "secret", **TOLD}
    after = file.stat()
    assert (after.st_mode, after.st_uid, after.st_gid) == (before.st_mode, before.st_uid, before.st_gid)
    assert _merge(tmp_path) == "", "told already"
    assert file.stat().st_ino == after.st_ino


def test_one_that_is_missing_is_made_where_a_store_keeps_a_journal(tmp_path: Path) -> None:
    _merge(tmp_path)
    file = tmp_path / "etc" / "wordpress.json"
    assert json.loads(file.read_text()) == {"permit": True, "store": "shop", **TOLD}
    assert file.stat().st_mode & 0o777 == 0o640


def test_without_a_journal_no_file_is_made_and_one_that_is_there_says_off(tmp_path: Path) -> None:
    off = replace(GROUP, stores=(replace(SHOP, journal=JournalTerms()),))
    _merge(tmp_path, off, None)
    assert not (tmp_path / "etc").exists()
    file = _file(tmp_path, {"store": "shop", "permit": True, **TOLD})
    _merge(tmp_path, off, None)
    assert json.loads(file.read_text())["journal"] == "off"


def test_a_file_of_another_store_is_left_alone(tmp_path: Path) -> None:
    file = _file(tmp_path, {"store": "other", "permit": True})
    _merge(tmp_path)
    assert json.loads(file.read_text()) == {"store": "other", "permit": True}


def test_a_file_that_is_no_json_stops_the_deployment(tmp_path: Path) -> None:
    """Rather than to throw away what somebody wrote."""
    file = _file(tmp_path, {})
    file.write_text("{")
    with pytest.raises(subprocess.CalledProcessError):
        _merge(tmp_path)
    assert file.read_text() == "{"
