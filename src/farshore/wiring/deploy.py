"""Settings -> agents on all app servers."""

from farshore.model.failure import Refused
from farshore.ports.cloud import Host
from farshore.provision.agent_config import agent_config
from farshore.provision.archive import build_archive
from farshore.provision.bundle import File, agent_files
from farshore.provision.deploy import Deployed, deploy
from farshore.provision.ssh import Ssh
from farshore.settings.problem import BadSettings
from farshore.settings.secret import read_agent_key
from farshore.settings.settings import Settings
from farshore.wiring.world import open_cloud


async def deploy_agents(settings: Settings, region: str | None, dry_run: bool) -> list[Deployed]:
    places = [place for place in (settings.group.first, settings.group.second) if region in (None, place.region)]
    if not places:
        raise BadSettings(
            f"--region is {region!r}; write {settings.group.first.region} or {settings.group.second.region}."
        )
    agents = settings.agents
    key = read_agent_key(agents.key_file).reveal()
    ca = settings.probe.ca_file
    try:
        ca_content = ca.read_bytes() if ca is not None else None
    except OSError as error:
        raise BadSettings(
            f"{ca}: cannot be read ({error.strerror}); correct probe.ca_file in {settings.file}."
        ) from None
    archive = build_archive()
    work: list[tuple[Host, tuple[File, ...]]] = []
    with open_cloud(settings) as cloud:
        for place in places:
            hosts = await cloud.hosts(place.app_tag)
            if not hosts:
                raise Refused(f"No host has the tag {place.app_tag}.", "Tag the app servers, or correct app_tag.")
            work += [
                (host, agent_files(archive, agent_config(settings, place, host), key, ca_content)) for host in hosts
            ]
    if dry_run:
        return [Deployed(host.name, host.public_ip or host.private_ip, "planned") for host, _ in work]
    ssh = Ssh(agents.ssh_user, agents.ssh_port, agents.ssh_key_file, agents.known_hosts_file)
    return await deploy(ssh, work)
