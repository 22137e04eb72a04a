"""The text of a managed MariaDB's configuration file."""

from collections.abc import Mapping
from typing import Any

from tidepool.engines.server import PORT

DATA = "/var/lib/mysql"
SOCKET = "/run/mysqld/mysqld.sock"
FILE = "/etc/mysql/tidepool.cnf"
TLS_FOLDER = "/etc/mysql/tidepool-tls"

# DigitalOcean's keys that MariaDB has as well, all of them dynamic. The others are remembered by the API only.
DYNAMIC_KEYS = frozenset(
    {
        "connect_timeout", "group_concat_max_len", "innodb_lock_wait_timeout", "interactive_timeout", "long_query_time",
        "max_allowed_packet", "max_heap_table_size", "net_buffer_length", "net_read_timeout", "net_write_timeout",
        "slow_query_log", "sort_buffer_size", "sql_mode", "tmp_table_size", "wait_timeout",
    }
)  # fmt: skip


def text(server_id: int, replica: bool, own: Mapping[str, Any]) -> str:
    """`own` are the cluster's settings from the API; a replica is read-only at every start, a promoted one no more."""
    lines = [
        "[mariadbd]",
        "user=mysql",
        f"datadir={DATA}",
        f"socket={SOCKET}",
        "pid-file=/run/mysqld/mysqld.pid",
        "bind-address=0.0.0.0",
        f"port={PORT}",
        f"server_id={server_id}",
        f"read_only={int(replica)}",
        "log_bin=binlog",
        # Whether DigitalOcean sets it is in no page that we know. Without it an admin without SUPER makes no trigger.
        "log_bin_trust_function_creators=1",
        "binlog_format=ROW",
        "sync_binlog=1",
        "innodb_flush_log_at_trx_commit=1",
        "log_slave_updates=1",
        "gtid_strict_mode=1",
        # One applier follows about 400 transactions per second over 65 ms; four follow a thousand.
        "slave_parallel_threads=4",
        "slave_net_timeout=6",
        # For ever: a replica that has given up looks like one that waits. 0 is said to mean it, and means one retry
        # (after a cut, the second silence in a row ended replication without a word in Last_IO_Error).
        f"master_retry_count={2**32 - 1}",
        f"ssl_ca={TLS_FOLDER}/ca.pem",
        f"ssl_cert={TLS_FOLDER}/server.pem",
        f"ssl_key={TLS_FOLDER}/server.key",
        "require_secure_transport=1",
        "skip_name_resolve=1",
        "character_set_server=utf8mb4",
        "max_connections=151",
        "innodb_buffer_pool_size=64M",
        "innodb_log_file_size=16M",
        "performance_schema=0",
        *(f"{key}={_value(value)}" for key, value in sorted(own.items()) if key in DYNAMIC_KEYS),
    ]
    return "\n".join(lines) + "\n"


def _value(value: Any) -> str:
    return str(int(value)) if isinstance(value, bool) else str(value)
