"""`farshore terraform guard`: one sentence for each way in which a plan hurts the region that sells."""

import asyncio
import copy
from dataclasses import replace
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from terraform_world import (
    LB,
    NYC3,
    PASSWORD,
    SFO3,
    VPC,
    A,
    B,
    C,
    Json,
    around,
    at,
    change,
    cluster,
    dependents,
    first_day,
    group,
    plan,
    replica,
    resource,
    server,
    standing,
    state,
)

from farshore.ports.cloud import Host
from farshore.provision.terraform.finding import Finding, Level, exit_code
from farshore.provision.terraform.guard import judge
from farshore.provision.terraform.standing import Old, Standing, look
from farshore.settings.problem import BadSettings
from farshore.sim.fake_clock import FakeClock
from farshore.sim.fake_cloud import FakeCloud
from farshore.sim.fake_coordination import FakeCoordination

AWAY = standing(standby_id=C, follows=True)  # sfo3 sells; nyc3 was rebuilt as its replica


def _adopted() -> list[Json]:
    """The state after the moves."""
    trusted = resource(
        "digitalocean_database_firewall.trusted",
        {
            "id": f"{B}-1",
            "cluster_id": B,
            "rule": [{"type": "tag", "value": "web-sfo3"}, {"type": "ip_addr", "value": "203.0.113.9"}],
        },
    )
    kept = [found for found in dependents(B) if found["type"] != "digitalocean_database_firewall"]
    disk = resource("digitalocean_volume_attachment.media", {"id": "7", "droplet_id": 202, "volume_id": "v"})
    peering = resource("digitalocean_vpc_peering.link", {"id": "p", "name": "link", "vpc_ids": [VPC[NYC3], VPC[SFO3]]})
    databases = [cluster("standby", B, SFO3), replica("primary", B, C, NYC3)]
    return [*databases, *kept, trusted, disk, peering, *around()]


def _judged(address: str, actions: list[str], where: Standing = AWAY, **more: Any) -> tuple[Finding, ...]:
    resources = _adopted()
    return judge(plan(resources, [change(at(resources, address), actions, **more)]), where)


def _updated(address: str, **values: Any) -> Json:
    return copy.deepcopy(at(_adopted(), address)["values"]) | values


LIVES_ON = [
    "digitalocean_database_cluster.standby",
    "digitalocean_database_db.shop",
    "digitalocean_database_user.app",
    "digitalocean_database_firewall.trusted",
    "digitalocean_database_mysql_config.tuned",
    "digitalocean_volume_attachment.media",
    'digitalocean_vpc.net["sfo3"]',
    'digitalocean_droplet.web["sfo3"]',
    'digitalocean_tag.web["sfo3"]',
    'digitalocean_certificate.tls["sfo3"]',
    'digitalocean_loadbalancer.front["sfo3"]',
    'digitalocean_firewall.web["sfo3"]',
    "digitalocean_domain.zone",
    "digitalocean_record.shop",
]
STANDBYS = ["digitalocean_database_replica.primary", *(one.replace("sfo3", "nyc3") for one in LIVES_ON if "[" in one)]


@pytest.mark.parametrize("actions", [["delete"], ["delete", "create"]])
@pytest.mark.parametrize("address", LIVES_ON)
def test_what_the_writer_lives_on_may_not_be_destroyed_or_replaced(address: str, actions: list[str]) -> None:
    findings = _judged(address, actions)
    assert [(one.level, one.address) for one in findings] == [(Level.VIOLATION, address)]
    assert findings[0].sentence.startswith(f"{address} is ")
    assert "the plan would destroy it" in findings[0].sentence
    assert ("build another" in findings[0].sentence) == (len(actions) == 2 and "domain" not in address)
    assert exit_code(findings) == 1


@pytest.mark.parametrize("address", STANDBYS)
def test_the_standbys_is_a_warning(address: str) -> None:
    findings = _judged(address, ["delete"])
    assert [(one.level, one.rule) for one in findings] == [(Level.WARNING, "T12")]
    assert "in nyc3, which stands by" in findings[0].sentence
    assert exit_code(findings) == 0


@pytest.mark.parametrize("address", [one for one in LIVES_ON if "[" in one or "cluster" in one])
def test_the_same_plan_the_other_way_round(address: str) -> None:
    """What is a violation follows the store of record: with the writer at home the same deletion is the standby's."""
    resources = [replica("standby", A, B, SFO3), cluster("primary", A, NYC3), *around()]
    home = standing(writer=NYC3, writer_id=A, standby_id=B, follows=True)
    wanted = address.replace("database_cluster", "database_replica")
    findings = judge(plan(resources, [change(at(resources, wanted), ["delete"])]), home)
    assert [one.level for one in findings] == [Level.WARNING]


