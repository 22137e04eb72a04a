"""The agents' views, each interval: what the standby's see, and what every app server reads as its endpoint."""

import contextlib

from farshore.engine import permits
from farshore.engine.doors import doors
from farshore.engine.inputs import AgentSeen, AgentSilent
from farshore.engine.loops.schedule import turns
from farshore.engine.shell import Shell
from farshore.engine.within import within
from farshore.model.failure import Failure
from farshore.model.region import RegionName
from farshore.model.sighting import Door
from farshore.ports.app import AgentView, App, Promisor

VIEW_S = 3.0  # an agent that takes longer is silent
TERMS_AGAIN_S = 60.0  # an agent that was put on a new disk has forgotten them, and does not say so
VIEWS_PER_INTERVAL = 8  # what an agent saw is as old as the last view of it, and a verdict needs two places


class Agents:
    def __init__(self, shell: Shell) -> None:
        self._shell = shell
        self._busy: set[str] = set()
        self._told: dict[str, object] = {}  # what each agent was last told to watch
        self._terms: dict[str, tuple[object, float]] = {}  # how each was last told to renew, and when

    async def run(self) -> None:
        shell = self._shell
        async for _ in turns(shell.world.clock, shell.group.thresholds.interval_s / VIEWS_PER_INTERVAL):
            for region, apps in shell.world.apps.items():
                for app in apps.all():
                    if app.name not in self._busy:
                        self._busy.add(app.name)
                        shell.spawn(self._ask(region, app))

    async def _ask(self, region: RegionName, app: App) -> None:
        clock = self._shell.world.clock
        begun_s = clock.now_s()
        try:
            view = await within(clock, VIEW_S, app.view(runs=True), f"Agent {app.name}")
            self._shell.feed(AgentSeen(region, view, clock.now_s() - begun_s))
            if any(not sighting.ok for sighting in view.sightings):
                self._shell.decide_now()
        except Failure as error:
            self._terms.pop(app.name, None)
            self._shell.feed(AgentSilent(region, app.name, str(error)))
        except Exception as error:  # a bug in one client must not blind the others; status shows it
            self._shell.feed(AgentSilent(region, app.name, f"It broke: {type(error).__name__}: {error}"))
        else:
            with contextlib.suppress(Failure):  # an agent that refuses a word is not silent; it is told again
                await self._tell_terms(region, app)
                await self._tell(region, app, view)
        finally:
            self._busy.discard(app.name)

    async def _tell_terms(self, region: RegionName, app: App) -> None:
        """How to renew and from whom: this controller first, then agents elsewhere, who pass it on.

        The list of promisors is the same for all: the standby's agents learn from it that they are asked.
        """
        shell, grant = self._shell, self._shell.state.grant
        if not shell.acting or grant is None:
            return
        elsewhere = shell.world.apps[shell.group.other(region).region].all()
        standbys = shell.world.apps[shell.group.other(grant.holder).region].all()
        promisors = tuple(Promisor(standby.name, standby.address) for standby in standbys)
        relays = tuple(filter(None, (shell.world.relay(), *(other.address for other in elsewhere))))
        wanted = (grant.epoch, shell.group.permit, relays, promisors)
        told, at_s = self._terms.get(app.name, (None, 0.0))
        now_s = shell.world.clock.now_s()
        if told == wanted and now_s - at_s < TERMS_AGAIN_S:
            return
        if region == grant.holder and promisors and told != wanted:
            names = tuple(promisor.name for promisor in promisors)
            store = shell.world.coordination
            listing = permits.list_promisors(store, shell.group.name, shell.lease, grant.epoch, names)
            await within(shell.world.clock, VIEW_S, listing, "The store of record")
        work = app.terms(grant.epoch, shell.group.permit, relays, promisors)
        await within(shell.world.clock, VIEW_S, work, f"Agent {app.name}")
        self._terms[app.name] = (wanted, now_s)

    async def _tell(self, region: RegionName, app: App, view: AgentView) -> None:
        """The standby's agents are vantage points: tell them their targets when those change, or were forgotten."""
        shell, grant = self._shell, self._shell.state.grant
        if not shell.acting or grant is None or region == grant.holder or not shell.parts.whole:
            return
        targets = doors(shell.world, shell.group, shell.parts, grant.holder)
        forgotten = not any(s.door is Door.REFERENCE for s in view.sightings)
        wanted = (grant.epoch, targets)
        if self._told.get(app.name) == wanted and not forgotten:
            return
        limits = shell.group.thresholds
        work = app.watch(grant.epoch, targets, limits.interval_s, limits.timeout_s)
        await within(shell.world.clock, VIEW_S, work, f"Agent {app.name}")
        self._told[app.name] = wanted


async def run(shell: Shell) -> None:
    await Agents(shell).run()
