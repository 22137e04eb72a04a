"""The text of a managed PostgreSQL's configuration files."""

from collections.abc import Mapping
from typing import Any

from tidepool.engines.server import PORT, REPLICATOR

BIN = "/usr/lib/postgresql/15/bin"
DATA = "/var/lib/postgresql/tidepool"
SOCKET_FOLDER = "/run/postgresql"
# A base backup ends with whole WAL segments, zeros and all: 16 MB each by default, over a user-space link.
WAL_SEGMENT_MB = 2
# libpq looks for a client certificate in its home; root's home is not readable for the server's user.
HOME = ("env", "HOME=/var/lib/postgresql")
TLS_FOLDER = "/etc/postgresql/tidepool-tls"

# Of DigitalOcean's keys, those that PostgreSQL takes as they are and without a restart.
RELOADABLE_KEYS = frozenset(
    {
        "deadlock_timeout", "default_toast_compression", "idle_in_transaction_session_timeout",
        "log_min_duration_statement",
        "max_slot_wal_keep_size", "max_standby_archive_delay", "max_standby_streaming_delay", "temp_file_limit",
        "timezone", "wal_sender_timeout", "work_mem",
    }
)  # fmt: skip

HBA = f"""# Made by the platform. TLS for everybody who comes by network.
local   all          postgres                      peer
hostssl replication  {REPLICATOR}  0.0.0.0/0  scram-sha-256
hostssl all          {REPLICATOR}  0.0.0.0/0  reject
hostssl all          all                  0.0.0.0/0  scram-sha-256
"""


def text(own: Mapping[str, Any]) -> str:
    """`own` are the cluster's settings from the API. Whether it is a standby says standby.signal, not this."""
    lines = [
        "listen_addresses = '*'",
        f"port = {PORT}",
        f"unix_socket_directories = '{SOCKET_FOLDER}'",
        "ssl = on",
        f"ssl_ca_file = '{TLS_FOLDER}/ca.pem'",
        f"ssl_cert_file = '{TLS_FOLDER}/server.pem'",
        f"ssl_key_file = '{TLS_FOLDER}/server.key'",
        "password_encryption = 'scram-sha-256'",
        "max_connections = 97",
        "shared_buffers = '64MB'",
        "wal_level = replica",
        "max_wal_senders = 20",
        "wal_keep_size = '256MB'",
        "max_wal_size = '512MB'",
        "hot_standby = on",
        "hot_standby_feedback = on",
        "wal_receiver_status_interval = 1",
        "wal_receiver_timeout = '6s'",
        "wal_sender_timeout = '6s'",
        # A promotion that arrives while the receiver restarts sleeps out this interval: 5 s by default, and a
        # controller that reacts to the stream's death hits it nearly always. A managed cluster's admin cannot
        # change it (it is in no list of configuration keys), so the platform has to.
        "wal_retrieve_retry_interval = '100ms'",
        "tcp_keepalives_idle = 5",
        "tcp_keepalives_interval = 2",
        "tcp_keepalives_count = 3",
        "tcp_user_timeout = 15000",
        "log_destination = 'stderr'",
        "logging_collector = off",
        *(f"{key} = {_literal(value)}" for key, value in sorted(own.items()) if key in RELOADABLE_KEYS),
    ]
    return "\n".join(lines) + "\n"


def _literal(value: Any) -> str:
    return "'" + str(value).replace("'", "''") + "'"


def primary_conninfo(address: str, password_file: str) -> str:
    return (
        f"host={address} port={PORT} user={REPLICATOR} passfile={password_file} "
        f"sslmode=verify-full sslrootcert={TLS_FOLDER}/ca.pem connect_timeout=3 application_name=replica "
        "keepalives=1 keepalives_idle=2 keepalives_interval=1 keepalives_count=3 tcp_user_timeout=4000"
    )
