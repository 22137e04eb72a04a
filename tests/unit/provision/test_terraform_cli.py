"""Both verbs as a person or a pipeline types them: a farshore.yaml, a state file, and the lab's API behind pydo."""

import asyncio
import io
import json
import sys
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest

sys.path.insert(0, str(Path(__file__).parents[1] / "tidepool" / "api"))

from api_serving import TOKEN, Serving, serving
from hcl_reader import read_hcl, unquoted
from terraform_world import PASSWORD, at, change, cluster, dependents, plan_json, replica, state_json

from farshore.adapters.sqlite_coordination import SqliteCoordination
from farshore.cli.main import main
from farshore.model.keys import grant_key
from farshore.model.region import RegionName
from tidepool.api.limits import Limits

NYC3, SFO3 = RegionName("nyc3"), RegionName("sfo3")
Run = Callable[..., tuple[int, str, str]]


class Desk:
    """A controller's folder, and the account after a failover to sfo3."""

    def __init__(self, folder: Path, api: Serving) -> None:
        self.folder, self.api = folder, api
        init = ["init", "--domain", "shop.example.com", "--first", "nyc3", "--second", "sfo3", "--engine", "mysql"]
        token = folder / "token"
        token.write_text(TOKEN)
        token.chmod(0o600)
        more = ["--endpoint", api.url, "--ca-file", str(api.ca), "--token-file", str(token), "--dir", str(folder)]
        assert main([*init, *more, "--verify-path", "/checkout", "--id-counter", "counters.value"]) == 0
        self.old = str(api.cluster("shop-nyc3")["id"])
        self.new = str(api.replica(self.old, "shop-sfo3")["id"])
        api.ok("PUT", f"/v2/databases/{self.old}/replicas/shop-sfo3/promote")
        api.settle()
        self.state = [cluster("primary", self.old, NYC3), replica("standby", self.old, self.new, SFO3)]
        self.state += dependents(self.old)

    def grant(self, value: str) -> None:
        async def write() -> None:
            store = SqliteCoordination(self.folder / "farshore.db")
            await store.swap(None, await store.read(grant_key("shop")), value)

        asyncio.run(write())

    def write(self, body: Any) -> str:
        file = self.folder / "given.json"
        file.write_text(body if isinstance(body, str) else json.dumps(body))
        return str(file)


@pytest.fixture
def desk(tmp_path: Path) -> Iterator[Desk]:
    with serving(tmp_path / "api", limits=Limits(per_minute=10**6, per_hour=10**6)) as api:
        found = Desk(tmp_path, api)
        found.grant('{"epoch": 2, "holder": "sfo3"}')
        yield found


@pytest.fixture
def run(desk: Desk, capsys: pytest.CaptureFixture[str]) -> Run:
    capsys.readouterr()

    def typed(*words: str) -> tuple[int, str, str]:
        code = main(["terraform", *words, "--config", str(desk.folder / "farshore.yaml")])
        said = capsys.readouterr()
        return code, said.out, said.err

    return typed


def _naive(desk: Desk) -> Any:
    ends = [
        change(at(desk.state, f"digitalocean_database_{name}"), ["delete"])
        for name in ("replica.standby", "cluster.primary")
    ]
    return plan_json(desk.state, ends)


def test_moves_from_a_pipe_to_a_folder(desk: Desk, run: Run, monkeypatch: pytest.MonkeyPatch) -> None:
    """Printed, or written to one file that is ours alone."""
    text = json.dumps(state_json(desk.state)).encode()
    monkeypatch.setattr(sys, "stdin", io.TextIOWrapper(io.BytesIO(text)))
    code, out, err = run("moves")
    assert (code, err) == (0, "")
    imports = {block.arguments["to"]: block.arguments for block in read_hcl(out) if block.kind == "import"}
    assert unquoted(imports["digitalocean_database_cluster.standby"]["id"]) == desk.new
    assert PASSWORD not in out
    assert "192.0.2" not in out
    infra = desk.folder / "infra"
    for _ in range(2):  # ours is replaced
        assert run("moves", "--state", desk.write(state_json(desk.state)), "--out", str(infra))[0] == 0
    assert (infra / "farshore-moves.tf").read_text() == out
    (infra / "farshore-moves.tf").write_text("# mine\n")
    code, out, err = run("moves", "--state", desk.write(state_json(desk.state)), "--out", str(infra))
    assert (code, out) == (2, "")
    assert "was not written by farshore" in err
    assert (infra / "farshore-moves.tf").read_text() == "# mine\n"


