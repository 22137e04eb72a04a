"""The app servers of a region as their tag finds them, kept up to date while a controller runs."""

import json
from collections.abc import Callable, Sequence
from dataclasses import asdict
from pathlib import Path

from farshore.model.failure import Failure
from farshore.model.region import RegionName
from farshore.ports.app import App
from farshore.ports.clock import Clock
from farshore.ports.cloud import Cloud, Host

REFRESH_EVERY_S = 20.0  # also keeps the HTTPS connection to the provider warm


class TaggedApps:
    """`all` answers at once from the last list; a host that stays keeps its App and so its open connection."""

    def __init__(self, make: Callable[[Host], App]) -> None:
        self._make = make
        self._apps: dict[tuple[int, str], App] = {}

    def all(self) -> Sequence[App]:
        return tuple(self._apps.values())

    def update(self, hosts: Sequence[Host]) -> None:
        keyed = {(host.id, host.public_ip): host for host in hosts if host.public_ip}
        self._apps = {key: self._apps.get(key) or self._make(host) for key, host in keyed.items()}


class HostList:
    """Asks the provider for the hosts, and remembers them in a file for the day when its API does not answer."""

    def __init__(
        self, cloud: Cloud, tags: dict[RegionName, str], apps: dict[RegionName, TaggedApps], file: Path
    ) -> None:
        self._cloud = cloud
        self._tags = tags
        self._apps = apps
        self._file = file

    async def load(self, fresh: bool) -> Failure | None:
        """From the provider, else from the file. Returns why the provider could not be asked.

        Unless `fresh`, a file that names hosts in every region is enough: a controller that was killed in the middle
        of a failover goes on without waiting for the provider, and `keep` asks it meanwhile.
        """
        self._recall()
        if not fresh and all(apps.all() for apps in self._apps.values()):
            return None
        try:
            await self.refresh()
        except Failure as error:
            return error
        return None

    async def refresh(self) -> None:
        found = {region: await self._cloud.hosts(tag) for region, tag in self._tags.items()}
        for region, hosts in found.items():
            # No host at all is more likely an API in trouble than a shop without servers.
            if hosts or not self._apps[region].all():
                self._apps[region].update(hosts)
        self._remember(found)

    async def keep(self, clock: Clock) -> None:
        """For ever; a failure keeps the list as it was."""
        while True:
            try:
                await self.refresh()
            except Failure:
                pass  # asked again soon; the list stands
            await clock.sleep(REFRESH_EVERY_S)

    def _remember(self, found: dict[RegionName, Sequence[Host]]) -> None:
        text = json.dumps({region: [asdict(host) for host in hosts] for region, hosts in found.items()})
        beside = self._file.with_name(self._file.name + ".new")
        try:
            if self._file.exists() and self._file.read_text() == text:
                return
            beside.write_text(text)
            beside.replace(self._file)
        except OSError:
            return  # only a convenience for a bad day

    def _recall(self) -> None:
        try:
            stored = json.loads(self._file.read_text())
            for region, apps in self._apps.items():
                apps.update([Host(**{**host, "tags": tuple(host["tags"])}) for host in stored.get(region, [])])
        except (OSError, ValueError, TypeError, KeyError, AttributeError):
            return
