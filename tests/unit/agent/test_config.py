"""A bad configuration is one clear sentence with the file and the key."""

import json
from pathlib import Path
from typing import Any

import pytest

from farshore.agent.config import ConfigError, read_config
from farshore.transport.tls import Identity
from identities import identity

GOOD: dict[str, Any] = {"agent": "shop-1", "place": "sfo3"}


def _write(folder: Path, value: Any, own: Identity | None = None) -> Path:
    own = own or identity(folder, "agent:shop-1")
    file = folder / "agent.json"
    if isinstance(value, dict):
        files = {"authority_file": own.ca_file, "certificate_file": own.certificate_file, "key_file": own.key_file}
        value = {**{key: str(path) for key, path in files.items()}, **value}
    file.write_text(value if isinstance(value, str) else json.dumps(value))
    return file


def test_little_is_needed(tmp_path: Path) -> None:
    reference = {"address": "203.0.113.54", "port": 80, "host": "reference.test", "path": "/", "tls": False}
    config = read_config(_write(tmp_path, {**GOOD, "references": [reference]}))
    assert config.listen == ("0.0.0.0", 9470)
    assert str(config.endpoint_file) == "/run/farshore/endpoint.json"
    assert config.identity.key_file.parent == tmp_path
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
        ({**GOOD, "key_file": "/does/not/exist"}, "The private key /does/not/exist is missing. Run `farshore agents"),
    ],
)
def test_what_is_wrong_is_said(tmp_path: Path, value: Any, said: str) -> None:
    with pytest.raises(ConfigError, match=said):
        read_config(_write(tmp_path, value))


def test_a_certificate_of_another_host_is_refused(tmp_path: Path) -> None:
    """As after a droplet was made from the snapshot of another."""
    with pytest.raises(ConfigError, match=r"is the certificate of agent:shop-2, not of agent:shop-1\. Run `farshore"):
        read_config(_write(tmp_path, GOOD, identity(tmp_path, "agent:shop-2")))


def test_a_key_that_others_may_read_is_refused(tmp_path: Path) -> None:
    own = identity(tmp_path, "agent:shop-1")
    own.key_file.chmod(0o644)
    with pytest.raises(ConfigError, match="chmod 600"):
        read_config(_write(tmp_path, GOOD, own))
