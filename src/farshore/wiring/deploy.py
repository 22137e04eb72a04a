"""Settings -> agents on all app servers."""

from farshore.model.failure import Refused
from farshore.model.group import Place
from farshore.ports.cloud import Cloud, Host
from farshore.provision.agent_config import agent_config
from farshore.provision.archive import build_archive
from farshore.provision.authority import Authority
from farshore.provision.authority_files import renew_own
from farshore.provision.bundle import Bundle, DatabaseAccess
from farshore.provision.deploy import Deployed, Pack, deploy
from farshore.provision.journal_key import read_public_key
from farshore.provision.shop_plugin import packed
from farshore.provision.shop_settings import shop_word
from farshore.provision.ssh import Ssh
from farshore.provision.wordpress_files import wordpress_files
from farshore.settings.problem import BadSettings
from farshore.settings.settings import Settings
from farshore.wiring.identity import identity_of
from farshore.wiring.world import open_cloud


async def deploy_agents(settings: Settings, region: str | None, dry_run: bool) -> list[Deployed]:
    places = [place for place in (settings.group.first, settings.group.second) if region in (None, place.region)]
    if not places:
        raise BadSettings(
            f"--region is {region!r}; write {settings.group.first.region} or {settings.group.second.region}."
        )
    agents = settings.agents
    identity_of(settings)
    authority = Authority.load(agents.ca_file, agents.ca_key_file)
    archive, probe_ca = build_archive(), _probe_ca(settings)
    shop, plugin = _shop_word(settings), packed(wordpress_files())
    work: list[tuple[Host, Pack]] = []
    with open_cloud(settings) as cloud:
        for place in places:
            hosts = await cloud.hosts(place.app_tag)
            if not hosts:
                raise Refused(f"No host has the tag {place.app_tag}.", "Tag the app servers, or correct app_tag.")
            access = await _access(settings, cloud, place)
            for host in hosts:
                config = agent_config(settings, place, host)
                work.append((host, Bundle(host.name, archive, config, authority, probe_ca, access, shop, plugin).pack))
    if dry_run:
        return [Deployed(host.name, host.public_ip or host.private_ip, "planned") for host, _ in work]
    renew_own(settings, authority)
    ssh = Ssh(agents.ssh_user, agents.ssh_port, agents.ssh_key_file, agents.known_hosts_file)
    return await deploy(ssh, work)


def _shop_word(settings: Settings) -> bytes:
    journals = any(store.journal.on for store in settings.group.stores)
    return shop_word(settings.group, read_public_key(settings) if journals else None)


async def _access(settings: Settings, cloud: Cloud, place: Place) -> DatabaseAccess:
    """As the first store does, for the permit's row lies beside its tables."""
    store = settings.group.stores[0]
    server = await cloud.database(place.database)
    if server is None:
        raise Refused(f"There is no database {place.database}.", "Correct its name in farshore.yaml.")
    password = await cloud.password(server, store.app_user)
    ca = (await cloud.database_ca(server)).encode()
    return DatabaseAccess(settings.group.engine, store.app_user, password, store.database, ca)


def _probe_ca(settings: Settings) -> bytes | None:
    ca = settings.probe.ca_file
    try:
        return ca.read_bytes() if ca is not None else None
    except OSError as error:
        raise BadSettings(
            f"{ca}: cannot be read ({error.strerror}); correct probe.ca_file in {settings.file}."
        ) from None
