"""One Patroni cluster in a lab, founded anew for each bout: etcd in three places, PostgreSQL on two hosts of its own.

The shop is the same plain shop. Its orders go to whoever HAProxy finds to be the primary, and its first rows are those
of the managed database that it was built on.
"""

import asyncio
import json
import secrets
import subprocess
import time
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from farshore.drills.command import Progress, Running, start
from farshore.drills.lab import Facts, Lab
from farshore.drills.patroni_account import Droplets
from farshore.drills.patroni_host import Host
from farshore.drills.patroni_settings import (
    BIN,
    DATA,
    LIB,
    PORT,
    TLS,
    Member,
    Passwords,
    Profile,
    endpoint,
    etcd_words,
    haproxy_config,
    patroni_config,
    unit,
)
from farshore.model.failure import Refused

WITNESS = Member("lon1", "203.0.113.130")  # the third member stands outside both regions
HEALTHY_WITHIN_S = 90.0
MANAGED_CA = "/etc/shop/managed-ca.pem"  # the shop's own file names whoever signs for Patroni's databases
_STOP = (
    "systemctl stop patroni etcd 2>/dev/null; pkill -KILL -u postgres; "
    f"rm -rf {DATA} /var/lib/bench-etcd; mkdir -p {TLS} {LIB}"
)
_AS_POSTGRES = "cd / && setpriv --reuid=postgres --regid=postgres --init-groups --"


@dataclass(frozen=True, slots=True)
class Bundle:
    """What `make setup-bench` has fetched: Patroni's packages, and etcd."""

    folder: Path

    def check(self) -> None:
        if not (self.etcd.is_file() and (self.packages / "patroni").is_dir()):
            raise Refused(f"There is no Patroni with etcd in {self.folder}.", "Run `make setup-bench`, then try again.")

    @property
    def packages(self) -> Path:
        return self.folder / "lib"

    @property
    def etcd(self) -> Path:
        return self.folder / "etcd"


