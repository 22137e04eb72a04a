"""The agent's permit row against real servers and the real gate: that alone admits orders."""

import asyncio
import json
import os
import signal
import socket
import subprocess
from collections.abc import Callable, Iterator
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
from pairs import MariaDbPair, Pair, _SqlPair
from throwaway import image

from farshore.agent.database_connection import NoRow
from farshore.agent.database_permit import DatabasePermit
from farshore.model.region import Endpoint, Epoch, RegionName, Role

Run = Callable[[Any], Any]
AMPLE_S = 20.0


REAL = pytest.mark.parametrize(
    "pair", [pytest.param(engine, marks=pytest.mark.lab) for engine in ("mariadb", "postgresql")], indirect=True
)


@pytest.fixture
def servers(pair: Pair, run: Run) -> _SqlPair:
    """Epoch 1 and the guard before the orders; the permit row as `prepare` made it."""
    assert isinstance(pair, _SqlPair)
    run(pair.writer.prepare())
    run(pair.writer.raise_epoch(Epoch(1)))
    run(pair.writer.guard("shop", ["orders"], "shop"))
    return pair


@pytest.fixture
def login(servers: _SqlPair, tmp_path: Path) -> Path:
    file = tmp_path / "database.json"
    engine = "mysql" if isinstance(servers, MariaDbPair) else "pg"
    content = {"engine": engine, "user": "shop", "password": "secret", "database": "shop", "ca_file": None}
    file.write_text(json.dumps(content))
    return file


@pytest.fixture
def row(login: Path) -> Iterator[DatabasePermit]:
    made = DatabasePermit(login)
    yield made
    made.close()


def _endpoint(servers: _SqlPair, epoch: int = 1) -> Endpoint:
    return Endpoint(Epoch(epoch), Role.WRITER, RegionName("nyc3"), "127.0.0.1", servers._servers[0].port)


def _renew(row: DatabasePermit, run: Run, endpoint: Endpoint, d_s: float) -> None:
    clock = run(row.clock(endpoint, AMPLE_S))
    run(row.write(endpoint, clock, d_s, AMPLE_S))


def _admits(servers: _SqlPair, number: int) -> bool:
    try:
        servers.order(number)
    except Exception as error:  # each client has its own word for what a trigger raises
        if "no write permit" not in str(error):
            raise
        return False
    return True


@REAL
def test_a_renewal_admits_orders_until_it_has_run_out(servers: _SqlPair, row: DatabasePermit, run: Run) -> None:
    assert not _admits(servers, 2)
    _renew(row, run, _endpoint(servers), 600.0)
    assert _admits(servers, 2)
    _renew(row, run, _endpoint(servers), 0.000001)
    assert not _admits(servers, 3)


@REAL
def test_the_row_ends_d_after_the_clock_that_was_read_first(servers: _SqlPair, row: DatabasePermit, run: Run) -> None:
    """Landing late does not make it longer: the database's clock of before the renewal counts."""
    endpoint = _endpoint(servers)
    clock = run(row.clock(endpoint, AMPLE_S))
    servers._one(
        servers._servers[0], "SELECT SLEEP(0.3)" if isinstance(servers, MariaDbPair) else "SELECT pg_sleep(0.3)"
    )
    run(row.write(endpoint, clock, 0.3, AMPLE_S))
    assert not _admits(servers, 2)


@REAL
def test_a_permit_of_a_fenced_epoch_admits_nothing(servers: _SqlPair, row: DatabasePermit, run: Run) -> None:
    _renew(row, run, _endpoint(servers), 600.0)
    run(servers.writer.raise_epoch(Epoch(2)))
    _renew(row, run, _endpoint(servers), 600.0)
    assert not _admits(servers, 2)
    _renew(row, run, _endpoint(servers, epoch=2), 600.0)
    assert _admits(servers, 2)


@REAL
def test_the_row_is_never_lowered_by_an_older_epoch(servers: _SqlPair, row: DatabasePermit, run: Run) -> None:
    run(servers.writer.raise_epoch(Epoch(2)))
    _renew(row, run, _endpoint(servers, epoch=2), 600.0)
    with pytest.raises(NoRow, match="larger epoch than 1"):
        _renew(row, run, _endpoint(servers, epoch=1), 600.0)
    assert _admits(servers, 2)


@REAL
def test_a_connection_that_broke_is_made_again(servers: _SqlPair, row: DatabasePermit, run: Run) -> None:
    _renew(row, run, _endpoint(servers), 600.0)
    warm = row._connection
    descriptor = warm.fileno() if hasattr(warm, "fileno") else warm._sock.fileno()
    with socket.socket(fileno=os.dup(descriptor)) as alias:
        alias.shutdown(socket.SHUT_RDWR)
    _renew(row, run, _endpoint(servers), 600.0)
    assert row._connection is not warm


