"""`farshore terraform moves`: after its blocks, Terraform's next plan finds everything where the state says it is."""

import copy
from typing import Any

import pytest
from hcl_reader import read_hcl, unquoted
from hypothesis import given
from hypothesis import strategies as st
from terraform_world import (
    NYC3,
    PASSWORD,
    SFO3,
    VPC,
    A,
    B,
    C,
    D,
    Json,
    around,
    cluster,
    dependents,
    first_day,
    replica,
    resource,
    standing,
    state,
)

from farshore.provision.terraform.kinds import CLUSTER, DEPENDENTS, REPLICA
from farshore.provision.terraform.moves import Moves, identity, named_on_cluster, plan_moves, with_commands_only
from farshore.provision.terraform.moves_text import TOOLS, render
from farshore.provision.terraform.resource import Resource
from farshore.provision.terraform.standing import Standing

ENGINES = ("mysql", "pg")
SITUATIONS: dict[str, dict[str, Any]] = {
    "fork": {},
    "deleted": {"standby_id": None},
    "rebuilt": {"standby_id": C, "follows": True},
    "home": {"writer": NYC3, "writer_id": C, "standby_id": D, "follows": True},
    "home-fork": {"writer": NYC3, "writer_id": C, "standby_id": B},
}


def _before(situation: str, engine: str) -> list[Json]:
    """The state that Terraform has when the situation begins: at home, that of the moves made when it was rebuilt."""
    if situation.startswith("home"):
        return [
            cluster("standby", B, SFO3, engine),
            replica("primary", B, C, NYC3),
            *[_relabelled(found) for found in dependents(B, engine)],
            *around(),
        ]
    return first_day(engine)


def _relabelled(found: Json) -> Json:
    return found | {"name": found["name"] + "_sfo3", "address": found["address"] + "_sfo3"}


def _after(resources: tuple[Resource, ...], moves: Moves) -> list[Json]:
    """Terraform: forget what is removed (by block or by command), import what is to be imported."""
    commands = {str(address) for address in moves.by_command}
    left = [
        found for found in resources if str(found.address) not in commands and found.address.block not in moves.removed
    ]
    made = [_made(found) for found in left]
    for one in moves.imports:
        assert str(one.to) not in {found["address"] for found in made}, "Terraform skips such an import without a word"
        assert one.to.block not in moves.removed, "Terraform refuses a removed block whose resource is configured"
        first, _, second = one.id.partition(",")
        if one.to.type == CLUSTER:
            values: Json = {"id": first, "name": _server_name(moves, first)}
        elif one.to.type == REPLICA:
            values = {"id": f"{first}/replicas/{second}", "cluster_id": first, "name": second}
            values["uuid"] = moves.standing.standby.server.id if moves.standing.standby.server else ""
        else:
            values = {"id": one.id, "cluster_id": first, **({"name": second} if second else {})}
        made.append(
            {
                "address": str(one.to), "mode": "managed", "type": one.to.type, "name": one.to.name,
                **({"index": _index(one.to.key)} if one.to.key else {}), "values": values,
                "module": one.to.module,
            }
        )  # fmt: skip
    return made


def _made(found: Resource) -> Json:
    address = found.address
    return {
        "address": str(address), "mode": "managed", "type": address.type, "name": address.name,
        **({"index": _index(address.key)} if address.key else {}), "values": dict(found.values),
        "module": address.module,
    }  # fmt: skip


def _index(key: str) -> str | int:
    inside = key[1:-1]
    return unquoted(inside) if inside.startswith('"') else int(inside)


def _server_name(moves: Moves, identity_: str) -> str:
    assert identity_ == moves.standing.database.id
    return moves.standing.database.name


def _document(flat: list[Json]) -> Any:
    modules: dict[str, list[Json]] = {}
    for found in copy.deepcopy(flat):
        modules.setdefault(found.pop("module", ""), []).append(found)
    return state(modules.pop("", []), modules)


def _finds_everything(resources: tuple[Resource, ...], standing_: Standing, had: tuple[Resource, ...]) -> None:
    """What is in the state is what the account has: nothing that is gone, nothing twice, nothing left out."""
    writer, standby = standing_.database.id, standing_.standby.server
    follows = standby is not None and standby.replica_of == writer
    databases = [found for found in resources if found.type in (CLUSTER, REPLICA)]
    expected = {(CLUSTER, writer)} | ({(REPLICA, standby.id)} if follows and standby is not None else set())
    assert sorted((found.type, identity(found)) for found in databases) == sorted(expected)
    assert {found.text("cluster_id") for found in databases if found.type == REPLICA} <= {writer}
    valid = {identity for _, identity in expected}
    parts = [
        (found.text("cluster_id"), found.type, named_on_cluster(found))
        for found in resources
        if found.type in DEPENDENTS
    ]
    assert len(parts) == len(set(parts))
    assert {of for of, _, _ in parts} <= valid
    wanted = {(writer, found.type, named_on_cluster(found)) for found in had if found.type in DEPENDENTS}
    assert wanted <= set(parts)


