"""Agents as real processes over mutual TLS: renewal, relays, failsafe, revoke, restarts, freezing, a full disk."""

import asyncio
import fcntl
import json
import os
import shutil
import signal
import socket
import subprocess
from collections.abc import AsyncIterator, Awaitable, Callable, Iterator
from contextlib import asynccontextmanager
from dataclasses import dataclass
from pathlib import Path

import pytest
from agents_lab import Agent, Controllers, hangs, renews, says_no, says_unrevoked, store_out, terms, until, until_done

from farshore.transport.client import Client
from farshore.transport.message import Answer, NoAnswer
from farshore.transport.tls import client_context
from identities import identity
from lived import lived

pytestmark = pytest.mark.lab


@dataclass(slots=True)
class World:
    here: Agent  # the writer's app server
    far: Agent  # the standby's: relay and promisor
    controller: Controllers


def _agent(folder: Path, name: str, place: str) -> Agent:
    (folder / name / "state").mkdir(parents=True)
    (folder / name / "run").mkdir()
    lived(folder / name / "state")
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
    return Agent(name, place, folder / name, port)


@asynccontextmanager
async def world(folder: Path) -> AsyncIterator[World]:
    """In `folder`, which may be a small disk, with the certificates of others beside it.

    Both agents know the terms of epoch 2; the writer's is pointed and has its permit.
    """
    made = World(_agent(folder, "here-1", "sfo3"), _agent(folder, "far-1", "nyc3"), Controllers(folder.parent / "out"))
    try:
        await made.controller.start()
        for agent in (made.here, made.far):
            agent.start()
            assert (await made.controller.tell_terms(agent, [made.far])).status == 200
        assert (await made.controller.point(made.here)).status == 200
        assert (await made.controller.point(made.far, "standby")).status == 200
        await until(lambda: made.here.permit() is not None)
        yield made
    finally:
        made.here.kill()
        made.far.kill()
        await made.controller.stop()


def _run(folder: Path, work: Callable[[World], Awaitable[None]]) -> None:
    async def whole() -> None:
        async with world(folder) as made:
            await work(made)

    asyncio.run(whole())


async def _outlives(agent: Agent, renewals: int = 3) -> None:
    """The permit is replaced by a later one, so many times."""
    for _ in range(renewals):
        permit = agent.permit()
        assert permit is not None
        known = permit["until_boot_ns"]
        await until(lambda known=known: (agent.permit() or {"until_boot_ns": 0})["until_boot_ns"] > known)


async def _runs_out(agent: Agent) -> None:
    await until(lambda: agent.permit() is None)


def test_renewed_through_the_controller_under_its_own_name(tmp_path: Path) -> None:
    async def work(made: World) -> None:
        await _outlives(made.here)
        caller, path, body = made.controller.heard[0]
        assert (str(caller), path) == ("agent:here-1", "/v1/renew")
        assert {key: body[key] for key in ("agent", "region", "epoch")} == {
            "agent": "here-1",
            "region": "sfo3",
            "epoch": 2,
        }
        permit = made.here.permit()
        assert permit is not None
        assert (permit["epoch"], permit["region"], permit["soft_ns"]) == (2, "sfo3", 1_500_000_000)
        view = (await made.controller.ask(made.here, "/v1/view", {})).body
        assert view["permit"]["epoch"] == 2
        assert 0 < view["permit"]["left_s"] <= 3.0
        assert (view["promise"], view["bridge"]) == (None, None)
        assert any("farshore agents deploy" in trouble for trouble in view["troubles"]), "no database.json here"

    _run(tmp_path / "disk", work)