def test_the_naive_plan_after_a_failover() -> None:
    """The state still calls the writer a replica of the dead cluster: deleting that is deleting the writer."""
    resources = first_day()
    changes = [
        change(
            at(resources, "digitalocean_database_replica.standby"), ["delete", "create"], replace_paths=[["cluster_id"]]
        ),
        change(at(resources, "digitalocean_database_cluster.primary"), ["delete", "create"]),
        change(at(resources, "digitalocean_record.shop"), ["no-op"]),
    ]
    findings = judge(plan(resources, changes), standing())
    assert [(one.level, one.rule) for one in findings] == [(Level.VIOLATION, "T10"), (Level.WARNING, "T12")]
    assert findings[0].sentence == (
        "digitalocean_database_replica.standby is the database shop-sfo3 in sfo3, which sells; the plan would destroy "
        "it and build another, because of cluster_id. `farshore terraform moves` tells Terraform what has become of it."
    )


def test_a_replica_that_terraform_misses_is_a_warning() -> None:
    """After the refresh it wants to build a new one under the writer's name: that fails, and says what to do."""
    resources = first_day()
    made = at(resources, "digitalocean_database_replica.standby")
    findings = judge(plan(resources, [change(made, ["create"])]), standing())
    assert [(one.level, one.rule) for one in findings] == [(Level.WARNING, "T50")]
    assert "a name that is this group's already" in findings[0].sentence


IN_PLACE: list[tuple[str, Json, Json, Level | None]] = [
    ("digitalocean_database_cluster.standby", {"region": "nyc3"}, {}, Level.VIOLATION),
    ("digitalocean_database_cluster.standby", {"size": "db-s-4vcpu-8gb"}, {}, Level.WARNING),
    ("digitalocean_database_cluster.standby", {"tags": ["other"]}, {}, None),
    ("digitalocean_database_firewall.trusted", {"rule": []}, {}, Level.VIOLATION),
    (
        "digitalocean_database_firewall.trusted",
        {"rule": [{"type": "ip_addr", "value": "203.0.113.9"}]},
        {},
        Level.VIOLATION,
    ),
    ("digitalocean_database_firewall.trusted", {"rule": [{"type": "tag", "value": "web-sfo3"}]}, {}, None),
    ("digitalocean_database_firewall.trusted", {"rule": [{"type": "droplet", "value": "202"}]}, {}, None),
    ("digitalocean_database_firewall.trusted", {"rule": [{"type": "ip_addr", "value": "10.10.0.0/24"}]}, {}, None),
    ("digitalocean_database_firewall.trusted", {"rule": None}, {"rule": True}, Level.UNKNOWN),
    (
        "digitalocean_database_firewall.trusted",
        {"rule": [{"type": "droplet"}]},
        {"rule": [{"value": True}]},
        Level.UNKNOWN,
    ),
    ('digitalocean_loadbalancer.front["sfo3"]', {"droplet_tag": ""}, {}, Level.VIOLATION),
    ('digitalocean_loadbalancer.front["sfo3"]', {"droplet_tag": "", "droplet_ids": [202]}, {}, None),
    ('digitalocean_loadbalancer.front["sfo3"]', {"forwarding_rule": []}, {}, Level.VIOLATION),
    ('digitalocean_firewall.web["sfo3"]', {"inbound_rule": []}, {}, Level.VIOLATION),
    ('digitalocean_firewall.web["sfo3"]', {"outbound_rule": []}, {}, Level.VIOLATION),
    ('digitalocean_firewall.web["sfo3"]', {"tags": ["web-nyc3"]}, {}, Level.VIOLATION),
    ('digitalocean_firewall.web["sfo3"]', {"tags": None, "droplet_ids": [202]}, {}, None),
    ('digitalocean_droplet.web["sfo3"]', {"tags": []}, {}, Level.VIOLATION),
    ('digitalocean_droplet.web["sfo3"]', {"size": "s-4vcpu-8gb"}, {}, Level.WARNING),
    ('digitalocean_droplet.web["nyc3"]', {"tags": []}, {}, Level.WARNING),
    ("digitalocean_record.shop", {"value": LB[NYC3][1]}, {}, Level.VIOLATION),
    ("digitalocean_record.shop", {"name": "www"}, {}, Level.VIOLATION),
    ("digitalocean_record.shop", {"value": None}, {"value": True}, Level.UNKNOWN),
    ("digitalocean_record.shop", {"ttl": 60}, {}, None),
]


