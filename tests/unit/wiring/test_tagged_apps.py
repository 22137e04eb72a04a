"""The list of app servers: kept warm, kept up to date, kept for the day when the provider does not answer."""

import asyncio
from pathlib import Path

from farshore.model.failure import RetryLater
from farshore.model.region import RegionName
from farshore.ports.cloud import Host
from farshore.sim.fake_app import FakeApp
from farshore.sim.fake_cloud import FakeCloud
from farshore.wiring.tagged_apps import HostList, TaggedApps

NYC = RegionName("nyc3")


def _host(number: int, ip: str = "") -> Host:
    return Host(number, f"web-{number}", NYC, "active", ip or f"192.0.2.{number}", "10.10.0.9", ("web",))


def _list(cloud: FakeCloud, file: Path) -> tuple[HostList, TaggedApps]:
    apps = TaggedApps(lambda host: FakeApp(host.name, host.region))
    return HostList(cloud, {NYC: "web"}, {NYC: apps}, file), apps


def test_a_host_that_stays_keeps_its_connection(tmp_path: Path) -> None:
    """The same App object; a host with a new address gets a new one."""
    cloud = FakeCloud()
    cloud.host_list = [_host(1), _host(2)]
    hosts, apps = _list(cloud, tmp_path / "hosts")
    assert asyncio.run(hosts.load(fresh=True)) is None
    before = apps.all()
    cloud.host_list = [_host(1), _host(2, "192.0.2.99"), _host(3)]
    asyncio.run(hosts.refresh())
    after = apps.all()
    assert [app.name for app in after] == ["web-1", "web-2", "web-3"]
    assert after[0] is before[0]
    assert after[1] is not before[1]


def test_an_empty_answer_is_not_believed(tmp_path: Path) -> None:
    """A provider in trouble must not make us forget whom to point."""
    cloud = FakeCloud()
    cloud.host_list = [_host(1)]
    hosts, apps = _list(cloud, tmp_path / "hosts")
    asyncio.run(hosts.load(fresh=True))
    cloud.host_list = []
    asyncio.run(hosts.refresh())
    assert len(apps.all()) == 1


def test_a_controller_starts_while_the_provider_is_down(tmp_path: Path) -> None:
    """From the file of the last good day; without one, or with a broken one, the list is empty and nothing breaks."""
    cloud, file = FakeCloud(), tmp_path / "hosts"
    cloud.host_list = [_host(1)]
    asyncio.run(_list(cloud, file)[0].load(fresh=True))
    down = RetryLater("The API answered 503.")
    cloud.calls.fail_next("cloud.hosts", down, times=3)
    hosts, apps = _list(cloud, file)
    assert asyncio.run(hosts.load(fresh=True)) is down
    assert [app.name for app in apps.all()] == ["web-1"]
    for content in ("{broken", '{"nyc3": [{"id": 1}]}', "[]"):
        file.write_text(content)
        cloud.calls.fail_next("cloud.hosts", down)
        hosts, apps = _list(cloud, file)
        asyncio.run(hosts.load(fresh=True))


def test_a_controller_that_starts_again_asks_nobody_first(tmp_path: Path) -> None:
    """It may be in the middle of a failover, and the provider slow."""
    cloud, file = FakeCloud(), tmp_path / "hosts"
    cloud.host_list = [_host(1)]
    asyncio.run(_list(cloud, file)[0].load(fresh=False))
    assert cloud.calls.count("cloud.hosts") == 1
    hosts, apps = _list(cloud, file)
    assert asyncio.run(hosts.load(fresh=False)) is None
    assert (len(apps.all()), cloud.calls.count("cloud.hosts")) == (1, 1)