class Cluster:
    """`found` makes it, `end` ends what runs on the machine itself; the droplets go with the lab."""

    def __init__(self, lab: Lab, facts: Facts, bundle: Bundle, folder: Path, say: Progress) -> None:
        self.lab = lab
        self._facts, self._bundle, self._folder, self._say = facts, bundle, folder, say
        self._droplets = Droplets(lab, facts)
        self._witness: Running | None = None
        self._hosts: list[Host] = []

    @property
    def ca_file(self) -> Path:
        return self._folder / "ca.pem"

    @property
    def hosts(self) -> list[Host]:
        """The database hosts, the writer's region first."""
        return self._hosts

    async def found(self, profile: Profile) -> None:
        began = time.monotonic()
        self._folder.mkdir(parents=True, exist_ok=True)
        await self._droplets.point_at_writer()
        self._hosts = await self._droplets.database_hosts()
        apps = [host for hosts in self._droplets.app_servers().values() for host in hosts]
        await asyncio.gather(*(host.ready() for host in [*self._hosts, *apps]))
        await asyncio.gather(*(host.run(_STOP) for host in self._hosts))
        dump = await self._first_rows(apps[0])
        members = [Member(host.name, host.public, host.private) for host in self._hosts]
        self._certify([host.private for host in self._hosts] + [host.public for host in self._hosts])
        await asyncio.gather(*(self._install(host, members, profile) for host in self._hosts))
        await self._start_etcd(members)
        first, second = self._hosts
        await first.run("systemctl start patroni")
        await self._until(first, lambda seen: seen == {first.name: "leader"}, "a leader")
        await self._restore(first, dump)
        await second.run("systemctl start patroni")
        await self._until(second, lambda seen: seen == {first.name: "leader", second.name: "streaming"}, "a standby")
        await self._lead_shops_there(members, profile)
        self._say(f"{profile.told}: leader {first.name}, standby {second.name}, etcd in three places; "
                  f"founded in {time.monotonic() - began:.0f} s")  # fmt: skip

    async def roles(self, host: Host) -> dict[str, str]:
        """Who is what, as this host's Patroni tells it; a standby is `streaming` when it is."""
        try:
            body: dict[str, Any] = json.loads(await host.run("curl -sf -m 3 http://127.0.0.1:8008/cluster"))
        except (Refused, ValueError):
            return {}
        return {
            one["name"]: "leader" if one["role"] == "leader" else str(one.get("state", "")) for one in body["members"]
        }

    async def end(self) -> None:
        if self._witness is not None:
            await self._witness.end()

    async def _until(self, host: Host, well: Any, what: str) -> None:
        deadline = time.monotonic() + HEALTHY_WITHIN_S
        while not well(seen := await self.roles(host)):
            if time.monotonic() > deadline:
                said = await host.run("journalctl -u patroni -u etcd -n 15 --no-pager -o cat")
                raise Refused(f"Patroni has not {what} after {HEALTHY_WITHIN_S:.0f} s: {seen}. {said[-900:]}", "")
            await asyncio.sleep(0.5)

    # parts ----------------------------------------------------------------------
    async def _first_rows(self, app: Host) -> str:
        """The shop's tables and products, from the managed database by an app server, which may reach it."""
        kept = self._folder / "first.sql"
        if kept.exists():
            return kept.read_text()
        store, database = self._facts.store, self._facts.region(self._facts.writer)["database"]
        source = (
            f"host={database['private_host']} port={database['port']} user={store['app_user']} "
            f"dbname={store['database']} sslmode=verify-full sslrootcert={MANAGED_CA}"
        )
        await app.put({MANAGED_CA: self._managed_authority()})
        words = f"{BIN}/pg_dump --no-owner --no-privileges '{source}'"
        text = await app.run(f"read -r PGPASSWORD; export PGPASSWORD; {words}", f"{self._password()}\n".encode())
        kept.write_text(text)
        return text

    def _managed_authority(self) -> str:
        return Path(self._facts.ca_file).read_text()

    def _password(self) -> str:
        kept = json.loads(Path(self._facts.store["secrets_file"]).read_text())
        return str(kept[self._facts.store["app_user"]])

    async def _install(self, host: Host, members: list[Member], profile: Profile) -> None:
        own = next(member for member in members if member.name == host.name)
        patroni = ["/usr/bin/python3", "-m", "patroni", f"{TLS}/patroni.yml"]
        etcd = etcd_words(own, [*members, WITNESS], "/var/lib/bench-etcd", f"{LIB}/etcd")
        files = {
            f"{TLS}/patroni.yml": patroni_config(own, [*members, WITNESS], profile, self._passwords()),
            f"{TLS}/server.pem": (self._folder / "server.pem").read_text(),
            f"{TLS}/server.key": (self._folder / "server.key").read_text(),
            "/etc/systemd/system/etcd.service": unit("etcd", "root", etcd),
            "/etc/systemd/system/patroni.service": unit(
                "Patroni", "postgres", patroni, f"Environment=PYTHONPATH={LIB}/lib HOME=/var/lib/postgresql\n"
            ),
        }
        there = (await host.run(f"cat {LIB}/complete 2>/dev/null || true")).strip() == "yes"
        await host.put(files, {} if there else {self._bundle.packages: f"{LIB}/lib", self._bundle.etcd: f"{LIB}/etcd"})
        await host.run(
            f"echo yes > {LIB}/complete; chown -R postgres: {TLS}; chmod 600 {TLS}/server.key {TLS}/patroni.yml; "
            "install -d -o postgres -g postgres /var/lib/postgresql; systemctl daemon-reload"
        )

    def _passwords(self) -> Passwords:
        file = self._folder / "passwords.json"
        if not file.exists():
            names = ("superuser", "replication", "rewind")
            file.touch(0o600)
            file.write_text(json.dumps({name: secrets.token_hex(12) for name in names}))
        return Passwords(**json.loads(file.read_text()))

    async def _start_etcd(self, members: list[Member]) -> None:
        if self._witness is not None:
            await self._witness.end()
        data = self._folder / f"etcd-{secrets.token_hex(4)}"
        words = etcd_words(WITNESS, [*members, WITNESS], str(data), str(self._bundle.etcd))
        self._witness = await start("etcd", self.lab.inside("lon1", *words), self._folder / "etcd-lon1.log")
        await asyncio.gather(*(host.run("systemctl start etcd") for host in self._hosts))

    async def _restore(self, host: Host, dump: str) -> None:
        store = self._facts.store
        user, database = store["app_user"], store["database"]
        make = f"CREATE ROLE {user} LOGIN PASSWORD '{self._password()}';\nCREATE DATABASE {database} OWNER {user};\n"
        psql = f"{_AS_POSTGRES} {BIN}/psql -XAtq -v ON_ERROR_STOP=1"
        await host.run(f"{psql} -d postgres", make.encode())
        await host.run(f"{psql} -d {database}", f"SET ROLE {user};\n{dump}".encode())

    async def _lead_shops_there(self, members: list[Member], profile: Profile) -> None:
        servers = self._droplets.app_servers()
        authority = self.ca_file.read_text()
        proxy = haproxy_config(members, profile)
        jobs = []
        for number, (region, hosts) in enumerate(servers.items(), start=1):
            files = {
                "/etc/haproxy/haproxy.cfg": proxy,
                "/etc/shop/ca.pem": authority,
                "/run/farshore/endpoint.json": endpoint(region, number),
            }
            jobs += [self._lead(host, files) for host in hosts]
        await asyncio.gather(*jobs)

    async def _lead(self, host: Host, files: dict[str, str]) -> None:
        await host.put(files)
        await host.run("systemctl restart haproxy")

    def _certify(self, addresses: list[str]) -> None:
        """An authority of the store's own, as one has with PostgreSQL of one's own."""
        if self.ca_file.exists():
            return
        names = ",".join(f"IP:{address}" for address in ["127.0.0.1", *addresses])
        new_key = ["-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:prime256v1", "-nodes", "-days", "30"]
        folder = self._folder
        issue = ["-subj", "/CN=shop database authority", "-keyout", str(folder / "ca.key"), "-out", str(self.ca_file)]
        _openssl("req", "-x509", *new_key, *issue)
        server = ["-subj", "/CN=shop database", "-addext", f"subjectAltName={names}"]
        server += ["-keyout", str(folder / "server.key"), "-out", str(folder / "server.pem")]
        _openssl("req", "-x509", *new_key, *server, "-CA", str(self.ca_file), "-CAkey", str(folder / "ca.key"))


def _openssl(*words: str) -> None:
    done = subprocess.run(["openssl", *words], capture_output=True, text=True, check=False)
    if done.returncode != 0:
        raise Refused(f"`openssl {' '.join(words)[:80]}` failed: {done.stderr.strip()[-300:]}.", "Install OpenSSL 3.")


def seen_by_judges(facts: Facts, cluster: Cluster) -> Facts:
    """The same store, with its databases where Patroni has them: what reads the orders afterwards goes there."""
    regions = dict(facts.store["regions"])
    for region, host in zip((facts.writer, facts.standby), cluster.hosts, strict=True):
        regions[region] = {**regions[region], "database": {"name": host.name, "host": host.public, "port": PORT}}
    return Facts({**facts.env, "ca_file": str(cluster.ca_file)}, {**facts.store, "regions": regions})