def test_a_controller_out_of_reach_is_reached_through_the_agent_elsewhere(tmp_path: Path) -> None:
    """And what it says comes back as it was said: a 409 ends the permit at once."""

    async def work(made: World) -> None:
        with socket.socket() as free:
            free.bind(("127.0.0.1", 0))
            nobody = f"127.0.0.1:{free.getsockname()[1]}"
        body = {**_terms(made), "relays": [nobody, made.far.address]}
        assert (await made.controller.ask(made.here, "/v1/terms", body)).status == 200
        await _outlives(made.here, 2)  # what was on its way before
        made.controller.heard.clear()
        await _outlives(made.here)
        assert {str(caller) for caller, _, _ in made.controller.heard} == {"agent:far-1"}
        assert {body["agent"] for _, _, body in made.controller.heard} == {"here-1"}
        made.controller.reply = says_no
        await until(lambda: not (made.here.run_folder / "permit.json").exists())
        # The permit goes first and the memory of it second, in one turn of the agent's loop: it answers after that.
        assert (await made.controller.ask(made.here, "/v1/view", {})).status == 200
        made.controller.reply = renews
        made.here.kill()
        made.here.start()
        view = (await made.controller.ask(made.here, "/v1/view", {})).body
        assert view["permit"] is None, "not asked for again under this epoch, also after a restart"

    _run(tmp_path / "disk", work)


def test_failsafe_keeps_a_healthy_shop_open_and_a_revoke_at_the_promisor_ends_it(tmp_path: Path) -> None:
    async def work(made: World) -> None:
        await made.controller.stop()
        await _outlives(made.here, 12)  # longer than the permit that a controller gave
        again = Controllers(made.controller.folder)
        view = (await again.ask(made.far, "/v1/view", {})).body
        assert view["promise"]["epoch"] == 2
        assert 0 < view["promise"]["left_s"] <= 4.0
        early = await again.point(made.far, "writer", epoch=3)
        assert early.status == 425
        assert 0 < early.body["after_s"] <= 4.0
        revoked = await again.ask(made.far, "/v1/revoke", {"epoch": 2})
        assert revoked.status == 200
        assert 0 <= revoked.body["promised_ago_s"] < 3.0
        await until(lambda: not (made.here.run_folder / "permit.json").exists())
        made.far.kill()
        made.far.start()
        early = await again.point(made.far, "writer", epoch=3)
        assert early.status == 425, "the promise is kept across a restart"
        made.far.reboots()
        early = await again.point(made.far, "writer", epoch=3)
        assert early.status == 425
        assert early.body["after_s"] > 2.0, "after a reboot the whole of it"
        await until_done(lambda: again.point(made.far, "writer", epoch=3))

    _run(tmp_path / "disk", work)


def test_a_controller_that_lost_its_store_is_no_answer_and_a_hung_one_does_not_eat_the_permit(tmp_path: Path) -> None:
    async def work(made: World) -> None:
        for reply in (store_out, hangs):
            made.controller.reply = reply
            await _outlives(made.here, 12)

    _run(tmp_path / "disk", work)


def test_without_controller_and_promisor_it_runs_out(tmp_path: Path) -> None:
    async def work(made: World) -> None:
        made.far.kill()
        await made.controller.stop()
        await _runs_out(made.here)
        assert (made.here.run_folder / "permit.json").exists(), "it ended by itself"

    _run(tmp_path / "disk", work)


def test_a_frozen_agent_prolongs_nothing_and_goes_on_when_it_thaws(tmp_path: Path) -> None:
    async def work(made: World) -> None:
        made.here.signal(signal.SIGSTOP)
        try:
            await _runs_out(made.here)
        finally:
            made.here.signal(signal.SIGCONT)
        await until(lambda: made.here.permit() is not None)

    _run(tmp_path / "disk", work)


def test_pointed_to_standby_the_permit_is_gone_before_the_answer(tmp_path: Path) -> None:
    async def work(made: World) -> None:
        for epoch in range(3, 8):
            assert (await made.controller.point(made.here, "standby", epoch=epoch)).status == 200
            assert not (made.here.run_folder / "permit.json").exists()
            await asyncio.sleep(0.05)
            assert not (made.here.run_folder / "permit.json").exists()
            assert (await made.controller.point(made.here, "writer", epoch=epoch)).status == 200
            await until(lambda epoch=epoch: (made.here.permit() or {"epoch": 0})["epoch"] == epoch)

    _run(tmp_path / "disk", work)


