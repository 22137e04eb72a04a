"""Where agents renew: a plain yes for the holder, an exact no for everybody else, never a yes that was not written."""

import asyncio
from collections.abc import Awaitable, Callable
from pathlib import Path
from typing import Any

import pytest

from farshore.adapters.sqlite_coordination import SqliteCoordination
from farshore.adapters.system_clock import SystemClock
from farshore.daemon.permit_server import PermitServer
from farshore.engine.permits import Renewals
from farshore.model.failure import Refused, RetryLater, Unknown
from farshore.model.keys import grant_key
from farshore.model.permit import Permit
from farshore.model.region import Epoch, RegionName
from farshore.ports.coordination import Lease, Record
from farshore.transport.client import Client
from farshore.transport.message import CONTROLLER, Answer, NoAnswer
from farshore.transport.tls import client_context, server_context
from identities import STRANGER, identity

NYC = RegionName("nyc3")
RENEW = {"agent": "web-1", "region": "nyc3", "epoch": 1}
Asking = Callable[..., Awaitable[Answer]]


class Store(SqliteCoordination):
    """A real one, whose next swap may fail as `fails` says: before it does anything, or when it is done."""

    fails: Exception | None = None
    after = False

    async def swap(self, lease: Lease | None, record: Record, value: str) -> Record:
        failure, self.fails = self.fails, None
        if failure is not None and not self.after:
            raise failure
        done = await super().swap(lease, record, value)
        if failure is not None:
            raise failure
        return done


def served(tmp_path: Path, story: Callable[[Store, Renewals, Asking], Awaitable[None]], **who: Any) -> None:
    async def play() -> None:
        clock, seen = SystemClock(), Renewals()
        store = Store(tmp_path / "state.db")
        record = await store.read(grant_key("shop"))
        await store.swap(None, record, Permit(Epoch(1), NYC).to_json())
        tls = server_context(identity(tmp_path, "controller:c1"))
        server = PermitServer("shop", store, clock, tls, ("127.0.0.1", 0), seen.saw)
        await server.start()
        mine = identity(tmp_path, who.get("name", "agent:web-1"), **who.get("more", {}))
        client = Client("127.0.0.1", server.port, client_context(mine), CONTROLLER)

        async def ask(path: str = "/v1/renew", **body: object) -> Answer:
            return await client.ask(path, {**RENEW, **body}, 5.0)

        try:
            await story(store, seen, ask)
        finally:
            client.close()
            await server.stop()
            await store.close()

    asyncio.run(play())


async def permit(store: Store) -> Permit:
    return Permit.from_json((await store.read(grant_key("shop"))).value)


def test_the_holder_renews_and_the_controller_sees_it(tmp_path: Path) -> None:
    async def story(store: Store, seen: Renewals, ask: Asking) -> None:
        for count in (1, 2):
            answer = await ask()
            assert (answer.status, answer.body["renewals"]) == (200, count)
        assert await permit(store) == Permit(Epoch(1), NYC, False, 2)
        assert seen.first_seen_s(1, 2) is not None

    served(tmp_path, story)


@pytest.mark.parametrize(
    ("held", "asked"),
    [
        (Permit(Epoch(1), NYC, revoked=True), {}),
        (Permit(Epoch(2), RegionName("sfo3")), {}),
        (Permit(Epoch(2), NYC), {}),
        (Permit(Epoch(1), NYC), {"region": "sfo3"}),
        (Permit(Epoch(1), NYC), {"epoch": 2}),
    ],
    ids=["revoked", "another holder", "another epoch", "another region", "the future"],
)
def test_anybody_else_is_told_whose_it_is(tmp_path: Path, held: Permit, asked: dict[str, object]) -> None:
    async def story(store: Store, seen: Renewals, ask: Asking) -> None:
        await store.swap(None, await store.read(grant_key("shop")), held.to_json())
        answer = await ask(**asked)
        told = {key: answer.body[key] for key in ("epoch", "holder", "revoked")}
        assert (answer.status, told) == (
            409,
            {"epoch": held.epoch, "holder": held.holder, "revoked": held.revoked},
        )
        assert await permit(store) == held

    served(tmp_path, story)


@pytest.mark.parametrize("after", [False, True], ids=["not done", "done, and the answer lost"])
def test_what_the_store_left_open_is_no_renewal(tmp_path: Path, after: bool) -> None:
    async def story(store: Store, seen: Renewals, ask: Asking) -> None:
        store.fails, store.after = Unknown("The answer was lost.") if after else RetryLater("The disk is full."), after
        answer = await ask()
        assert answer.status == 503
        assert "renewals" not in answer.body
        assert (await permit(store)).renewals == int(after)
        assert (await ask()).status == 200

    served(tmp_path, story)


def test_a_deposed_swap_is_never_a_yes(tmp_path: Path) -> None:
    async def story(store: Store, seen: Renewals, ask: Asking) -> None:
        store.fails, store.after = Refused("Somebody was quicker."), False
        answer = await ask()
        assert answer.status == 503, "a swap that was refused for no visible reason was taken for one to repeat"

    served(tmp_path, story)


@pytest.mark.parametrize("body", [{"region": 1}, {"epoch": "1"}, {"epoch": True}, {"region": None}], ids=str)
def test_what_cannot_be_read_is_refused(tmp_path: Path, body: dict[str, object]) -> None:
    async def story(store: Store, seen: Renewals, ask: Asking) -> None:
        assert (await ask(**body)).status == 400
        assert (await ask("/v1/promise")).status == 404

    served(tmp_path, story)


def test_a_controller_does_not_renew(tmp_path: Path) -> None:
    async def story(store: Store, seen: Renewals, ask: Asking) -> None:
        assert (await ask()).status == 403
        assert (await permit(store)).renewals == 0

    served(tmp_path, story, name="controller:c2")


def test_a_stranger_is_not_heard(tmp_path: Path) -> None:
    async def story(store: Store, seen: Renewals, ask: Asking) -> None:
        with pytest.raises(NoAnswer):
            await ask()
        assert (await permit(store)).renewals == 0

    served(tmp_path, story, more={"authority": STRANGER, "ca": None})
