"""Trusted sources and power: only when the database fence was given up, never empty, kept before, put back after."""

import asyncio
from collections.abc import Callable
from dataclasses import replace

import pytest
from small_world import NYC, SFO, SmallWorld, group

from farshore.engine.steps.fence_network import _ours
from farshore.engine.world import World
from farshore.model.failure import RetryLater, Unknown, Unreachable
from farshore.model.group import Fences, Group
from farshore.model.keys import powered_off_key, sources_key
from farshore.model.operator import Word
from farshore.model.permit import PROFILES, Gate, PermitTerms
from farshore.plan import limits
from farshore.plan.journal import (
    Event,
    Granted,
    PlanFinished,
    PlanStarted,
    PlanStuck,
    StepDone,
    StepSkipped,
    StepStarted,
)
from farshore.plan.plan import PlanKind
from farshore.plan.step import StepKind as K
from farshore.ports.cloud import NOBODY, Host, Power, Source

TAG = Source("tag", "app-nyc3", "the shop")
OWN = "203.0.113.130"
FAST = replace(PROFILES["fast"], gate=Gate.TRIGGER)
SLOW = replace(PROFILES["fast"], gate=Gate.TRIGGER, wait_longer_s=30.0)  # whoever is quicker than that is seen
STRICT = PermitTerms(gate=Gate.NONE)


