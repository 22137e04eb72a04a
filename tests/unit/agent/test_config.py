"""A bad configuration is one clear sentence with the file and the key."""

import json
from pathlib import Path
from typing import Any

import pytest

from farshore.agent.config import ConfigError, read_config

GOOD: dict[str, Any] = {"agent": "shop-1", "place": "sfo3"}


def _write(folder: Path, value: Any, key: str = "k" * 64, mode: int = 0o600) -> Path:
    (folder / "agent.key").write_text(key + "\n")
    (folder / "agent.key").chmod(mode)
    file = folder / "agent.json"
    if isinstance(value, dict):
        value = {"key_file": str(folder / "agent.key"), **value}
    file.write_text(value if isinstance(value, str) else json.dumps(value))
    return file


def test_little_is_needed(tmp_path: Path) -> None:
    reference = {"address": "203.0.113.54", "port": 80, "host": "reference.test", "path": "/", "tls": False}
    config = read_config(_write(tmp_path, {**GOOD, "references": [reference]}))
    assert config.listen == ("0.0.0.0", 9470)
    assert str(config.endpoint_file) == "/run/farshore/endpoint.json"
    assert config.key == b"k" * 64
    (target,) = config.references
    assert (target.door, target.region, target.tls) == ("reference", "sfo3", False)


@pytest.mark.parametrize(
    ("value", "said"),
    [
        ("{", "is not JSON"),
        ([], "one JSON object"),
        ({"place": "sfo3"}, "The key agent in"),
        ({**GOOD, "plaice": 1}, "unknown key plaice"),
        ({**GOOD, "listen": "9470"}, "ADDRESS:PORT"),
        ({**GOOD, "references": [{"address": "x"}]}, "references"),
        ({**GOOD, "ca_file": 7}, "ca_file"),
        ({**GOOD, "key_file": "/does/not/exist"}, "/does/not/exist cannot be read"),
    ],
)
def test_what_is_wrong_is_said(tmp_path: Path, value: Any, said: str) -> None:
    with pytest.raises(ConfigError, match=said):
        read_config(_write(tmp_path, value))


def test_a_key_that_others_may_read_or_that_is_short_is_refused(tmp_path: Path) -> None:
    with pytest.raises(ConfigError, match="chmod 600"):
        read_config(_write(tmp_path, GOOD, mode=0o644))
    with pytest.raises(ConfigError, match="less than 32"):
        read_config(_write(tmp_path, GOOD, key="short"))
