"""What the agent is told by the machine it runs on: its name, place, files and certificate. Read once, at start."""

import json
from dataclasses import dataclass
from pathlib import Path

from farshore.agent.journal_config import JournalConfig, journal_config
from farshore.ports.agent_wire import PORT, Json, target_from_json
from farshore.ports.prober import Target
from farshore.transport.identity import BadIdentity, examine
from farshore.transport.message import AGENT, Caller
from farshore.transport.tls import Identity

_KEYS = {"agent", "place", "authority_file", "certificate_file", "key_file"}
_KEYS |= {"endpoint_file", "state", "listen", "ca_file", "references", "database_file", "bridge_log", "journal"}


class ConfigError(Exception):
    """One clear sentence: file, key, remedy."""


@dataclass(frozen=True, slots=True)
class AgentConfig:
    agent: str  # unique name of this agent
    place: str  # a region slug
    identity: Identity
    endpoint_file: Path
    state: Path  # directory; epoch, commands and watch survive restarts here
    listen: tuple[str, int] = ("0.0.0.0", PORT)
    ca_file: str | None = None  # authority of the doors it probes; None: the system's
    references: tuple[Target, ...] = ()  # probed besides what a controller asks for
    database_file: Path = Path("/etc/farshore/database.json")  # how the permit row is written
    bridge_log: Path = Path("/var/log/nginx/bridge.log")  # one line for each request that was handed over
    journal: JournalConfig = JournalConfig()  # noqa: RUF009 (frozen): no store keeps one


def read_config(path: Path) -> AgentConfig:
    """Raises ConfigError."""
    try:
        value = json.loads(path.read_text())
    except OSError as error:
        raise ConfigError(f"The agent's configuration {path} cannot be read: {error.strerror}.") from error
    except ValueError as error:
        raise ConfigError(f"The agent's configuration {path} is not JSON: {error}.") from error
    if not isinstance(value, dict):
        raise ConfigError(f"The agent's configuration {path} must be one JSON object.")
    unknown = sorted(set(value) - _KEYS)
    if unknown:
        raise ConfigError(f"The agent's configuration {path} has an unknown key {unknown[0]}; remove it.")
    ca_file = value.get("ca_file")
    if ca_file is not None and not isinstance(ca_file, str):
        raise ConfigError(f"The key ca_file in {path} must be a path or null.")
    agent = _text(value, "agent", path)
    endpoint_file = Path(_text(value, "endpoint_file", path, "/run/farshore/endpoint.json"))
    return AgentConfig(
        agent=agent,
        place=_text(value, "place", path),
        identity=_identity(value, path, agent),
        endpoint_file=endpoint_file,
        state=Path(_text(value, "state", path, "/var/lib/farshore/agent")),
        listen=_listen(value, path),
        ca_file=ca_file,
        references=_references(value, path, ca_file),
        database_file=Path(_text(value, "database_file", path, "/etc/farshore/database.json")),
        bridge_log=Path(_text(value, "bridge_log", path, "/var/log/nginx/bridge.log")),
        journal=_journal(value, path, endpoint_file.parent / "journal.sock"),
    )


def _journal(value: Json, path: Path, socket: Path) -> JournalConfig:
    try:
        return journal_config(value.get("journal"), socket)
    except ValueError as error:
        raise ConfigError(f"{error} It is in {path}; run `farshore agents deploy`.") from None


def _identity(value: Json, path: Path, agent: str) -> Identity:
    identity = Identity(*(Path(_text(value, key, path)) for key in ("authority_file", "certificate_file", "key_file")))
    try:
        known = examine(identity)
    except BadIdentity as error:
        raise ConfigError(f"{error} Run `farshore agents deploy`.") from error
    if known.caller != Caller(AGENT, agent):
        raise ConfigError(
            f"{identity.certificate_file} is the certificate of {known.caller}, not of {AGENT}:{agent}. "
            "Run `farshore agents deploy`."
        )
    return identity


def _text(value: Json, key: str, path: Path, default: str | None = None) -> str:
    text = value.get(key, default)
    if not isinstance(text, str) or not text:
        raise ConfigError(f"The key {key} in {path} is missing or not a text; set it.")
    return text


def _listen(value: Json, path: Path) -> tuple[str, int]:
    listen = value.get("listen", f"0.0.0.0:{PORT}")
    host, colon, port = listen.rpartition(":") if isinstance(listen, str) else ("", "", "")
    if not colon or not port.isdecimal() or int(port) > 65535:
        raise ConfigError(f"The key listen in {path} must be ADDRESS:PORT, such as 0.0.0.0:{PORT}.")
    return host.strip("[]"), int(port)


def _references(value: Json, path: Path, ca_file: str | None) -> tuple[Target, ...]:
    references = value.get("references", [])
    if not isinstance(references, list):
        raise ConfigError(f"The key references in {path} must be a list of targets.")
    try:
        place = value.get("place")
        return tuple(
            target_from_json({"door": "reference", "region": place, **item}, ca_file)
            for item in references
            if isinstance(item, dict)
        )
    except ValueError as error:
        raise ConfigError(f"The key references in {path} has a bad target: {error}") from error
