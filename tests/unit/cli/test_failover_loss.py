"""`farshore failover --accept-loss`: the loss is named first, asked for by name, and handed on as it was named."""

import asyncio
import json
import os
import pty
import subprocess
import sys
import time
from collections.abc import Iterator
from pathlib import Path

import pytest

from farshore.adapters.sqlite_coordination import SqliteCoordination
from farshore.adapters.system_clock import SystemClock
from farshore.cli.loss import name_loss
from farshore.cli.main import main
from farshore.daemon.lock import Lock
from farshore.engine.last_marker import KEY, LastMarker
from farshore.model.grant import Grant
from farshore.model.group import Group, Place, Store
from farshore.model.keys import operator_key, status_key
from farshore.model.operator import OperatorWord, Word
from farshore.model.region import Epoch, RegionName
from farshore.plan.journal import Event, OperatorSaid, VerdictChanged, to_json

FARSHORE = [sys.executable, "-c", "import sys; from farshore.cli.main import main; sys.exit(main(sys.argv[1:]))"]
NYC, SFO = RegionName("nyc3"), RegionName("sfo3")
GROUP = Group(
    "shop",
    "mysql",
    (Store("shop", "s.example.com", "example.com"),),
    Place(NYC, "a", "b", "c"),
    Place(SFO, "d", "e", "f"),
)
GRANT = Grant(Epoch(1), NYC)
FRESH_S = -3600.0  # written an hour from now: however slow the machine, it is not old when it is read
PATIENCE_S = 30.0  # only for a test that has failed already


def _status(behind_s: float | None, age_s: float = FRESH_S, boot: str | None = None, epoch: int = 1) -> str:
    clock = SystemClock()
    at_s = clock.now_s() - age_s
    last = LastMarker(Epoch(epoch), 7, at_s, boot or clock.boot())
    would = {"call": "ask operator", "because": "It is paused.", "rule": "V60", "predicted_s": 9.0, "at_risk_s": 42.05}
    return json.dumps({"at_s": at_s, "marker": {"behind_s": behind_s}, "would": would, KEY: last.as_json()})


async def _write(store: SqliteCoordination, value: str) -> None:
    await store.swap(None, await store.read(status_key("shop")), value)