def test_after_a_reboot_closed_until_pointed_and_nothing_of_an_older_epoch(tmp_path: Path) -> None:
    async def work(made: World) -> None:
        made.here.reboots()
        view = (await made.controller.ask(made.here, "/v1/view", {})).body
        assert (view["endpoint"], view["permit"], view["epoch"]) == (None, None, 2)
        assert (await made.controller.point(made.here, epoch=1)).status == 409
        assert (await made.controller.tell_terms(made.here, [made.far], epoch=3)).status == 200
        assert (await made.controller.point(made.here, epoch=2)).status == 409
        assert not (made.here.run_folder / "permit.json").exists()
        assert (await made.controller.point(made.here, epoch=3)).status == 200, (
            "it was open before: it keeps no promise"
        )
        await until(lambda: made.here.permit() is not None)

    _run(tmp_path / "disk", work)


def test_a_restart_of_the_agent_does_not_close_the_shop(tmp_path: Path) -> None:
    async def work(made: World) -> None:
        made.here.kill()
        assert made.here.permit() is not None
        made.here.start()
        await _outlives(made.here)

    _run(tmp_path / "disk", work)


def test_a_larger_epoch_from_a_controller_ends_the_permit_of_the_old_one(tmp_path: Path) -> None:
    async def work(made: World) -> None:
        assert (await made.controller.tell_terms(made.here, [made.far], epoch=3)).status == 200
        await until(lambda: not (made.here.run_folder / "permit.json").exists())

    _run(tmp_path / "disk", work)


def test_an_agent_that_lost_its_disk_waits_reads_the_record_and_only_then_promises(tmp_path: Path) -> None:
    async def work(made: World) -> None:
        made.far.kill()
        shutil.rmtree(made.far.folder / "state")
        made.controller.reply = store_out
        made.far.start()
        untold = await made.controller.point(made.far, "writer", epoch=3)
        assert untold.status == 425, "it does not know for how long"
        assert "never told the terms" in untold.body["error"]
        assert (await made.controller.tell_terms(made.far, [made.far])).status == 200
        early = await made.controller.point(made.far, "writer", epoch=3)
        assert early.status == 425
        refused = await _promise(made, "here-1", "here-1")
        assert (refused.status, "store of record" in refused.body["error"]) == (409, True)
        made.controller.reply = says_unrevoked
        made.here.kill()
        await until_done(lambda: _promise(made, "here-1", "here-1"))

    _run(tmp_path / "disk", work)


def test_who_may_ask_for_what(tmp_path: Path) -> None:
    async def work(made: World) -> None:
        assert (await _promise(made, "stranger-1", "here-1")).status == 403, "in the name of another agent"
        assert (await made.controller.ask(made.far, "/v1/promise", {"agent": "x"})).status == 403
        assert (await made.controller.ask(made.far, "/v1/renew", {"agent": "x"})).status == 403
        assert (await made.controller.ask(made.far, "/v1/revoke", {"epoch": "2"})).status == 400
        assert (await made.controller.ask(made.far, "/v1/terms", {"epoch": 2})).status == 400
        assert (await made.controller.tell_terms(made.far, [made.far], epoch=1)).status == 409
        writer = await _promise(made, "far-1", "far-1", at=made.here)
        assert (writer.status, "serves the writer" in writer.body["error"]) == (409, True)

    _run(tmp_path / "disk", work)


async def _promise(made: World, caller: str, named: str, at: Agent | None = None) -> Answer:
    """Asked by an agent, again until the other is up."""
    at = at or made.far
    tls = client_context(identity(made.controller.folder, f"agent:{caller}"))
    client = Client("127.0.0.1", at.port, tls, "agent", at.name)
    try:
        while True:
            try:
                body = {"agent": named, "region": "sfo3", "epoch": 2, "wait_s": 4.0}
                return await client.ask("/v1/promise", body, 5.0)
            except NoAnswer:
                await asyncio.sleep(0.05)
    finally:
        client.close()


def _terms(made: World) -> dict[str, object]:
    return terms(2, [made.controller.address], [made.far])


