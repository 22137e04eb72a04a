"""Patroni as its users run it, as text: etcd in three places, Patroni on two hosts, HAProxy on every app server.

Nothing but `ttl`, `loop_wait`, `retry_timeout` and HAProxy's checks differs between the profiles. Whatever else could
cost Patroni time is set as kindly as the lab's managed PostgreSQL is (patroni.org's HAProxy template is the base).
"""

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

LIB = "/opt/patroni"  # its Python packages, and etcd
BIN = "/usr/lib/postgresql/15/bin"
DATA = "/var/lib/postgresql/patroni"
TLS = "/etc/patroni"
PORT, REST_PORT, PROXY_PORT = 5432, 8008, 5000
CLIENT_PORT, PEER_PORT = 2379, 2380


@dataclass(frozen=True, slots=True)
class Profile:
    name: str
    ttl_s: int
    loop_wait_s: int
    retry_timeout_s: int
    proxy: str  # HAProxy's checks

    @property
    def told(self) -> str:
        times = f"ttl {self.ttl_s}, loop_wait {self.loop_wait_s}, retry_timeout {self.retry_timeout_s}"
        return f"Patroni, {self.name} ({times})"


DEFAULT = Profile("defaults", 30, 10, 10, "inter 3s fall 3 rise 2")
# Patroni refuses a smaller ttl ("ttl=15 can't be smaller than 20, adjusting"), and wants loop_wait + 2 retry <= ttl.
FASTEST = Profile("fastest", 20, 3, 5, "inter 1s fall 2 rise 1")
PROFILES = (DEFAULT, FASTEST)


@dataclass(frozen=True, slots=True)
class Member:
    """A host of the cluster. `private` is what the other database host and app servers use; empty for the third."""

    name: str
    public: str
    private: str = ""


@dataclass(frozen=True, slots=True)
class Passwords:
    superuser: str
    replication: str
    rewind: str


def etcd_words(member: Member, members: Sequence[Member], data: str, program: str) -> list[str]:
    """Its default timing (heartbeat 100 ms, election 1 s) suits a round trip of 65 ms."""
    everybody = ",".join(f"{one.name}=http://{one.public}:{PEER_PORT}" for one in members)
    return [
        program, "--name", member.name, "--data-dir", data,
        "--listen-client-urls", f"http://0.0.0.0:{CLIENT_PORT}",
        "--advertise-client-urls", f"http://{member.public}:{CLIENT_PORT}",
        "--listen-peer-urls", f"http://0.0.0.0:{PEER_PORT}",
        "--initial-advertise-peer-urls", f"http://{member.public}:{PEER_PORT}",
        "--initial-cluster", everybody, "--initial-cluster-state", "new", "--initial-cluster-token", "shop",
    ]  # fmt: skip


def patroni_config(member: Member, members: Sequence[Member], profile: Profile, passwords: Passwords) -> str:
    """JSON, which YAML contains."""
    parameters: Mapping[str, Any] = {
        "ssl": "on", "ssl_cert_file": f"{TLS}/server.pem", "ssl_key_file": f"{TLS}/server.key",
        "password_encryption": "scram-sha-256", "max_connections": 97, "shared_buffers": "64MB",
        "wal_keep_size": "256MB", "max_wal_size": "512MB", "wal_receiver_status_interval": "1s",
        "wal_receiver_timeout": "6s", "wal_sender_timeout": "6s",
        # Not the default of 5 s, which a promotion can have to wait out; the managed database has it as well.
        "wal_retrieve_retry_interval": "100ms",
    }  # fmt: skip
    body = {
        "scope": "shop",
        "name": member.name,
        "restapi": {"listen": f"0.0.0.0:{REST_PORT}", "connect_address": f"{member.private}:{REST_PORT}"},
        "etcd3": {"hosts": [f"{one.public}:{CLIENT_PORT}" for one in members]},
        "bootstrap": {
            "dcs": {
                "ttl": profile.ttl_s,
                "loop_wait": profile.loop_wait_s,
                "retry_timeout": profile.retry_timeout_s,
                "maximum_lag_on_failover": 1048576,
                "postgresql": {"use_pg_rewind": True, "use_slots": True, "parameters": parameters},
            },
            "initdb": [{"encoding": "UTF8"}, "data-checksums"],
        },
        "postgresql": {
            "listen": f"0.0.0.0:{PORT}",
            "connect_address": f"{member.private}:{PORT}",
            "data_dir": DATA,
            "bin_dir": BIN,
            "basebackup": [{"checkpoint": "fast"}],
            "authentication": {
                "superuser": {"username": "postgres", "password": passwords.superuser},
                "replication": {"username": "replicator", "password": passwords.replication},
                "rewind": {"username": "rewinder", "password": passwords.rewind},
            },
            "parameters": {"unix_socket_directories": "/run/postgresql"},
            "pg_hba": [
                "local all all peer",
                "hostssl replication replicator 0.0.0.0/0 scram-sha-256",
                "hostssl all all 0.0.0.0/0 scram-sha-256",
            ],
        },
    }
    return json.dumps(body, indent=2) + "\n"


def haproxy_config(members: Sequence[Member], profile: Profile) -> str:
    """Of an app server: whoever says that it is the primary gets the shop's connections."""
    servers = "".join(
        f"    server {one.name} {one.private}:{PORT} maxconn 100 check port {REST_PORT}\n" for one in members
    )
    return f"""global
    maxconn 200

defaults
    mode tcp
    retries 2
    timeout client 30m
    timeout connect 4s
    timeout server 30m
    timeout check 5s

listen shop
    bind 127.0.0.1:{PROXY_PORT}
    option httpchk GET /primary
    http-check expect status 200
    default-server {profile.proxy} on-marked-down shutdown-sessions
{servers}"""


def endpoint(region: str, number: int) -> str:
    """Both regions' shops write through their own HAProxy. The number tells which side took an order, no more."""
    body = {"epoch": number, "role": "writer", "region": region, "host": "127.0.0.1", "port": PROXY_PORT}
    return json.dumps(body) + "\n"


def unit(what: str, user: str, words: Sequence[str], more: str = "") -> str:
    command = " ".join(words)
    return (
        f"[Unit]\nDescription={what}\nAfter=network.target\n\n[Service]\nType=simple\nUser={user}\n"
        f"RuntimeDirectory=postgresql\nRuntimeDirectoryPreserve=yes\nExecStart={command}\nKillMode=mixed\n"
        f"TimeoutStopSec=20\nRestart=no\nLimitNOFILE=65536\n{more}\n[Install]\nWantedBy=multi-user.target\n"
    )