@pytest.mark.parametrize("engine", ENGINES)
@pytest.mark.parametrize("situation", SITUATIONS)
def test_afterwards_the_state_names_the_world_as_it_is(situation: str, engine: str) -> None:
    """Old cluster a fork, deleted, rebuilt, and home again. Applied once; asked again, there is nothing to move."""
    standing_ = standing(engine=engine, **SITUATIONS[situation])
    before = state(_before(situation, engine))
    moves = plan_moves(before, standing_)
    after = _document(_after(before.resources, moves))
    _finds_everything(after.resources, standing_, before.resources)
    again = plan_moves(after, standing_)
    assert (again.removed, again.by_command, again.imports) == ((), (), ())
    untouched = {str(found.address) for found in before.resources if not found.type.startswith("digitalocean_database")}
    assert untouched <= {str(found.address) for found in after.resources}


def test_the_label_stays_and_the_type_follows_the_role() -> None:
    """Home again everything has its first name: a replica there, a cluster here."""
    away = plan_moves(state(first_day()), standing(**SITUATIONS["rebuilt"]))
    assert {str(one.to): one.id for one in away.imports if one.to.type in (CLUSTER, REPLICA)} == {
        "digitalocean_database_cluster.standby": B,
        "digitalocean_database_replica.primary": f"{B},shop-nyc3",
    }
    home = plan_moves(state(_before("home", "mysql")), standing(**SITUATIONS["home"]))
    assert {str(one.to): one.id for one in home.imports} == {
        "digitalocean_database_cluster.primary": C,
        "digitalocean_database_replica.standby": f"{C},shop-sfo3",
        "digitalocean_database_db.shop_nyc3": f"{C},shop",
        "digitalocean_database_user.app_nyc3": f"{C},shop",
        "digitalocean_database_firewall.trusted_nyc3": C,
        "digitalocean_database_firewall.trusted_sfo3_2": D,
        "digitalocean_database_mysql_config.tuned_nyc3": C,
    }


def test_nothing_to_move_on_the_first_day() -> None:
    first = standing(writer=NYC3, writer_id=A, standby_id=B, follows=True)
    moves = plan_moves(state(first_day()), first)
    assert moves.nothing
    assert read_hcl(render(moves, "terraform")) == []
    assert "there is nothing to move" in render(moves, "terraform")


@pytest.mark.parametrize("tool", TOOLS)
@pytest.mark.parametrize("situation", SITUATIONS)
def test_the_file_says_the_same_as_the_moves(situation: str, tool: str) -> None:
    """It is HCL; each `removed` says destroy = false; each import is there once; no secret is in it."""
    moves = plan_moves(state(_before(situation, "pg")), standing(engine="pg", **SITUATIONS[situation]))
    text = render(moves, tool)
    blocks = read_hcl(text)
    removed = [block for block in blocks if block.kind == "removed"]
    imports = [block for block in blocks if block.kind == "import"]
    assert len(removed) + len(imports) == len(blocks)
    assert [block.arguments["from"] for block in removed] == list(moves.removed)
    for block in removed:
        assert [(inner.kind, inner.arguments) for inner in block.blocks] == [("lifecycle", {"destroy": "false"})]
    said = [(block.arguments["to"], unquoted(block.arguments["id"])) for block in imports]
    assert said == [(str(one.to), one.id) for one in moves.imports]
    assert PASSWORD not in text


def test_opentofu_before_1_10_gets_commands() -> None:
    """Its `removed` refuses a lifecycle, and without one Terraform would destroy: so no block is written at all."""
    moves = plan_moves(state(first_day()), standing())
    text = render(with_commands_only(moves), "opentofu-1.7")
    assert {block.kind for block in read_hcl(text)} == {"import"}
    for found in moves.forgotten:
        assert f"#   tofu state rm '{found.address}'" in text


def test_modules_count_and_for_each() -> None:
    """`removed` takes no keys, so a block of which all instances go is named without them; imports keep theirs."""
    module = "module.store[0].module.db"
    inside = [
        cluster("this", A, NYC3, index=0),
        replica("this", A, B, SFO3, index="sfo3"),
        *dependents(A, index="blue"),
    ]
    for found in inside:
        found["address"] = f"{module}.{found['address']}"
    before = state(around(), {module: inside})
    moves = plan_moves(before, standing())
    assert set(moves.removed) == {
        f"module.store.module.db.digitalocean_database_{kind}"
        for kind in ("replica.this", "db.shop", "user.app", "firewall.trusted", "mysql_config.tuned")
    }
    # Its block is where the promoted replica comes to live, so no `removed` block may name it.
    assert [str(address) for address in moves.by_command] == [f"{module}.digitalocean_database_cluster.this[0]"]
    assert f'{module}.digitalocean_database_cluster.this["sfo3"]' in {str(one.to) for one in moves.imports}
    after = _document(_after(before.resources, moves))
    _finds_everything(after.resources, standing(), before.resources)
    text = render(moves, "terraform")
    assert f"#   terraform state rm '{module}.digitalocean_database_cluster.this[0]'" in text
    assert 'cluster_id = digitalocean_database_cluster.this["sfo3"].id' in text