def test_guard_refuses_the_naive_plan(desk: Desk, run: Run) -> None:
    code, out, err = run("guard", desk.write(_naive(desk)))
    assert (code, err) == (1, "")
    assert "REFUSED  T10  digitalocean_database_replica.standby is the database shop-sfo3 in sfo3, which sells" in out
    assert "warning  T12  digitalocean_database_cluster.primary is the database shop-nyc3 in nyc3" in out
    assert out.endswith("The plan would hurt what sfo3 sells with under epoch 2.\n")


def test_guard_as_json(desk: Desk, run: Run) -> None:
    code, out, _ = run("guard", desk.write(_naive(desk)), "--json")
    body = json.loads(out)
    assert (code, body["verdict"], body["writer"], body["epoch"]) == (1, "refused", "sfo3", 2)
    assert [one["rule"] for one in body["findings"]] == ["T10", "T12"]


def test_guard_lets_a_harmless_plan_through(desk: Desk, run: Run) -> None:
    found = change(at(desk.state, "digitalocean_database_cluster.primary"), ["no-op"])
    code, out, _ = run("guard", desk.write(plan_json(desk.state, [found])))
    assert (code, out) == (0, "The plan hurts nothing that sfo3 sells with under epoch 2.\n")


def test_what_cannot_be_known_is_2(desk: Desk, run: Run) -> None:
    """1 says that a plan is bad; whoever cannot tell must not say so, and never 0."""
    assert run("guard", desk.write("{}"))[0] == 2
    assert run("guard", str(desk.folder / "missing.json"))[0] == 2
    (desk.folder / "plan.bin").write_bytes(b"PK\x03\x04\xff\xfe")
    code, _, err = run("guard", str(desk.folder / "plan.bin"))
    assert (code, "makes a binary plan readable" in err) == (2, True)
    naive = desk.write(_naive(desk))
    desk.api.on_loop(desk.api.server.stop())
    code, out, err = run("guard", naive)
    assert (code, out) == (2, "")
    assert "cannot be reached" in err


def test_without_a_grant_it_is_2(desk: Desk, run: Run) -> None:
    desk.grant("")
    code, _, err = run("guard", desk.write(_naive(desk)))
    assert (code, "to nobody" in err) == (2, True)
    code, _, err = run("moves", "--state", desk.write(state_json(desk.state)))
    assert (code, "to nobody" in err) == (2, True)
    (desk.folder / "farshore.db").unlink()
    code, _, err = run("guard", desk.write(_naive(desk)))
    assert (code, "there is no store of record here" in err) == (2, True)
    assert not (desk.folder / "farshore.db").exists()


def test_a_writer_that_is_a_replica_is_2(desk: Desk, run: Run) -> None:
    """Between a promotion and its grant nobody may trust the answer. Granted right, it is the rebuilt standby."""
    desk.api.ok("DELETE", f"/v2/databases/{desk.old}")
    desk.api.settle()
    rebuilt = desk.api.replica(desk.new, "shop-nyc3", "nyc3")
    desk.grant('{"epoch": 3, "holder": "nyc3"}')
    code, _, err = run("guard", desk.write(_naive(desk)))
    assert (code, "database shop-nyc3 is a replica" in err) == (2, True)
    desk.grant('{"epoch": 2, "holder": "sfo3"}')
    code, out, _ = run("moves", "--state", desk.write(state_json(desk.state)))
    imports = {
        block.arguments["to"]: unquoted(block.arguments["id"]) for block in read_hcl(out) if block.kind == "import"
    }
    assert imports["digitalocean_database_replica.primary"] == f"{desk.new},shop-nyc3"
    assert imports["digitalocean_database_firewall.trusted_nyc3"] == rebuilt["id"]


def test_a_holder_that_is_no_region_of_the_group_is_2(desk: Desk, run: Run) -> None:
    desk.grant('{"epoch": 3, "holder": "lon1"}')
    code, _, err = run("guard", desk.write(_naive(desk)))
    assert (code, "none of the group's regions" in err) == (2, True)
