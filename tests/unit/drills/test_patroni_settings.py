"""Patroni's files as they reach its hosts: valid by its own rules, and the same but for the timing."""

import json
import re
from pathlib import Path
from typing import Any

import pytest

from farshore.drills.patroni_cluster import Bundle
from farshore.drills.patroni_settings import (
    DEFAULT,
    FASTEST,
    PROFILES,
    Member,
    Passwords,
    Profile,
    endpoint,
    etcd_words,
    haproxy_config,
    patroni_config,
    unit,
)
from farshore.model.failure import Refused

MEMBERS = (
    Member("pg-nyc3", "192.0.2.9", "10.10.0.9"),
    Member("pg-sfo3", "198.51.100.9", "10.20.0.9"),
    Member("lon1", "203.0.113.130"),
)
PASSWORDS = Passwords("a", "b", "c")


def config(profile: Profile) -> dict[str, Any]:
    return dict(json.loads(patroni_config(MEMBERS[0], MEMBERS, profile, PASSWORDS)))


@pytest.mark.parametrize("profile", PROFILES, ids=lambda profile: profile.name)
def test_patroni_allows_the_profile(profile: Profile) -> None:
    """Its own rules (docs/dynamic_configuration): it would silently adjust what breaks them."""
    dcs = config(profile)["bootstrap"]["dcs"]
    assert dcs["ttl"] >= 20
    assert dcs["loop_wait"] >= 1
    assert dcs["retry_timeout"] >= 3
    assert dcs["loop_wait"] + 2 * dcs["retry_timeout"] <= dcs["ttl"]


def test_the_profiles_are_the_ones_that_the_documentation_names() -> None:
    assert (DEFAULT.ttl_s, DEFAULT.loop_wait_s, DEFAULT.retry_timeout_s) == (30, 10, 10)
    assert (FASTEST.ttl_s, FASTEST.loop_wait_s, FASTEST.retry_timeout_s) == (20, 3, 5)


def test_profiles_differ_in_timing_only() -> None:
    slow, fast = config(DEFAULT), config(FASTEST)
    for body in (slow, fast):
        for key in ("ttl", "loop_wait", "retry_timeout"):
            del body["bootstrap"]["dcs"][key]
    assert slow == fast


def test_three_members_of_etcd_know_each_other() -> None:
    for member in MEMBERS:
        words = etcd_words(member, MEMBERS, "/data", "etcd")
        cluster = words[words.index("--initial-cluster") + 1]
        assert [part.partition("=")[0] for part in cluster.split(",")] == [one.name for one in MEMBERS]
        assert words[words.index("--name") + 1] == member.name
    assert len(config(DEFAULT)["etcd3"]["hosts"]) == 3


def test_haproxy_asks_the_two_databases_and_not_the_witness() -> None:
    text = haproxy_config(MEMBERS[:2], FASTEST)
    assert re.findall(r"^    server (\S+) (\S+)", text, re.MULTILINE) == [
        ("pg-nyc3", "10.10.0.9:5432"),
        ("pg-sfo3", "10.20.0.9:5432"),
    ]
    assert "GET /primary" in text
    assert FASTEST.proxy in text


def test_the_shop_writes_through_its_own_proxy_in_both_regions() -> None:
    told = json.loads(endpoint("sfo3", 2))
    assert (told["role"], told["host"], told["port"], told["epoch"]) == ("writer", "127.0.0.1", 5000, 2)


def test_the_unit_runs_patroni_as_its_own_user_with_its_own_packages() -> None:
    text = unit("Patroni", "postgres", ["python3", "-m", "patroni"], "Environment=PYTHONPATH=/opt\n")
    assert {"User=postgres", "ExecStart=python3 -m patroni", "Environment=PYTHONPATH=/opt"} <= set(text.splitlines())


def test_a_missing_bundle_says_what_to_do(tmp_path: Path) -> None:
    with pytest.raises(Refused, match=r"make setup-bench"):
        Bundle(tmp_path).check()
    (tmp_path / "lib" / "patroni").mkdir(parents=True)
    (tmp_path / "etcd").touch()
    Bundle(tmp_path).check()