@pytest.mark.parametrize(("address", "after", "unknown", "level"), IN_PLACE)
def test_changes_in_place(address: str, after: Json, unknown: Json, level: Level | None) -> None:
    """Some stop a store as surely as a deletion; what is known only after apply is no verdict, and no all-clear."""
    resources = _adopted()
    at(resources, "digitalocean_record.shop")["values"]["value"] = LB[SFO3][1]
    before = at(resources, address)
    said = change(before, ["update"], after=copy.deepcopy(before["values"]) | after, after_unknown=unknown)
    findings = judge(plan(resources, [said]), AWAY)
    assert [one.level for one in findings] == ([] if level is None else [level])
    assert exit_code(findings) == {Level.VIOLATION: 1, Level.UNKNOWN: 2}.get(level or Level.WARNING, 0)


def test_a_record_may_be_set_to_the_writers_balancer() -> None:
    """What the moves ask a person to write is no violation."""
    after = _updated("digitalocean_record.shop", value=LB[SFO3][1])
    assert _judged("digitalocean_record.shop", ["update"], after=after) == ()


def test_a_change_that_would_lift_the_fence_is_a_warning() -> None:
    resources = first_day()
    said = change(at(resources, "digitalocean_database_firewall.trusted"), ["update"])
    findings = judge(plan(resources, [said]), standing())
    assert [(one.level, one.rule) for one in findings] == [(Level.WARNING, "T38")]
    assert "may lift the fence" in findings[0].sentence


def test_new_sources_for_the_writer_are_judged_as_a_change() -> None:
    """A firewall resource that is created replaces the list that is there."""
    resources = [found for found in _adopted() if found["type"] != "digitalocean_database_firewall"]
    made = resource(
        "digitalocean_database_firewall.new", {"cluster_id": B, "rule": [{"type": "tag", "value": "web-nyc3"}]}
    )
    findings = judge(plan(resources, [change(made, ["create"])]), AWAY)
    assert [(one.level, one.rule) for one in findings] == [(Level.VIOLATION, "T31")]


def test_sources_that_are_repointed_to_the_writer_are_judged() -> None:
    """The naive edit: `cluster_id` changed by hand. The old list is the standby's, the new the writer's."""
    resources = first_day()
    old = at(resources, "digitalocean_database_firewall.trusted")
    said = change(old, ["delete", "create"], after=old["values"] | {"cluster_id": B})
    findings = judge(plan(resources, [said]), standing())
    assert [(one.level, one.rule) for one in findings] == [(Level.VIOLATION, "T31"), (Level.WARNING, "T12")]


def test_a_certificate_that_is_renewed_first_is_a_warning() -> None:
    findings = _judged('digitalocean_certificate.tls["sfo3"]', ["create", "delete"])
    assert [one.level for one in findings] == [Level.WARNING]


def test_a_peering_and_a_stranger_are_warnings() -> None:
    findings = _judged("digitalocean_vpc_peering.link", ["delete"])
    assert [one.level for one in findings] == [Level.WARNING]
    resources = _adopted()
    bucket = resource("digitalocean_spaces_bucket.media", {"id": "media", "name": "media", "region": "sfo3"})
    findings = judge(plan([*resources, bucket], [change(bucket, ["delete"])]), AWAY)
    assert [(one.level, one.rule) for one in findings] == [(Level.WARNING, "T72")]


def test_a_project_that_loses_the_writer_is_a_warning() -> None:
    urns = [f"do:dbaas:{B}", "do:droplet:202"]
    project = resource("digitalocean_project_resources.all", {"id": "p", "project": "p", "resources": urns})
    after = {"id": "p", "project": "p", "resources": urns[:1]}
    resources = [*_adopted(), project]
    findings = judge(plan(resources, [change(project, ["update"], after=after)]), AWAY)
    assert [(one.level, one.rule) for one in findings] == [(Level.WARNING, "T70")]
    assert judge(plan(resources, [change(project, ["update"])]), AWAY) == ()


def test_modules_and_keys() -> None:
    """Found by the provider's id wherever it stands, though its name was hidden."""
    found = cluster("this", B, SFO3, index="a")
    found["address"] = f"module.store[0].{found['address']}"
    found["sensitive_values"] = {"name": True, "password": True}
    findings = judge(plan([found], [change(found, ["delete"])]), AWAY)
    assert [(one.level, one.address) for one in findings] == [
        (Level.VIOLATION, 'module.store[0].digitalocean_database_cluster.this["a"]')
    ]