def test_checkout_is_closed_for_a_move_and_opens_with_the_next_point(tmp_path: Path) -> None:
    async def work(made: World) -> None:
        lock = made.here.run_folder / "checkouts.lock"
        lock.touch()
        closing = {"epoch": 2, "reopens_s": 30.0, "wait_s": 0.2}
        with lock.open() as checkout:
            fcntl.flock(checkout, fcntl.LOCK_SH)
            answer = await made.controller.ask(made.here, "/v1/close", closing)
            assert (answer.status, answer.body["drained"]) == (200, False)
        answer = await made.controller.ask(made.here, "/v1/close", closing)
        assert (answer.status, answer.body["drained"]) == (200, True)
        permit = made.here.permit()
        assert permit is None or permit["soft_ns"] > 3_000_000_000
        assert (made.here.run_folder / "closed.json").exists()
        assert (await made.controller.ask(made.here, "/v1/close", {**closing, "epoch": 1})).status == 409
        assert (await made.controller.point(made.here)).status == 200
        assert not (made.here.run_folder / "closed.json").exists()
        await until(lambda: (made.here.permit() or {"soft_ns": 0})["soft_ns"] == 1_500_000_000)

    _run(tmp_path / "disk", work)


@pytest.fixture
def small_disk(tmp_path: Path) -> Iterator[Path]:
    if os.geteuid() != 0:
        pytest.skip("needs root: mounts a small tmpfs")
    place = tmp_path / "small"
    place.mkdir()
    subprocess.run(["mount", "-t", "tmpfs", "-o", "size=1m", "tmpfs", str(place)], check=True)
    yield place
    subprocess.run(["umount", "--lazy", str(place)], check=True)


def test_a_full_disk_ends_in_no_renewal_and_in_no_promise(small_disk: Path) -> None:
    async def work(made: World) -> None:
        ballast = small_disk / "ballast"
        with ballast.open("wb", buffering=0) as file:
            try:
                while file.write(b"\0" * 512):
                    pass
            except OSError:
                pass
        last = made.here.permit()
        await _runs_out(made.here)
        assert last is not None
        assert json.loads((made.here.run_folder / "permit.json").read_text())["epoch"] == 2, "whole, and over"
        view = (await made.controller.ask(made.here, "/v1/view", {})).body
        assert any("cannot be written: No space left" in trouble for trouble in view["troubles"])
        assert (await _promise(made, "here-1", "here-1")).status == 507
        assert (await made.controller.ask(made.far, "/v1/revoke", {"epoch": 2})).status == 507
        pointed = await made.controller.point(made.here, "standby", epoch=3)
        assert pointed.status in (200, 507), "what was taken away may have made room"
        assert not (made.here.run_folder / "permit.json").exists(), "taking away needs no space"
        ballast.unlink()
        assert (await made.controller.point(made.here, "writer", epoch=3)).status == 200
        await until(lambda: made.here.permit() is not None)

    _run(small_disk, work)


def test_the_bridge_is_two_lines_and_nothing_that_is_no_address(tmp_path: Path) -> None:
    async def work(made: World) -> None:
        conf, log = made.here.run_folder / "bridge.conf", made.here.folder / "bridge.log"
        log.write_text("of the epoch before\n")
        for address in ('1.2.3.4"; evil', "shop.example.com", "1.2.3.4:80", "", None, "fe80::1%eth0"):
            bad = await made.controller.point(made.here, "standby", 3, {"address": address, "what": "writes"})
            assert bad.status == 400
        assert (await made.controller.point(made.here, "standby", 3, {"address": "1.2.3.4", "what": "x"})).status == 400
        bridge = {"address": "198.51.100.7", "what": "writes"}
        assert (await made.controller.point(made.here, "standby", 3, bridge)).status == 200
        assert conf.read_text() == 'set $bridge_to "https://198.51.100.7";\nset $bridge_what "writes";\n'
        with log.open("a") as file:
            file.write("one\ntwo\n")
        view = (await made.controller.ask(made.here, "/v1/view", {})).body
        assert view["bridge"] == {**bridge, "handed": 2}
        log.rename(log.with_name("bridge.log.1"))
        with log.with_name("bridge.log.1").open("a") as file:
            file.write("three, before nginx opened the new one\n")
        log.write_text("four\n")
        made.here.kill()
        conf.unlink()
        made.here.start()
        view = (await made.controller.ask(made.here, "/v1/view", {})).body
        assert view["bridge"] == {**bridge, "handed": 4}
        assert conf.exists(), "after a restart as before"
        assert (await made.controller.point(made.here, "standby", 3, None)).status == 200
        assert not conf.exists()
        assert (await made.controller.ask(made.here, "/v1/view", {})).body["bridge"] is None

    _run(tmp_path / "disk", work)
