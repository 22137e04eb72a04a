"""user_data as the first boot runs it: scripts, the honest subset of #cloud-config, and errors that are on record."""

import importlib.util
import json
import sys
from pathlib import Path
from types import ModuleType

import pytest

from tidepool.lab.image import GUEST


@pytest.fixture
def guest(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> ModuleType:
    """The program that is installed in droplets, with a folder of its own instead of /var/lib/cloud."""
    spec = importlib.util.spec_from_file_location("first_boot", GUEST / "first_boot.py")
    assert spec is not None
    assert spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    monkeypatch.setattr(module, "INSTANCE", tmp_path)
    return module


def outcome(guest: ModuleType, user_data: str) -> tuple[int, list[str]]:
    (guest.INSTANCE / "user-data.txt").write_text(user_data)
    code = guest.main()
    assert (guest.INSTANCE / "boot-finished").exists()
    return code, json.loads((guest.INSTANCE / "result.json").read_text())["v1"]["errors"]


def test_a_script_runs(guest: ModuleType, tmp_path: Path) -> None:
    assert outcome(guest, f"#!/bin/sh\necho hi > {tmp_path}/out\n") == (0, [])
    assert (tmp_path / "out").read_text() == "hi\n"


def test_a_failing_script_is_on_record(guest: ModuleType) -> None:
    assert outcome(guest, "#!/bin/sh\nexit 3\n") == (1, ["the user_data script ended with 3"])


def test_cloud_config(guest: ModuleType, tmp_path: Path) -> None:
    """Files with modes and encodings, then commands in order."""
    text = f"""#cloud-config
write_files:
  - {{path: {tmp_path}/a/plain, content: one, permissions: '0600'}}
  - {{path: {tmp_path}/coded, content: aGVsbG8=, encoding: b64}}
runcmd:
  - cat {tmp_path}/coded > {tmp_path}/copy
  - [touch, '{tmp_path}/with blank']
"""
    code, errors = outcome(guest, text.replace("ssh_authorized_keys", ""))
    assert (code, errors) == (0, [])
    assert (tmp_path / "a/plain").stat().st_mode & 0o777 == 0o600
    assert (tmp_path / "copy").read_text() == "hello"
    assert (tmp_path / "with blank").exists()


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("#cloud-config\nusers: [bob]\n", "key 'users' of #cloud-config is not supported"),
        ("#cloud-config\npackages: [no-such-package]\n", "package no-such-package is not in the image"),
        ("#cloud-config\nruncmd: ['exit 4']\n", "ended with 4"),
        ("#cloud-config\nwrite_files: [{content: x}]\n", "KeyError"),
        ("echo hi\n", "neither with #! nor with #cloud-config"),
    ],
)
def test_what_was_not_done_is_on_record(guest: ModuleType, text: str, words: str) -> None:
    """Nobody may believe that it was done."""
    code, errors = outcome(guest, text)
    assert code == 1
    assert any(words in error for error in errors), errors


def test_no_user_data_is_no_error(guest: ModuleType) -> None:
    assert outcome(guest, "") == (0, [])
    assert sys.version_info >= (3, 11)
