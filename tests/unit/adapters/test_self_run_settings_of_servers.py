"""What `farshore check` says of a self-run server's settings: each shortcoming with its remedy, and nothing else."""

import pytest

from farshore.adapters.mysql import self_run as mysql
from farshore.adapters.postgresql import self_run as postgresql

PG = {
    "wal_log_hints": "off", "data_checksums": "on", "full_page_writes": "on", "hot_standby": "on",
    "wal_level": "replica", "max_wal_senders": "10", "ssl": "on",
}  # fmt: skip
MYSQL = {"log_bin": "1", "log_slave_updates": "1", "strict": "1", "format": "ROW", "threads": "4", "ssl": "YES"}
MYSQL |= {"read_only": "0"}


def test_good_servers_have_none() -> None:
    assert postgresql.shortcomings(PG, superuser=True) == []
    assert postgresql.shortcomings(PG | {"wal_log_hints": "on", "data_checksums": "off"}, superuser=True) == []
    assert mysql.shortcomings(MYSQL) == []


@pytest.mark.parametrize(
    ("changed", "word", "breaks"),
    [
        ({"wal_level": "minimal"}, "wal_level", True),
        ({"max_wal_senders": "0"}, "max_wal_senders", True),
        ({"hot_standby": "off"}, "hot_standby", True),
        ({"ssl": "off"}, "ssl", True),
        ({"data_checksums": "off"}, "pg_rewind", False),
        ({"full_page_writes": "off"}, "pg_rewind", False),
    ],
)
def test_postgresqls(changed: dict[str, str], word: str, breaks: bool) -> None:
    (found,) = postgresql.shortcomings(PG | changed, superuser=True)
    assert word in found.what
    assert found.breaks is breaks
    assert found.remedy


def test_an_admin_without_superuser_breaks_it() -> None:
    (found,) = postgresql.shortcomings(PG, superuser=False)
    assert found.breaks
    assert "superuser" in found.what


@pytest.mark.parametrize(
    ("changed", "word", "breaks"),
    [
        ({"log_bin": "0"}, "log_bin", True),
        ({"log_slave_updates": "0"}, "log_slave_updates", True),
        ({"strict": "0"}, "gtid_strict_mode", True),
        ({"format": "STATEMENT"}, "binlog_format", True),
        ({"ssl": "DISABLED"}, "TLS", True),
        ({"threads": "0"}, "threads", False),
    ],
)
def test_mariadbs(changed: dict[str, str], word: str, breaks: bool) -> None:
    (found,) = mysql.shortcomings(MYSQL | changed)
    assert word in found.what
    assert found.breaks is breaks
    assert found.remedy


def test_an_admin_who_may_not_end_read_only_breaks_it() -> None:
    (found,) = mysql.shortcomings(MYSQL, rights={"REPLICATION SLAVE ADMIN", "REPLICATION SLAVE", "RELOAD", "SUPER"})
    assert found.what == "the admin user lacks READ_ONLY ADMIN"
    assert found.breaks


def test_a_standby_has_to_be_read_only() -> None:
    (found,) = mysql.shortcomings(MYSQL, follows=True)
    assert "read-only" in found.what
    assert mysql.shortcomings(MYSQL | {"read_only": "1"}, follows=True) == []
