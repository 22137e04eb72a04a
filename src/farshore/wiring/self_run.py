"""Settings with self-run databases -> the cloud port that asks them by SQL and SSH, and what opens them."""

from collections.abc import Awaitable, Callable
from pathlib import Path

from farshore.adapters.mysql.self_run import SelfRunMySql
from farshore.adapters.postgresql.self_run import SelfRunPostgreSql
from farshore.adapters.self_run.cloud import SelfRunCloud
from farshore.adapters.self_run.fleet import Fleet
from farshore.adapters.self_run.hosts import DatabaseHosts
from farshore.adapters.self_run.server import Addresses, SelfRunDatabase, SelfRunServer
from farshore.model.failure import Refused
from farshore.ports.cloud import Cloud, DatabaseServer, Host
from farshore.ports.database import Database
from farshore.provision.ssh import Ssh
from farshore.settings.names import is_ip_address
from farshore.settings.problem import BadSettings
from farshore.settings.secret import read_secret_file
from farshore.settings.settings import SelfRun, Settings

FindHost = Callable[[str], Awaitable[Host | None]]


class RootShell:
    """Implements Shell: as root, or by sudo without a password, as on the app servers."""

    def __init__(self, ssh: Ssh) -> None:
        self._ssh = ssh

    async def run(self, address: str, script: str) -> str:
        remote = "sh -s" if self._ssh.user == "root" else "sudo -n sh -s"
        return await self._ssh.run(address, remote, script.encode())


class SelfRunDatabases:
    """What `Databases` is for managed ones."""

    def __init__(self, settings: Settings, account: Cloud, find: FindHost) -> None:
        agents = settings.agents
        ssh = Ssh(agents.ssh_user, agents.ssh_port, agents.ssh_key_file, agents.known_hosts_file)
        servers = [_server(settings, one) for one in settings.self_run]
        self.fleet = Fleet(servers, _locate(find), _open, DatabaseHosts(RootShell(ssh)))
        self._cloud = SelfRunCloud(account, self.fleet)

    @property
    def cloud(self) -> Cloud:
        return self._cloud

    def open(self, server: DatabaseServer) -> Database:
        return self.fleet.open(server)

    async def close(self) -> None:
        await self.fleet.close()


def _server(settings: Settings, one: SelfRun) -> SelfRunServer:
    return SelfRunServer(
        name=one.host,
        engine=settings.group.engine,
        region=one.region,
        port=one.port,
        user=one.admin_user,
        password=read_secret_file(one.password_file, f"the admin's password on {one.host}").reveal(),
        ca_pem=_text(one.ca_file),
        data_folder=one.data_folder,
        unit=one.unit,
        app_user=settings.group.stores[0].app_user,
        app_password=read_secret_file(one.app_password_file, f"the app user's password on {one.host}").reveal(),
        private_host=one.private_host,
    )


def _locate(find: FindHost) -> Callable[[SelfRunServer], Awaitable[Addresses | None]]:
    async def locate(own: SelfRunServer) -> Addresses | None:
        if is_ip_address(own.name):
            return Addresses(own.name, own.private_host)
        host = await find(own.name)
        if host is None:
            return None
        if host.region != own.region:
            raise Refused(f"The droplet {own.name} is in {host.region}, not in {own.region}.", "Correct regions.")
        return Addresses(host.public_ip or host.private_ip, own.private_host or host.private_ip)

    return locate


def _open(server: DatabaseServer, ca_pem: str) -> SelfRunDatabase:
    return SelfRunMySql(server, ca_pem) if server.engine == "mysql" else SelfRunPostgreSql(server, ca_pem)


def _text(path: Path) -> str:
    try:
        return path.read_text(encoding="ascii")
    except (OSError, UnicodeDecodeError):
        raise BadSettings(f"{path}: is no readable PEM file; write the authority of the database there.") from None