def test_moves_are_let_through() -> None:
    """Forgetting and importing is what the other verb asks for."""
    resources = first_day()
    changes = [
        change(at(resources, "digitalocean_database_replica.standby"), ["forget"]),
        change(at(resources, "digitalocean_database_cluster.primary"), ["forget"]),
        change(cluster("standby", B, SFO3), ["no-op"], importing={"id": B}),
    ]
    assert judge(plan(resources, changes), standing()) == ()


def test_a_deferred_change_is_judged_and_the_plan_is_not_whole() -> None:
    resources = _adopted()
    said = change(at(resources, "digitalocean_database_cluster.standby"), ["delete"])
    deferred = [{"reason": "provider_config_unknown", "resource_change": said}]
    findings = judge(plan(resources, [], deferred_changes=deferred, complete=False), AWAY)
    assert [(one.level, one.rule) for one in findings] == [(Level.VIOLATION, "T10"), (Level.UNKNOWN, "T74")]
    assert exit_code(judge(plan(resources, [], complete=False), AWAY)) == 2


def test_a_plan_of_something_else_says_so() -> None:
    findings = judge(plan([], []), AWAY)
    assert [one.rule for one in findings] == ["T76"]


def test_what_is_no_whole_plan_is_not_judged() -> None:
    with pytest.raises(BadSettings, match="is a state and no plan"):
        judge(state(first_day()), AWAY)
    with pytest.raises(BadSettings, match="ended in an error"):
        judge(plan(_adopted(), [], errored=True), AWAY)


ADDRESSES = [found["address"] for found in _adopted()]
VERBS = [
    ["no-op"],
    ["update"],
    ["delete"],
    ["delete", "create"],
    ["create", "delete"],
    ["forget"],
    ["create", "forget"],
]


@given(st.lists(st.tuples(st.sampled_from(ADDRESSES), st.sampled_from(VERBS)), unique_by=lambda pair: pair[0]))
def test_any_plan(pairs: list[tuple[str, list[str]]]) -> None:
    """A plan is refused exactly when it ends something the writer lives on; no sentence holds a secret."""
    resources = _adopted()
    findings = judge(plan(resources, [change(at(resources, address), verb) for address, verb in pairs]), AWAY)
    ending = {
        address
        for address, verb in pairs
        if address in LIVES_ON
        and ("delete" in verb or len(verb) == 2)
        and not ("certificate" in address and verb[0] == "create")
    }
    assert {one.address for one in findings if one.level is Level.VIOLATION} == ending
    assert PASSWORD not in str(findings)


def test_an_empty_list_of_sources_opens_the_database() -> None:
    """Also where no app server is known: then nobody can be missed, and the world is let in all the same."""
    bare = replace(AWAY, writer=replace(AWAY.writer, hosts=()))
    after = _updated("digitalocean_database_firewall.trusted", rule=[])
    findings = _judged("digitalocean_database_firewall.trusted", ["update"], bare, after=after)
    assert "opens the database to the world" in findings[0].sentence


def test_an_app_server_is_known_by_its_tag_too() -> None:
    """One that the account did not list yet, in the writer's region only."""
    resources = _adopted()
    at(resources, 'digitalocean_droplet.web["sfo3"]')["values"]["id"] = "999"
    said = change(at(resources, 'digitalocean_droplet.web["sfo3"]'), ["delete"])
    assert [one.rule for one in judge(plan(resources, [said]), AWAY)] == ["T10"]


def test_the_account_is_asked_for_each_side() -> None:
    """A droplet that carries the other region's tag is none of its app servers."""
    cloud, store, group_ = FakeCloud(), FakeCoordination(FakeClock()), group()
    for found in (server("mysql", B, SFO3), server("mysql", C, NYC3, B)):
        cloud.attach(found)
    cloud.host_list = [Host(n, "w", r, "active", "", "", ("web-sfo3",)) for n, r in ((1, SFO3), (2, NYC3))]

    async def ask() -> Standing:
        await store.swap(None, await store.read("group/shop/grant"), '{"epoch": 7, "holder": "sfo3"}')
        return await look(store, cloud, group_)

    found_ = asyncio.run(ask())
    assert (found_.grant.epoch, found_.database.id, found_.old) == (7, B, Old.REPLICA)
    assert ([host.id for host in found_.writer.hosts], found_.standby.hosts) == ([1], ())
