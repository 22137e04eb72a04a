"""Throw-away database servers out of the lab's image, on loopback, each in a tmpfs of its own that vanishes with it.

Used by the fixtures of the database suite. Nothing survives the process: `unshare --kill-child` ends the server, and
its mounts exist only in its own namespace.
"""

import os
import shutil
import socket
import subprocess
import time
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

import psycopg
import pymysql

HOME = Path(os.environ.get("TIDEPOOL_HOME", "/var/lib/tidepool"))

_INSIDE = r"""
set -e
mount --make-rprivate /
mount -t tmpfs -o size=900m tmpfs "$SCRATCH"
mkdir "$SCRATCH/up" "$SCRATCH/work" "$SCRATCH/root"
mount -t overlay overlay -o "lowerdir=$IMAGE,upperdir=$SCRATCH/up,workdir=$SCRATCH/work" "$SCRATCH/root"
mount -t proc proc "$SCRATCH/root/proc"
mount --bind /dev "$SCRATCH/root/dev"
exec chroot "$SCRATCH/root" /bin/sh -e
"""
# The servers are not `exec`ed: they drop root, which would make the kernel forget to kill them with their parent.

_MARIADB = r"""
mkdir -p /run/mysqld /data && chown mysql:mysql /run/mysqld /data
cat > /init.sql <<'SQL'
{init}
SQL
mariadb-install-db --no-defaults --user=mysql --datadir=/data --skip-test-db --innodb-log-file-size=8M >/dev/null
mariadbd --no-defaults --user=mysql --datadir=/data --socket=/run/mysqld/s.sock --bind-address=127.0.0.1 \
    --port={port} --server-id={number} --log-bin=binlog --binlog-format=ROW --log-slave-updates --gtid-strict-mode=1 \
    --innodb-log-file-size=8M --innodb-buffer-pool-size=16M --performance-schema=0 --skip-name-resolve \
    --init-file=/init.sql --read-only={read_only} --max-connections=60
"""

_ADMIN_RIGHTS = (
    "SELECT, INSERT, UPDATE, DELETE, CREATE, DROP, RELOAD, PROCESS, REFERENCES, INDEX, ALTER, SHOW DATABASES, "
    "CREATE TEMPORARY TABLES, LOCK TABLES, EXECUTE, BINLOG MONITOR, SLAVE MONITOR, CREATE VIEW, SHOW VIEW, "
    "CREATE ROUTINE, ALTER ROUTINE, CREATE USER, EVENT, TRIGGER, CONNECTION ADMIN"
)

# `platform` is the provider; `doadmin` has a managed admin's rights; `shop` is the application.
_MARIADB_INIT = f"""SET sql_log_bin=0;
CREATE USER platform@'%' IDENTIFIED BY 'secret';
GRANT ALL ON *.* TO platform@'%' WITH GRANT OPTION;
CREATE USER doadmin@'%' IDENTIFIED BY 'secret';
GRANT {_ADMIN_RIGHTS} ON *.* TO doadmin@'%' WITH GRANT OPTION;
CREATE USER shop@'%' IDENTIFIED BY 'secret';
CREATE DATABASE shop;
GRANT ALL ON shop.* TO shop@'%';"""

_PG_BIN = "/usr/lib/postgresql/15/bin"
_PG_CONF = r"""
cat >> /data/postgresql.conf <<'CONF'
listen_addresses = '127.0.0.1'
port = {port}
unix_socket_directories = '/tmp'
shared_buffers = 16MB
max_connections = 60
wal_level = replica
hot_standby = on
wal_receiver_status_interval = 1
CONF
echo 'host all all 127.0.0.1/32 scram-sha-256' > /data/pg_hba.conf
echo 'host replication all 127.0.0.1/32 scram-sha-256' >> /data/pg_hba.conf
chroot --userspec=postgres / {bin}/postgres -D /data
"""
_PG_PRIMARY = r"""
mkdir /data && chown postgres:postgres /data && chmod 0700 /data && chmod 1777 /tmp
echo secret > /pw && chmod 644 /pw
chroot --userspec=postgres / {bin}/initdb -D /data -U platform --pwfile=/pw -E UTF8 --no-sync >/dev/null
"""
_PG_REPLICA = r"""
mkdir /data && chown postgres:postgres /data && chmod 0700 /data && chmod 1777 /tmp
PGPASSWORD=secret HOME=/tmp chroot --userspec=postgres / {bin}/pg_basebackup -D /data -R -X stream -c fast \
    -d 'host=127.0.0.1 port={source} user=platform password=secret'
"""


