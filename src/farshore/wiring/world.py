"""Settings -> the world that the engine acts on: the one place where adapters are chosen."""

import asyncio
import os
import ssl
from collections.abc import AsyncIterator, Iterator
from contextlib import asynccontextmanager, contextmanager

from farshore.adapters.agent_app import AgentApp
from farshore.adapters.digitalocean.account import Account
from farshore.adapters.digitalocean.authority import Authority
from farshore.adapters.digitalocean.cloud import DigitalOceanCloud
from farshore.adapters.digitalocean.dns import DigitalOceanDns
from farshore.adapters.file_evidence import FileEvidence
from farshore.adapters.stream_prober import StreamProber
from farshore.daemon.identity import controller_id
from farshore.engine.world import World
from farshore.model.group import Place
from farshore.model.region import RegionName
from farshore.model.sighting import Door
from farshore.ports.cloud import Cloud, Host
from farshore.ports.prober import Target
from farshore.settings.secret import read_token
from farshore.settings.settings import Settings
from farshore.transport.tls import client_context
from farshore.wiring.databases import Databases
from farshore.wiring.identity import identity_of
from farshore.wiring.notifier import notifier
from farshore.wiring.relay_address import relay_address
from farshore.wiring.self_run import SelfRunDatabases
from farshore.wiring.store import open_clock, open_store
from farshore.wiring.tagged_apps import HostList, TaggedApps


@contextmanager
def open_cloud(settings: Settings) -> Iterator[Cloud]:
    account = _account(settings)
    try:
        yield _databases(settings, account).cloud if settings.self_run else DigitalOceanCloud(account)
    finally:
        account.close()


def _databases(settings: Settings, account: Account) -> Databases | SelfRunDatabases:
    if not settings.self_run:
        return Databases(account)
    cloud = DigitalOceanCloud(account)
    return SelfRunDatabases(settings, cloud, cloud.host)


@asynccontextmanager
async def open_world(settings: Settings, fresh: bool = True) -> AsyncIterator[World]:
    """Raises BadSettings for a secret or certificate that is missing; a provider that does not answer stops nobody.

    `fresh`: ask for the app servers before anything else, although they are remembered from the last time.
    """
    group, clock = settings.group, open_clock()
    tls = client_context(identity_of(settings)[0])
    account = _account(settings)
    databases = _databases(settings, account)
    apps = {place.region: _apps(settings, place, tls) for place in (group.first, group.second)}
    tags = {place.region: place.app_tag for place in (group.first, group.second)}
    hosts = HostList(databases.cloud, tags, apps, settings.state_file.with_name(settings.state_file.name + ".hosts"))
    await hosts.load(fresh)
    keeping = asyncio.create_task(hosts.keep(clock), name="hosts")
    zones = sorted({store.zone for store in group.stores})
    try:
        yield World(
            clock=clock,
            coordination=open_store(settings),
            prober=StreamProber(),
            cloud=databases.cloud,
            dns=DigitalOceanDns(account, zones, Authority(_servers(settings))),
            apps=apps,
            database=databases.open,
            notifier=notifier(settings.notify),
            evidence=FileEvidence(settings.state_file.parent / "divergence"),
            relay=lambda: relay_address(settings, apps[group.first.region]),
            references=_references(settings),
            public_port=settings.probe.port,
            public_tls=settings.probe.tls,
            public_ca_file=_text(settings.probe.ca_file),
        )
    finally:
        keeping.cancel()
        await asyncio.gather(keeping, return_exceptions=True)
        await databases.close()
        account.close()


def _account(settings: Settings) -> Account:
    provider = settings.provider
    token = read_token(provider.token_file, os.environ, settings.file)
    return Account(token.reveal(), provider.endpoint, _text(provider.ca_file))


def _apps(settings: Settings, place: Place, tls: ssl.SSLContext) -> TaggedApps:
    """Over the public address: a controller stands outside both regions."""

    controller = controller_id(settings.controller.name, settings.state_file)

    def make(host: Host) -> AgentApp:
        return AgentApp(host.name, host.public_ip, tls, controller, place.agent_port)

    return TaggedApps(make)


def _servers(settings: Settings) -> tuple[str, ...]:
    return tuple(f"{server}#{settings.dns_port}" for server in settings.dns_servers)


def _references(settings: Settings) -> tuple[Target, ...]:
    """One at the provider's own endpoint is checked with the endpoint's authority, any other with the system's."""
    endpoint = settings.provider.endpoint.removeprefix("https://").partition(":")[0]
    return tuple(
        Target(
            Door.REFERENCE,
            RegionName(settings.controller.place),
            found.host,
            found.port,
            found.host,
            found.path,
            found.tls,
            _text(settings.provider.ca_file) if found.host == endpoint else None,
        )
        for found in settings.probe.references
    )


def _text(path: object | None) -> str | None:
    return None if path is None else str(path)