@REAL
def test_a_frozen_server_costs_the_limit_and_the_thread_comes_back(
    servers: _SqlPair, row: DatabasePermit, run: Run
) -> None:
    """Its kernel still acknowledges packets, so that only limits of our own end the wait."""
    endpoint = _endpoint(servers)
    _renew(row, run, endpoint, 600.0)
    frozen = _tree(servers._servers[0].process.pid)
    for pid in frozen:
        os.kill(pid, signal.SIGSTOP)
    try:
        with pytest.raises(NoRow, match=r"within 0\.2 s"):
            run(row.clock(endpoint, 0.2))
        with pytest.raises(NoRow, match=r"last question"):
            run(row.clock(endpoint, 0.2))
    finally:
        for pid in frozen:
            os.kill(pid, signal.SIGCONT)
    run(_until_it_answers(row, endpoint))


async def _until_it_answers(row: DatabasePermit, endpoint: Endpoint) -> None:
    async with asyncio.timeout(60):
        while True:
            try:
                return await row.write(endpoint, await row.clock(endpoint, AMPLE_S), 600.0, AMPLE_S)
            except NoRow:
                await asyncio.sleep(0.05)


@REAL
def test_a_dead_server_is_one_sentence(servers: _SqlPair, row: DatabasePermit, run: Run) -> None:
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        nobody = replace(_endpoint(servers), port=free.getsockname()[1])
    with pytest.raises(NoRow, match=r"The database at 127.0.0.1:\d+ says: .*refused"):
        run(row.clock(nobody, AMPLE_S))


def _tree(pid: int) -> list[int]:
    children = Path(f"/proc/{pid}/task/{pid}/children").read_text().split()
    return [pid, *(inner for child in children for inner in _tree(int(child)))]


def test_a_missing_driver_or_login_names_the_remedy(tmp_path: Path, run: Run, monkeypatch: pytest.MonkeyPatch) -> None:
    endpoint = Endpoint(Epoch(1), Role.WRITER, RegionName("nyc3"), "127.0.0.1", 1)
    row = DatabasePermit(tmp_path / "database.json")
    with pytest.raises(NoRow, match="run `farshore agents deploy`"):
        run(row.clock(endpoint, AMPLE_S))
    for engine, package in (("mysql", "python3-pymysql"), ("pg", "python3-psycopg2")):
        content = {"engine": engine, "user": "shop", "password": "secret", "database": "shop", "ca_file": None}
        (tmp_path / "database.json").write_text(json.dumps(content))
        with monkeypatch.context() as patch:
            for module in ("pymysql", "psycopg2", "psycopg"):
                patch.setitem(__import__("sys").modules, module, None)
            with pytest.raises(NoRow, match=f"apt install {package}"):
                run(row.clock(endpoint, AMPLE_S))
    (tmp_path / "database.json").write_text('{"engine": "oracle"}')
    with pytest.raises(NoRow, match="lacks user, password, database"):
        run(row.clock(endpoint, AMPLE_S))
    row.close()


# As on an app server: Debian's Python with Debian's drivers, and nothing of this checkout but the agent's modules.
_IMAGE = r"""
set -e
mount --make-rprivate /
mount -t tmpfs tmpfs "$SCRATCH"
mkdir "$SCRATCH/up" "$SCRATCH/work" "$SCRATCH/root"
mount -t overlay overlay -o "lowerdir=$IMAGE,upperdir=$SCRATCH/up,workdir=$SCRATCH/work" "$SCRATCH/root"
mkdir "$SCRATCH/root/checkout" && mount --bind "$SOURCES" "$SCRATCH/root/checkout"
cp "$LOGIN" "$SCRATCH/root/login.json"
exec chroot "$SCRATCH/root" env PYTHONPATH=/checkout python3 -B -c "$CODE" "$PORT"
"""
_CODE = """
import asyncio, pathlib, sys
from farshore.agent.database_permit import DatabasePermit
from farshore.model.region import Endpoint, Epoch, RegionName, Role
async def work():
    row = DatabasePermit(pathlib.Path("/login.json"))
    endpoint = Endpoint(Epoch(1), Role.WRITER, RegionName("nyc3"), "127.0.0.1", int(sys.argv[1]))
    for _ in range(2):
        await row.write(endpoint, await row.clock(endpoint, 20.0), 600.0, 20.0)
    print(*sorted({"pymysql", "psycopg2", "psycopg"} & set(sys.modules)))
asyncio.run(work())
"""


@REAL
def test_debians_own_drivers_write_it(servers: _SqlPair, login: Path, tmp_path: Path) -> None:
    found = image()
    assert found is not None
    scratch = tmp_path / "scratch"
    scratch.mkdir()
    variables = {"SCRATCH": str(scratch), "IMAGE": str(found), "LOGIN": str(login), "CODE": _CODE}
    variables |= {"SOURCES": str(Path(__file__).parents[2] / "src"), "PORT": str(servers._servers[0].port)}
    done = subprocess.run(
        ["unshare", "--mount", "sh", "-c", _IMAGE],
        env={**os.environ, **variables},
        capture_output=True,
        text=True,
        timeout=60,
        check=False,
    )
    assert done.returncode == 0, done.stderr
    assert done.stdout.strip() == ("pymysql" if isinstance(servers, MariaDbPair) else "psycopg2")
    assert _admits(servers, 2)