def image() -> Path | None:
    """The newest image of the lab that holds both servers."""
    found = [
        path
        for path in (HOME / "image").glob("*")
        if (path / "usr/sbin/mariadbd").exists() and (path / f"{_PG_BIN[1:]}/postgres").exists()
    ]
    return max(found, key=lambda path: path.stat().st_mtime, default=None)


def why_not() -> str:
    """Empty when servers can be started here."""
    if os.geteuid() != 0:
        return "needs root: real database servers run in namespaces"
    if image() is None:
        return f"needs the lab's image below {HOME}: run `tidepool image`"
    return ""


def free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


@dataclass(slots=True)
class Server:
    process: subprocess.Popen[bytes]
    port: int
    scratch: Path
    log: Path

    def stop(self) -> None:
        self.process.kill()
        self.process.wait()
        shutil.rmtree(self.scratch, ignore_errors=True)

    def await_login(self, login: Callable[[int], None], seconds: float = 60.0) -> None:
        """The port opens before the users are there, so only a login proves that it is up."""
        until_s = time.monotonic() + seconds
        while time.monotonic() < until_s and self.process.poll() is None:
            try:
                return login(self.port)
            except (pymysql.MySQLError, psycopg.Error, OSError):
                time.sleep(0.05)
        raise RuntimeError(f"The server did not start:\n{self.log.read_text(errors='replace')[-3000:]}")


def start_mariadb(folder: Path, number: int, read_only: bool = False) -> Server:
    port = free_port()
    script = _MARIADB.format(init=_MARIADB_INIT, port=port, number=number, read_only=int(read_only))
    return _start(folder / f"mariadb{number}", port, script, _login_mariadb)


def start_postgresql(folder: Path, source: int | None = None) -> Server:
    port = free_port()
    first = _PG_PRIMARY if source is None else _PG_REPLICA
    script = first.format(bin=_PG_BIN, source=source) + _PG_CONF.format(bin=_PG_BIN, port=port)
    return _start(folder / f"postgresql{port}", port, script, _login_postgresql)


def _login_mariadb(port: int) -> None:
    pymysql.connect(host="127.0.0.1", port=port, user="shop", password="secret", database="shop").close()


def _login_postgresql(port: int) -> None:
    psycopg.connect(f"host=127.0.0.1 port={port} user=platform password=secret dbname=postgres").close()


def _start(scratch: Path, port: int, script: str, login: Callable[[int], None]) -> Server:
    scratch.mkdir(parents=True)
    found = image()
    assert found is not None
    log = scratch.with_suffix(".log")
    with log.open("wb") as output:
        process = subprocess.Popen(
            ["unshare", "--mount", "--pid", "--fork", "--kill-child", "sh", "-c", _INSIDE],
            env={"PATH": "/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin", "LC_ALL": "C.UTF-8"}
            | {"SCRATCH": str(scratch), "IMAGE": str(found)},
            stdin=subprocess.PIPE,
            stdout=output,
            stderr=output,
        )
    assert process.stdin is not None
    process.stdin.write(script.encode())
    process.stdin.close()
    server = Server(process, port, scratch, log)
    try:
        server.await_login(login)
    except RuntimeError:
        server.stop()
        raise
    return server
