"""What is emitted, against the provider's own schema: every type and argument exists, every id is one it imports."""

import json
import re
from pathlib import Path
from typing import Any

import pytest
from terraform_world import standing, state
from test_terraform_moves import ENGINES, SITUATIONS, _before

from farshore.provision.terraform import admission, lives
from farshore.provision.terraform.kinds import CLUSTER, DEPENDENTS, FIREWALL, RECORD, REPLICA
from farshore.provision.terraform.moves import plan_moves
from farshore.provision.terraform.moves_text import render

SCHEMA = Path(__file__).parents[4] / "shared" / "data" / "terraform-provider-digitalocean-2.99.1.schema.json"
UUID = "[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}"
IMPORT_IDS = {  # as the provider's pages and its importers say
    CLUSTER: UUID,
    REPLICA: f"{UUID},[a-z0-9-]+",
    FIREWALL: UUID,
    "digitalocean_database_db": f"{UUID},[A-Za-z0-9_-]+",
    "digitalocean_database_user": f"{UUID},[A-Za-z0-9_-]+",
    "digitalocean_database_connection_pool": f"{UUID},[A-Za-z0-9_-]+",
    "digitalocean_database_mysql_config": UUID,
    "digitalocean_database_postgresql_config": UUID,
}


@pytest.fixture(scope="module")
def resources() -> dict[str, Any]:
    if not SCHEMA.exists():
        pytest.skip(f"{SCHEMA} is not here: nothing to compare with")
    (provider,) = json.loads(SCHEMA.read_text())["provider_schemas"].values()
    found: dict[str, Any] = provider["resource_schemas"]
    return found


@pytest.mark.parametrize("engine", ENGINES)
@pytest.mark.parametrize("situation", SITUATIONS)
def test_every_emitted_argument_exists(situation: str, engine: str, resources: dict[str, Any]) -> None:
    """And a block for a cluster or replica has all that the provider requires, by hand or by reference."""
    moves = plan_moves(state(_before(situation, engine)), standing(engine=engine, **SITUATIONS[situation]))
    text = render(moves, "terraform")
    shown = re.findall(r'^# \+ resource "(\w+)" "\w+" \{.*\n((?:# .*\n)*?)# \+ \}', text, re.MULTILINE)
    assert len(shown) == len(moves.imports) > 0
    for type_, body in shown:
        block = resources[type_]["block"]
        named = re.findall(r"^# \+   (\w+) = ", body, re.MULTILINE)
        settable = {key for key, one in block["attributes"].items() if one.get("required") or one.get("optional")}
        assert set(named) <= settable
        if type_ in (CLUSTER, REPLICA):
            assert {key for key, one in block["attributes"].items() if one.get("required")} <= set(named)


@pytest.mark.parametrize("engine", ENGINES)
@pytest.mark.parametrize("situation", SITUATIONS)
def test_every_import_id_is_one_the_provider_takes(situation: str, engine: str) -> None:
    moves = plan_moves(state(_before(situation, engine)), standing(engine=engine, **SITUATIONS[situation]))
    for one in moves.imports:
        assert re.fullmatch(IMPORT_IDS[one.to.type], one.id), f"{one.to}: {one.id}"


def test_every_type_that_is_looked_at_exists(resources: dict[str, Any]) -> None:
    """Volumes are beyond this extract of the schema; the rest is in it."""
    known = {*DEPENDENTS, RECORD, "digitalocean_domain", *lives._KINDS, *admission._KINDS}
    assert {one for one in known if "volume" not in one} <= set(resources)


@pytest.mark.parametrize(
    ("type_", "names"),
    [
        (CLUSTER, "id name region version size node_count private_network_uuid"),
        (REPLICA, "id uuid name cluster_id region size private_network_uuid"),
        (FIREWALL, "cluster_id rule"),
        (RECORD, "domain name type value"),
        ("digitalocean_loadbalancer", "id name region droplet_ids droplet_tag forwarding_rule vpc_uuid"),
        ("digitalocean_droplet", "id name region size tags vpc_uuid"),
        ("digitalocean_firewall", "name tags droplet_ids inbound_rule outbound_rule"),
        ("digitalocean_vpc_peering", "vpc_ids"),
        ("digitalocean_certificate", "id uuid name"),
        ("digitalocean_project_resources", "resources"),
        ("digitalocean_reserved_ip", "droplet_id"),
        ("digitalocean_project", "resources"),
    ],
)
def test_every_argument_that_is_looked_at_exists(type_: str, names: str, resources: dict[str, Any]) -> None:
    block = resources[type_]["block"]
    assert set(names.split()) <= {*block["attributes"], *block.get("block_types", {})}


def test_what_belongs_to_a_cluster_says_so_by_cluster_id(resources: dict[str, Any]) -> None:
    for type_, argument in DEPENDENTS.items():
        assert {"cluster_id", *filter(None, [argument])} <= set(resources[type_]["block"]["attributes"])
