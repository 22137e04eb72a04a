"""The texts that the engines hand to real servers: packet filter, HAProxy, SQL. Pure, so tested without any server."""

from typing import Any

import pytest

from tidepool.engines import haproxy, trust
from tidepool.engines.mariadb import config as mariadb_config
from tidepool.engines.mariadb import sql as mariadb_sql
from tidepool.engines.postgresql import config as pg_config
from tidepool.engines.postgresql import sql as pg_sql
from tidepool.engines.server import Secrets, server_number

RULE: dict[str, Any] = {"entry_protocol": "http", "entry_port": 80, "target_protocol": "http", "target_port": 8080}
HTTPS: dict[str, Any] = {**RULE, "entry_protocol": "https", "entry_port": 443, "certificate_id": "c1"}


def test_no_rules_at_all_lets_the_world_in() -> None:
    """DigitalOcean's default: a cluster without trusted sources is open."""
    assert "drop" not in trust.ruleset(25060, None)


def test_trusted_sources_keep_the_replica_and_know_no_connections() -> None:
    """By default only opening one is refused (a fence by them alone is none); `cut` drops every packet."""
    keep = trust.ruleset(25060, ["10.10.0.0/16"], ["198.51.100.20"])
    assert "accept\n        tcp dport 25060 tcp flags & (fin | syn | rst | ack) == syn drop" in keep
    text = trust.ruleset(25060, ["10.10.0.0/16"], ["198.51.100.20"], "cut")
    assert "tcp dport 25060 ip saddr { 10.10.0.0/16, 198.51.100.20 } accept" in text
    assert text.index("accept\n        tcp dport 25060 drop") > 0
    assert "ct state" not in text
    assert text.startswith("table ip trusted\ndelete table ip trusted\n")  # replaces, in one transaction


def test_an_empty_list_lets_nobody_in() -> None:
    assert "saddr" not in trust.ruleset(25060, [])
    assert "drop" in trust.ruleset(25060, [])


def test_a_balancer_has_a_frontend_and_its_droplets_per_rule() -> None:
    text = haproxy.configuration({"forwarding_rules": [RULE, HTTPS]}, ["10.10.0.7", "10.10.0.8"], {"c1"})
    assert "bind *:80\n" in text
    assert f"bind *:443 ssl crt {haproxy.CERTIFICATES}/c1.pem" in text
    assert text.count("server droplet-10-10-0-7 10.10.0.7:8080") == 2


def test_omitted_health_check_fields_are_digitaloceans_defaults() -> None:
    check = {"path": "/healthz", "unhealthy_threshold": 2}
    text = haproxy.configuration({"forwarding_rules": [RULE], "health_check": check}, ["10.10.0.7"], ())
    assert "option httpchk GET /healthz" in text
    assert "check port 80 inter 10s fall 2 rise 3" in text


def test_a_rule_without_its_certificate_is_left_out() -> None:
    """HAProxy would refuse the whole configuration, the rules that can serve included."""
    text = haproxy.configuration({"forwarding_rules": [RULE, HTTPS]}, [], ())
    assert "*:443" not in text
    assert "*:80" in text


@pytest.mark.parametrize(("rules", "redirects"), [([RULE, HTTPS], 1), ([RULE], 0)])
def test_redirect_needs_an_https_door(rules: list[dict[str, Any]], redirects: int) -> None:
    text = haproxy.configuration({"forwarding_rules": rules, "redirect_http_to_https": True}, [], {"c1"})
    assert text.count("redirect scheme https") == redirects


def test_sticky_sessions_hide_the_cookie_from_droplets() -> None:
    sticky = {"type": "cookies", "cookie_name": "LB", "cookie_ttl_seconds": 300}
    text = haproxy.configuration({"forwarding_rules": [RULE], "sticky_sessions": sticky}, ["10.10.0.7"], ())
    assert "cookie LB insert indirect nocache maxlife 300s" in text
    assert text.rstrip().endswith("cookie droplet-10-10-0-7")


def test_tcp_and_passthrough_are_not_read_as_http() -> None:
    rules = [{**RULE, "entry_protocol": "tcp", "entry_port": 9000}, {**HTTPS, "tls_passthrough": True}]
    text = haproxy.configuration({"forwarding_rules": rules}, [], ())
    assert text.count("mode tcp") == 4
    assert "ssl crt" not in text


def test_sql_literals_and_names_cannot_be_left() -> None:
    """User and database names come from the API's callers."""
    assert mariadb_sql.text("o'b\\") == "'o''b\\\\'"
    assert mariadb_sql.name("a`b") == "`a``b`"
    assert pg_sql.text("o'b") == "'o''b'"
    assert pg_sql.name('a"b') == '"a""b"'


def test_the_managed_admin_is_no_superuser() -> None:
    secrets = Secrets("admin-word", "replicator-word")
    grants = next(line for line in mariadb_sql.bootstrap(secrets).splitlines() if line.startswith("GRANT SELECT"))
    assert "SUPER" not in grants
    assert "READ_ONLY ADMIN" not in grants
    assert "CONNECTION ADMIN" in grants
    assert "SUPERUSER" not in pg_sql.bootstrap(secrets)
    admin = next(line for line in pg_sql.bootstrap(secrets).splitlines() if 'ROLE "doadmin"' in line)
    assert "REPLICATION" not in admin


def test_a_promoted_server_stays_writable_at_its_next_start() -> None:
    """read_only is not persistent in MariaDB: what the file says is what a restart gives."""
    assert "read_only=1" in mariadb_config.text(7, True, {}).splitlines()
    assert "read_only=0" in mariadb_config.text(7, False, {}).splitlines()


def test_a_mariadb_replica_never_gives_up_reconnecting() -> None:
    """0 would: `try_to_reconnect` compares with it as if it were a number of retries."""
    (line,) = [one for one in mariadb_config.text(7, True, {}).splitlines() if one.startswith("master_retry_count=")]
    month_s = 30 * 86400
    assert int(line.partition("=")[2]) > month_s  # one try a second


def test_only_known_settings_reach_the_servers() -> None:
    own = {"wait_timeout": 300, "slow_query_log": True, "evil\nkey": 1, "backup_hour": 3}
    text = mariadb_config.text(7, False, own)
    assert "wait_timeout=300" in text
    assert "slow_query_log=1" in text
    assert "evil" not in text
    assert "backup_hour" not in text
    assert mariadb_sql.configure({"sql_mode": "ANSI"}) == "SET GLOBAL sql_mode = 'ANSI';"
    assert "work_mem = '8MB'" in pg_config.text({"work_mem": "8MB", "shared_buffers_percentage": 30})


def test_server_numbers_are_stable_and_differ() -> None:
    assert server_number("shop-nyc3") == server_number("shop-nyc3")
    assert server_number("shop-nyc3") != server_number("shop-sfo3")