@pytest.fixture(autouse=True)
def a_provider_that_is_not_asked_for_long(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(limits, "POWER_OFF_MAX_S", 10.0)


class Account(SmallWorld):
    """Droplets in both regions, trusted sources, and a controller that has an address."""

    def __init__(self, of: Group) -> None:
        super().__init__(of)
        for number, name in enumerate(("app-n1", "app-n2", "app-s1", "app-s2")):
            region = NYC if name[4] == "n" else SFO
            tags = (self.group.place(region).app_tag,)
            self.cloud.host_list.append(Host(number, name, region, "active", "192.0.2.9", "10.0.0.9", tags))
        self.cloud.source_rules["id-nyc3"] = (TAG,)

    def world(self) -> World:
        return replace(super().world(), relay=lambda: f"{OWN}:9471")

    def admitted(self) -> set[str]:
        server = self.cloud.find("db-nyc3")
        assert server is not None
        return {rule.value for rule in self.cloud.source_rules.get(server.id, ())}

    def powers(self) -> list[Power]:
        return [self.cloud.power.get(host.id, Power.ON) for host in self.cloud.host_list]

    async def die(self) -> None:
        self.agents_see(SFO)
        await self.clock.advance(10)
        self.kill(NYC)
        self.agents_see(SFO, down=NYC)

    async def come_back(self) -> None:
        """What is off stays off."""
        self.revive(NYC)
        for number, app in enumerate(self.apps[NYC].apps):
            app.endpoint = app.bridge = None
            app.reachable = self.powers()[number] is Power.ON
        for region in (NYC, SFO):
            self.agents_see(region)
        await self.clock.advance(5)


def account(permit: PermitTerms = FAST, *, network: bool = True, hosts: bool = True) -> Account:
    return Account(group(permit=permit, allow_unfenced=False, fences=Fences(network, hosts)))


def play(world: Account, *acts: object) -> list[Event]:
    async def story() -> list[Event]:
        async with world.running():
            for act in acts:
                await act() if callable(act) else await world.clock.advance(float(str(act)))
        return await world.events()

    return asyncio.run(story())


def first(found: list[Event], kind: K, what: type = StepDone) -> Event:
    return next(e for e in found if isinstance(e, what) and e.step is kind)


def begun(found: list[Event], kind: K) -> bool:
    return any(isinstance(e, StepStarted) and e.step is kind for e in found)


@pytest.mark.parametrize("permit", [SLOW, STRICT], ids=["permit", "no permit"])
def test_app_servers_that_are_off_are_a_proof_and_quicker_than_the_permit(permit: PermitTerms) -> None:
    world = account(permit)
    found = play(world, world.die, 35)
    assert [e.epoch for e in found if isinstance(e, Granted)] == [1, 2]
    assert world.powers() == [Power.OFF, Power.OFF, Power.ON, Power.ON]
    off, asked = first(found, K.FENCE_HOSTS), first(found, K.PROMOTE, StepStarted)
    assert isinstance(first(found, K.FENCE_DATABASE, StepSkipped), StepSkipped)
    assert asked.at_s >= off.at_s >= first(found, K.FENCE_HOSTS, StepStarted).at_s + permit.commit_s
    assert not any(isinstance(e, StepDone) and e.step is K.AWAIT_PERMIT and e.at_s <= asked.at_s for e in found)
    report = first(found, K.REPORT)
    assert isinstance(report, StepDone)
    assert "NOT fenced yet" in report.detail, "off is a proof for the promotion; the database may still be opened"


@pytest.mark.parametrize("permit", [FAST, STRICT], ids=["permit", "no permit"])
def test_a_database_that_is_fenced_needs_neither(permit: PermitTerms) -> None:
    world = account(permit)

    async def doors_shut() -> None:
        await world.die()
        world.databases[NYC].reachable = True

    found = play(world, doors_shut, 20)
    assert [e.epoch for e in found if isinstance(e, Granted)] == [1, 2]
    for kind in (K.FENCE_NETWORK, K.FENCE_HOSTS):
        done = first(found, kind)
        assert isinstance(done, StepDone)
        assert done.detail.startswith("not needed")
    assert world.calls.count("cloud.power_off") == world.calls.count("cloud.replace_sources") == 0


def test_the_sources_are_never_empty_and_keep_the_way_of_the_late_fence() -> None:
    world = account(hosts=False)
    found = play(world, world.die, 25)
    assert world.admitted() == {NOBODY.value, OWN}
    done = first(found, K.FENCE_NETWORK)
    assert isinstance(done, StepDone)
    assert [Source(**one) for one in done.facts["sources"]] == [TAG]
    assert first(found, K.PROMOTE, StepStarted).at_s >= first(found, K.AWAIT_PERMIT).at_s, "it is no proof"


@pytest.mark.parametrize("relay", ["", ":9471", "shop.example.com:9471", "127.0.0.1:9471", "0.0.0.0:9471"])
def test_an_address_that_is_not_known_is_not_made_up(relay: str) -> None:
    assert _ours(relay) == []


def test_a_list_that_could_not_be_put_back_is_left_alone() -> None:
    world = account(hosts=False)
    world.cloud.source_rules.clear()
    found = play(world, world.die, 25)
    skipped = first(found, K.FENCE_NETWORK, StepSkipped)
    assert isinstance(skipped, StepSkipped)
    assert "trusted sources" in skipped.why
    assert [e.epoch for e in found if isinstance(e, Granted)] == [1, 2]
    assert world.calls.count("cloud.replace_sources") == 0


def silent_switch(world: Account) -> None:
    """Accepted, and never done."""
    world.cloud.turn = lambda host, wanted: None  # type: ignore[method-assign]


def no_answer(world: Account) -> None:
    world.calls.fail_next("cloud.powered", Unreachable("The provider does not answer."), times=10_000)


def one_is_not_listed(world: Account) -> None:
    del world.cloud.host_list[1]


def empty_list(world: Account) -> None:
    world.cloud.host_list.clear()


def both_tags(world: Account) -> None:
    world.cloud.host_list[0] = replace(world.cloud.host_list[0], tags=("app-nyc3", "app-sfo3"))


def wrong_region(world: Account) -> None:
    world.cloud.host_list[2] = replace(world.cloud.host_list[2], tags=("app-nyc3",))


@pytest.mark.parametrize("spoil", [silent_switch, no_answer, one_is_not_listed, empty_list, both_tags, wrong_region])
def test_what_is_not_read_back_as_off_is_no_proof(spoil: Callable[[Account], None]) -> None:
    world = account(STRICT)
    spoil(world)
    found = play(world, world.die, 25)
    assert not begun(found, K.PROMOTE)
    assert [e.step for e in found if isinstance(e, PlanStuck)] == [K.FENCE_HOSTS]
    assert not {2, 3} & world.cloud.power.keys()
    if spoil in (both_tags, wrong_region):
        assert world.calls.count("cloud.power_off") == 0, "the winner's server would go with it"


def test_the_late_fence_frees_a_plan_that_is_stuck_without_a_proof() -> None:
    world = account(STRICT)
    silent_switch(world)

    async def answers() -> None:
        world.databases[NYC].reachable = True

    found = play(world, world.die, 25, answers, 10)
    assert any(isinstance(e, PlanStuck) for e in found)
    assert any(isinstance(e, PlanFinished) for e in found)
    assert [e.epoch for e in found if isinstance(e, Granted)] == [1, 2]
    assert world.databases[NYC].state["epoch"] == 2


def test_without_a_proof_it_waits_for_the_permit_and_no_longer() -> None:
    world, plain = account(SLOW), account(SLOW, network=False, hosts=False)
    silent_switch(world)
    times = [first(play(one, one.die, 25), K.PROMOTE, StepStarted).at_s for one in (world, plain)]
    assert times[0] == times[1] >= 1020.0


def test_an_abort_gives_back_what_was_there() -> None:
    """App servers too, but only those that the fence had powered off."""
    world = account(STRICT)
    world.cloud.power[1] = Power.OFF
    world.calls.fail_next("cloud.promote", RetryLater("Not now."), times=10_000)
    seen: list[object] = []

    async def look() -> None:
        seen.extend([world.admitted(), world.powers()[:2]])

    found = play(world, world.die, 10, look, lambda: world.say(Word.ABORT), 5, world.come_back, 60)
    assert seen == [{NOBODY.value, OWN}, [Power.OFF, Power.OFF]]
    assert any(isinstance(e, PlanStarted) and e.plan.kind is PlanKind.REOPEN for e in found)
    assert [(e.epoch, e.holder) for e in found if isinstance(e, Granted)] == [(1, NYC), (3, NYC)]
    assert world.cloud.source_rules["id-nyc3"] == (TAG,)
    assert world.powers() == [Power.ON, Power.OFF, Power.ON, Power.ON]
    for key in (sources_key("shop"), powered_off_key("shop")):
        assert asyncio.run(world.coordination.read(key)).value == ""


@pytest.mark.parametrize("call", ["cloud.replace_sources", "cloud.power_off", "coordination.swap"])
def test_a_lost_answer_loses_nobody_who_was_admitted(call: str) -> None:
    world = account(STRICT)
    world.calls.fail_next("cloud.promote", RetryLater("Not now."), times=10_000)

    async def trouble() -> None:
        await world.die()
        world.calls.fail_next(call, Unknown("The answer was lost."), after=True)

    play(world, trouble, 15, lambda: world.say(Word.ABORT), 5, world.come_back, 60)
    assert world.cloud.source_rules["id-nyc3"] == (TAG,)
    assert world.powers() == [Power.ON] * 4


def test_power_loss_between_the_shutting_and_its_line_loses_nobody_either() -> None:
    """The journal has no line of what was there; the record has."""
    world = account(STRICT)
    world.calls.fail_next("cloud.promote", RetryLater("Not now."), times=10_000)

    async def story() -> list[Event]:
        asyncio.get_running_loop().set_exception_handler(lambda loop, context: None)
        one = asyncio.create_task(world.controller("c1").run(asyncio.Event()))

        def plug(label: str) -> None:
            if any(rule.value == NOBODY.value for rule in world.cloud.source_rules["id-nyc3"]):
                raise PowerLoss

        world.calls.on_call = plug
        await world.die()
        await world.clock.advance(10)
        one.cancel()
        await asyncio.gather(one, return_exceptions=True)
        world.calls.on_call = None
        async with world.running("c2"):
            await world.clock.advance(20)
            assert world.admitted() == {NOBODY.value, OWN}
            await world.say(Word.ABORT)
            await world.clock.advance(5)
            await world.come_back()
            await world.clock.advance(60)
        return await world.events()

    found = asyncio.run(story())
    assert [(e.epoch, e.holder) for e in found if isinstance(e, Granted)] == [(1, NYC), (3, NYC)]
    assert world.cloud.source_rules["id-nyc3"] == (TAG,)


class PowerLoss(BaseException):
    """Not an Exception: no handler in the code under test may eat it."""


def test_a_rebuild_admits_who_was_admitted_before_the_fence() -> None:
    world = account()
    found = play(world, world.die, 30, world.come_back, 10, lambda: world.say(Word.REBUILD), 150)
    assert any(isinstance(e, PlanFinished) and e.plan.startswith("rebuild") for e in found)
    server = world.cloud.find("db-nyc3")
    assert server is not None
    assert server.id != "id-nyc3"
    assert world.cloud.source_rules[server.id] == (TAG,)
    assert world.powers() == [Power.ON] * 4


def test_a_new_replica_is_never_left_open_to_the_world() -> None:
    """The line of the deletion is lost, and with it the list; the record has it."""
    world = account(hosts=False, network=False)

    async def trouble() -> None:
        world.calls.fail_next("cloud.delete_database", Unknown("The answer was lost."), after=True)
        await world.say(Word.REBUILD)

    play(world, world.die, 25, world.come_back, 10, trouble, 150)
    server = world.cloud.find("db-nyc3")
    assert server is not None
    assert server.id != "id-nyc3"
    assert world.cloud.source_rules[server.id] == (TAG,)