def test_a_sibling_that_stays_is_not_forgotten() -> None:
    """One `for_each` for the store's cluster and somebody else's: only the store's instance goes, by command."""
    other = cluster("all", "0e4-other", NYC3, index="blog")
    other["values"]["name"] = "blog"
    moves = plan_moves(state([cluster("all", A, NYC3, index="shop"), other]), standing(standby_id=None))
    assert moves.removed == ()
    assert [str(address) for address in moves.by_command] == ['digitalocean_database_cluster.all["shop"]']


def test_a_record_that_leads_to_the_old_region_is_shown_as_a_diff() -> None:
    text = render(plan_moves(state(first_day()), standing()), "terraform")
    assert (
        '#   resource "digitalocean_record" "shop" {\n# -   value = "192.0.2.10"\n# +   value = "198.51.100.10"' in text
    )


def test_the_new_block_names_what_would_replace_it() -> None:
    """Name, engine and network force replacement, region would move it: all are written out, from the account."""
    text = render(plan_moves(state(first_day("pg")), standing(engine="pg")), "terraform")
    for line in (
        'name = "shop-sfo3"',
        'engine = "pg"',
        'version = "16"',
        'region = "sfo3"',
        f'private_network_uuid = "{VPC[SFO3]}"',
    ):
        assert f"# +   {line}" in text


def test_a_state_of_something_else_says_so() -> None:
    moves = plan_moves(state([]), standing())
    assert "is this the right workspace?" in " ".join(moves.notes)
    assert {str(one.to) for one in moves.imports} == {"digitalocean_database_cluster.sfo3"}


def test_a_name_marked_sensitive_is_never_written() -> None:
    """What cannot be named cannot be imported; it is still forgotten, and the person is told to remove its block."""
    user = resource(
        "digitalocean_database_user.hidden",
        {"id": "x", "cluster_id": A, "name": "nobody-may-read-this"},
        secret={"name": True},
    )
    moves = plan_moves(state([*first_day(), user]), standing())
    text = render(moves, "terraform")
    assert "nobody-may-read-this" not in text
    assert "from = digitalocean_database_user.hidden" in text


KEYS = st.one_of(st.none(), st.integers(0, 9), st.text(min_size=1, max_size=12))
MODULES = st.sampled_from(["", "module.a", "module.a[0]", 'module.a["x.y"].module.b'])


@given(st.sampled_from(sorted(SITUATIONS)), st.sampled_from(ENGINES), KEYS, MODULES, st.booleans())
def test_any_shape_of_configuration(situation: str, engine: str, key: Any, module: str, same_label: bool) -> None:
    """Whatever modules, keys and labels: the state is right afterwards, and the file is HCL without interpolation."""
    inside = [found for found in _before(situation, engine) if found["type"].startswith("digitalocean_database")]
    for found in inside:
        if same_label and found["type"] in (CLUSTER, REPLICA):
            found["name"] = "this"
        if key is not None:
            found["index"] = key
    before = state(around(), {module: inside}) if module else state([*around(), *inside])
    standing_ = standing(engine=engine, **SITUATIONS[situation])
    moves = plan_moves(before, standing_)
    after = _document(_after(before.resources, moves))
    _finds_everything(after.resources, standing_, before.resources)
    for block in read_hcl(render(moves, "terraform")):
        if block.kind == "import":
            unquoted(block.arguments["id"])


def test_what_belongs_to_the_fork_goes_though_the_fork_is_elsewhere() -> None:
    """The cluster in one workspace, its users and sources in another: a fork is told by the account."""
    moves = plan_moves(state(dependents(A)), standing())
    assert {found.type for found in moves.forgotten} == {found["type"] for found in dependents(A)}


def test_what_the_writer_has_already_is_not_imported_twice() -> None:
    """Two addresses for one object: the second apply would fight the first."""
    moves = plan_moves(state([*first_day(), *[_relabelled(found) for found in dependents(B)]]), standing())
    assert [str(one.to) for one in moves.imports] == ["digitalocean_database_cluster.standby"]


def test_a_key_that_looks_like_a_template_is_written_as_text() -> None:
    found = [
        cluster("this", A, NYC3, index="${path.root}%{if x}"),
        replica("this", A, B, SFO3, index='a"\\\n\U0001f600\x01'),
    ]
    text = render(plan_moves(state(found), standing()), "terraform")
    assert '["$${path.root}%%{if x}"]' in text
    assert 'digitalocean_database_cluster.this["a\\"\\\\\\n\U0001f600\\u0001"]' in text
    read_hcl(text)