@pytest.fixture
def config(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> Path:
    words = ["--domain", "shop.example.com", "--first", "nyc3", "--second", "sfo3", "--engine", "mysql"]
    assert (
        main(["init", *words, "--dir", str(tmp_path), "--verify-path", "/checkout", "--verify-form", "t={unique}"]) == 0
    )
    capsys.readouterr()
    return tmp_path / "farshore.yaml"


@pytest.fixture
def store(config: Path) -> SqliteCoordination:
    from farshore.settings.load import load_settings

    return SqliteCoordination(load_settings(config).state_file)


@pytest.fixture
def daemon(config: Path, store: SqliteCoordination) -> Iterator[None]:
    """What the command sees of one: the lock is held, and the status is fresh."""
    from farshore.settings.load import load_settings

    asyncio.run(_write(store, _status(42.0)))
    with Lock(load_settings(config).state_file, "farshore watch"):
        yield


@pytest.mark.parametrize(
    ("status", "sentence"),
    [
        (_status(42.0), "the standby is 42.0 s behind: orders taken in the last 42.0 s in nyc3 would be lost."),
        (_status(None), "how far it is behind is not known: orders taken in nyc3 at any time since then may be lost."),
        (_status(1.0, boot="another"), "how far it is behind is not known"),
        (_status(1.0, epoch=2), "how far it is behind is not known"),
        ("{broken", "how far it is behind is not known"),
        ("", "how far it is behind is not known"),
    ],
    ids=["fresh", "no marker", "another boot", "another epoch", "broken", "no record"],
)
def test_the_loss_is_named_where_it_is_known_and_said_to_be_unknown_elsewhere(
    store: SqliteCoordination, status: str, sentence: str
) -> None:
    if status:
        asyncio.run(_write(store, status))
    loss = asyncio.run(name_loss(store, SystemClock(), GROUP, GRANT))
    assert sentence in loss.sentence
    assert (loss.seconds is None) == ("not known" in sentence)


def test_what_nobody_watched_counts_as_lost(store: SqliteCoordination) -> None:
    """The writer may have sold since the controller died."""
    asyncio.run(_write(store, _status(3.0, age_s=1000.0)))
    loss = asyncio.run(name_loss(store, SystemClock(), GROUP, GRANT))
    assert loss.seconds is not None
    assert loss.seconds >= 1003.0
    assert loss.sentence.startswith("Loss: nobody has watched the standby for 10")


def test_it_names_the_loss_and_asks_on_a_terminal_only(config: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["failover", "--accept-loss", "--config", str(config)]) == 2
    said = capsys.readouterr()
    assert "how far it is behind is not known: orders taken in nyc3" in said.out
    assert "Cost: the checkout is closed for about" in said.out
    assert said.err == (
        "There is nobody to ask here; say --yes to fail over and accept that loss, or run this on a terminal.\n"
    )


@pytest.mark.parametrize(
    ("typed", "code", "answer"),
    [("yes", 1, "Nothing was done: the name was not typed."), ("shop", 2, "there is no token; set FARSHORE_TOKEN")],
)
def test_the_name_is_typed(config: Path, typed: str, code: int, answer: str) -> None:
    """On a real terminal. The right name goes on, to the next thing that is missing here; anything else is a no."""
    leader, follower = pty.openpty()
    environ = {k: v for k, v in os.environ.items() if k not in ("FARSHORE_TOKEN", "DIGITALOCEAN_TOKEN")}
    os.write(leader, f"{typed}\n".encode())
    argv = [*FARSHORE, "failover", "--accept-loss", "--config", str(config)]
    try:
        done = subprocess.run(argv, stdin=follower, capture_output=True, text=True, check=False, env=environ)
    finally:
        os.close(leader)
        os.close(follower)
    assert "to fail over and accept that loss: " in done.stdout
    assert (done.returncode, answer in done.stderr) == (code, True), done.stderr


async def _word(store: SqliteCoordination) -> OperatorWord:
    until_s = time.monotonic() + PATIENCE_S
    while True:
        record = await store.read(operator_key("shop"))
        if record.value:
            return OperatorWord.from_json(record.value, record.revision)
        assert time.monotonic() < until_s, "no word was spoken"
        await asyncio.sleep(0.05)


async def _answer(store: SqliteCoordination, *events: Event) -> None:
    lease = await store.lead("controller", 30.0)
    assert lease is not None
    for event in events:
        await store.append(lease, to_json(event))


def _order(config: Path, *words: str) -> "subprocess.Popen[str]":
    argv = [*FARSHORE, "failover", "--yes", *words, "--config", str(config)]
    if "--accept-loss" not in words:
        argv += ["--old-database", "reachable"]
    return subprocess.Popen(argv, stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True)


@pytest.mark.usefixtures("daemon")
def test_the_word_carries_the_loss_as_it_was_named(config: Path, store: SqliteCoordination) -> None:
    """And what held automation back is said beside the price."""
    ordered = _order(config, "--accept-loss", "--json")
    word = asyncio.run(_word(store))
    assert (word.word, word.accept_loss, word.loss_s, bool(word.who), bool(word.at)) == (
        *(Word.FAILOVER, True, 42.0),
        *(True, True),
    )
    said = OperatorSaid(
        1.0, word.word, word.who, word.revision, answer="refused: not today", accept_loss=True, loss_s=42.0
    )
    asyncio.run(_answer(store, said))
    out, err = ordered.communicate(timeout=PATIENCE_S)
    body = json.loads(out)
    assert (ordered.returncode, body["how"], body["why"], body["accepted_loss_s"]) == (1, "refused", "not today", 42.0)
    assert "Loss: the standby is 42.0 s behind: orders taken in the last 42.0 s in nyc3 would be lost." in err
    assert "Of itself the controller would not: It is paused. (rule V60) An order goes past that." in err
    assert "said failover, accepting the loss of 42.0 s of orders" in err


@pytest.mark.usefixtures("daemon")
def test_a_refused_order_says_how_a_loss_is_accepted(config: Path, store: SqliteCoordination) -> None:
    ordered = _order(config)
    word = asyncio.run(_word(store))
    assert (word.word, word.accept_loss, word.loss_s) == (Word.FAILOVER, False, None)
    asks = VerdictChanged(1.0, "V36", "ask operator", "Those orders would be lost.")
    said = OperatorSaid(1.0, word.word, word.who, word.revision, answer="lapsed: nothing began")
    asyncio.run(_answer(store, asks, said))
    out, _ = ordered.communicate(timeout=PATIENCE_S)
    assert ordered.returncode == 1
    assert "Next: mend the replication, or `farshore failover --accept-loss`" in out


def test_a_plan_that_accepts_a_loss_is_another_plan_only_where_the_fence_is_waived(
    config: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    """Its checksum can be printed, and approves exactly that."""

    def checksum(*words: str) -> str:
        assert main(["plan", "failover", "--json", *words, "--config", str(config)]) == 0
        return str(json.loads(capsys.readouterr().out)["checksum"])

    unreachable = ("--old-database", "unreachable")
    config.write_text(config.read_text().replace("gate: trigger", "gate: none"))
    assert checksum("--accept-loss") == checksum(*unreachable)
    strict = checksum("--accept-loss")
    config.write_text(config.read_text().replace("gate: trigger", "gate: none") + "allow_unfenced: true\n")
    assert checksum("--accept-loss") == strict != checksum(*unreachable)
