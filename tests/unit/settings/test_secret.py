"""Secrets: where they come from, and that they never show."""

from pathlib import Path

import pytest

from farshore.settings.problem import BadSettings
from farshore.settings.secret import Secret, read_secret_file, read_token

CONFIG = Path("farshore.yaml")


def _file(tmp_path: Path, text: bytes, mode: int = 0o600) -> Path:
    path = tmp_path / "secret"
    path.write_bytes(text)
    path.chmod(mode)
    return path


def test_a_secret_never_prints() -> None:
    """Not by str, repr, format, or inside a container."""
    secret = Secret("hunter2")
    assert "hunter2" not in f"{secret} {secret!r} {[secret]}"
    assert secret.reveal() == "hunter2"


def test_the_token_comes_from_the_nearest_place(tmp_path: Path) -> None:
    """FARSHORE_TOKEN, then DIGITALOCEAN_TOKEN, then the file."""
    file = _file(tmp_path, b"from-file\n")
    both = {"FARSHORE_TOKEN": "one", "DIGITALOCEAN_TOKEN": "two"}
    assert read_token(file, both, CONFIG).reveal() == "one"
    assert read_token(file, {"DIGITALOCEAN_TOKEN": "two", "FARSHORE_TOKEN": " "}, CONFIG).reveal() == "two"
    assert read_token(file, {}, CONFIG).reveal() == "from-file"
    with pytest.raises(BadSettings, match="there is no token; set FARSHORE_TOKEN"):
        read_token(None, {}, CONFIG)
    with pytest.raises(BadSettings, match="FARSHORE_TOKEN holds blanks or strange characters") as caught:
        read_token(None, {"FARSHORE_TOKEN": "do p"}, CONFIG)
    assert "do p" not in str(caught.value)


@pytest.mark.parametrize("mode", [0o640, 0o604, 0o644, 0o620, 0o777])
def test_others_may_not_read_it(tmp_path: Path, mode: int) -> None:
    """Any bit for group or others is refused, with the command that mends it."""
    path = _file(tmp_path, b"x\n", mode)
    with pytest.raises(BadSettings, match=f"has mode {mode:04o}, so others may read it; run: chmod 600 {path}"):
        read_secret_file(path, "the token")


@pytest.mark.parametrize("content", [b"", b"\n", b"a b\n", b"a\nb\n"])
def test_it_is_one_word(tmp_path: Path, content: bytes) -> None:
    """A file with a comment or two keys in it is not guessed at."""
    with pytest.raises(BadSettings, match="must be one word on one line"):
        read_secret_file(_file(tmp_path, content), "the token")


def test_bad_keys(tmp_path: Path) -> None:
    """Binary and missing ones."""
    with pytest.raises(BadSettings, match="is not plain text"):
        read_secret_file(_file(tmp_path, b"\xff\xfe"), "the token")
    with pytest.raises(BadSettings, match="there is no such file for the token; create it with mode 0600"):
        read_secret_file(tmp_path / "none", "the token")
