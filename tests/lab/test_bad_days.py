"""Bad input and faults on a real lab: each gives one clear sentence and a safe state; none loses or doubles anything.

One lab an engine for all, in this order: what leaves everything as it was first, a failover through several troubles
last.
"""

import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import ExitStack
from pathlib import Path

import pytest
from bad_days_lab import BadDay, Said, bad_day
from drill_lab import NEEDS_LAB

from farshore.drills.entry import read_ledger
from farshore.drills.lab import AUTHORITY
from farshore.drills.orders import fate
from farshore.drills.stopwatch import quiet_since, writers_overlap_s

pytestmark = [*NEEDS_LAB, pytest.mark.slow]
API = "The provider's API at https://api.tidepool.test"
FULL = "The disk of the state file {} is full; nothing was written. Free some space."
TROUBLE = "the store of record cannot be read or written, so nothing is begun: look at its disk"
STRAY = "192.0.2.99"  # nobody's address
ENDS_WITHIN_S = 180.0  # so that a test that hangs ends; on a starved machine a failover takes 100


@pytest.fixture(scope="module", params=["mysql", "pg"])
def day(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> Iterator[BadDay]:
    with bad_day(f"h-{request.param}", request.param, tmp_path_factory.mktemp("bad-days")) as made:
        yield made


def as_it_was(day: BadDay) -> None:
    """The first day still: nothing was begun, and the record leads to where orders are taken."""
    status = day.status()
    assert (status["writer"], status["epoch"], status["plan"]) == (day.facts.writer, 1, None)
    assert [record["data"] for record in day.records()] == [day.door(day.facts.writer)]
    assert day.journal("plan_started") == []


def test_a_wrong_token_is_named_by_every_verb(day: BadDay) -> None:
    """And never taken for a lost state file, which would have somebody adopt a region."""
    wrong = day.folder / "wrong-token"
    wrong.touch(mode=0o600)
    wrong.write_text("dop_v1_wrong\n")
    config = day.variant("stranger", (str(day.folder / "token"), str(wrong)))
    refusal = f"{API} does not accept the token: Unable to authenticate you."
    finding = day.findings(config)["token"]
    assert (finding["detail"], finding["remedy"]) == (refusal, "Set a token that is valid.")
    for words in (["watch"], ["failover", "--yes"], ["agents", "deploy"]):
        said = day.says(*words, config=config)
        assert (said.code, said.sentence) == (1, f"{refusal} Set a token that is valid."), words
    as_it_was(day)


def test_names_that_the_account_does_not_have(day: BadDay) -> None:
    """`check` names each; a failover does not begin, though nobody had run `check`."""
    region = day.variant("region", (f"region: {day.facts.standby}", "region: ams3"))
    replica = day.variant("replica", (f"database: shop-{day.facts.standby}", "database: shop-gone"))
    domain = day.variant("domain", ("zone: example.com", "zone: example.org"))
    ordered = [subprocess.Popen(day.argv("failover", "--yes", config=c), **PIPES) for c in (region, replica)]
    assert "in sfo3, not in ams3" in day.findings(region)["database shop-sfo3"]["detail"]
    assert day.findings(replica)["database shop-gone"]["detail"] == "does not exist"
    said = day.says("check", config=domain)
    assert (said.code, "stores[0].zone is" in said.sentence) == (2, True), said.sentence
    answers = [Said(one.wait(60), *one.communicate()) for one in ordered]
    assert [answer.code for answer in answers] == [1, 1]
    # Its state file is another than the running controller's, and agents say so before anything is looked up.
    assert answers[0].sentence.startswith("Another controller acts for this group, with a state file of its own: ")
    assert answers[1].sentence == (
        "There is no database shop-gone in the account. Correct its name in farshore.yaml; "
        "if it is gone, say which region sells: `farshore watch --adopt REGION`."
    )
    as_it_was(day)


PIPES: dict[str, object] = {"stdout": subprocess.PIPE, "stderr": subprocess.PIPE, "text": True}


def test_a_second_daemon_is_told_of_the_first(day: BadDay) -> None:
    said = day.says("watch")
    assert said.code == 1
    assert said.sentence.startswith("Another farshore acts for this group already (farshore watch, process ")
    assert said.sentence.endswith(
        "Leave it to it, or stop it first; `farshore status` shows what it does.",
    )
    as_it_was(day)


def test_an_api_that_is_down_is_no_reason_to_do_anything(day: BadDay) -> None:
    """A running controller needs it for nothing; one that starts meanwhile says what it misses, and recovers."""
    with day.fault("api", "route=/v2/*", "status=503"):
        finding = day.findings()["token"]
        assert finding["detail"] == f"{API} failed (503): Service Unavailable."
        status = day.status()
        assert (status["verdict"]["call"], status["would"]["call"]) == ("stay", "fail over")
        day.do(day.farshore.kill_watch())
        day.do(day.farshore.start_watch())
        day.until(lambda: day.status()["parts_missing"], "the new controller does not say what it misses")
        assert set(day.status()["parts_missing"].values()) == {f"{API} failed (503): Service Unavailable."}
    day.until_ready()
    as_it_was(day)


def test_a_lagging_replica_is_not_promoted_while_the_writer_serves(day: BadDay) -> None:
    """Its database does not hear from the writer's, and all else is well: no order, typed or taken, loses orders."""
    with day.fault("partition", f"host:shop-{day.facts.standby}", f"peer=shop-{day.facts.writer}"):
        day.until(lambda: day.status()["marker"]["behind_s"] > 5.0, "the marker does not age")
        order = subprocess.Popen(day.argv("failover", "--yes"), **PIPES)  # it stands for a while
        assert "is more than 5 s behind" in day.findings()["replica shop-sfo3"]["detail"]
        assert day.status()["would"]["call"] == "ask operator"
        said = Said(order.wait(ENDS_WITHIN_S), *order.communicate())
        assert said.code == 1
        assert "the standby is behind by more than rpo_budget_s: those orders would be lost. (rule V36)" in (
            said.last_line
        )
        as_it_was(day)
    # That it catches up is what the next test waits for when it is done: TCP needs as long again as the cut was.


def test_a_full_disk_begins_nothing(day: BadDay) -> None:
    """The order is refused with the disk's name, the daemon says it once, and goes on by itself."""
    with day.full_disk():
        said = day.says("failover", "--yes")
        assert (said.code, said.sentence) == (1, FULL.format(day.folder / "farshore.db"))
        day.until(lambda: TROUBLE in day.watch_log.read_text(), "nothing is said of the disk")
        assert day.says("status").code == 0
    day.until(lambda: "the store of record can be written again" in day.watch_log.read_text(), "not written again")
    day.until_ready()
    as_it_was(day)


def test_a_failover_through_all_of_it(day: BadDay, tmp_path: Path) -> None:
    """The record was changed by hand, the API fails and loses an answer, the disk is full in the middle."""
    writer, standby = day.facts.writer, day.facts.standby
    ledger = tmp_path / "ledger.jsonl"
    ledger.touch()
    shoppers = day.start("shoppers", _shoppers(day, ledger))
    try:
        day.until(lambda: quiet_since(read_ledger(ledger), 0.0, time.monotonic(), 3.0), "the shop is not steady")
        day.by_hand(STRAY)
        assert STRAY in day.findings()[f"record {day.facts.domain}"]["detail"]
        ordered_s = time.monotonic()
        promote = "PUT /v2/databases/*/replicas/*/promote"
        with ExitStack() as later:
            with (
                day.fault("api", "route=PUT /v2/domains/*", "status=503", "times=2"),
                day.fault("api", f"route={promote}", "status=503"),
            ):
                order = subprocess.Popen(day.argv("failover", "--yes"), **PIPES)
                day.until(lambda: _wrote(day, "step_failed", "promote"), "the promotion does not fail")
                # An answer that the full disk swallows is lost, and with it the remark that the test reads.
                day.until(lambda: _wrote(day, "step_done", "switch_dns"), "the record is not switched")
                seen = day.watch_log.read_text().count(TROUBLE)
                with day.full_disk():
                    day.until(lambda: day.watch_log.read_text().count(TROUBLE) > seen, "nothing is said of the disk")
                    # Before the other one goes, which comes first while it is there: no promotion slips between.
                    later.enter_context(day.fault("api", f"route={promote}", "ambiguous=true", "times=1"))
            said = Said(order.wait(ENDS_WITHIN_S), *order.communicate())
        day.until(lambda: quiet_since(read_ledger(ledger), time.monotonic() - 3, time.monotonic(), 2.0), "not served")
    finally:
        day.do(shoppers.end())
    assert (said.code, said.last_line) == (0, "The failover finished.")
    status = day.status()
    assert (status["writer"], status["epoch"]) == (standby, 2)
    assert [record["data"] for record in day.records()] == [day.door(standby)]
    assert [line["epoch"] for line in day.journal("granted")] == [1, 2]
    assert len(day.journal("plan_started")) == 1
    (switched,) = [line for line in day.journal("step_done") if line["step"] == "switch_dns"]
    assert f"somebody had set it to {STRAY} by hand; replaced" in switched["detail"]
    why = [line["why"] for line in day.journal("step_failed") if line["step"] == "promote"]
    for unclear in ("503", "no answer"):
        assert any(f"{API} left open whether it was done ({unclear})" in line for line in why), why
    entries = read_ledger(ledger)
    found = fate(entries, day.rows(standby), ordered_s)
    assert (found.lost, found.doubled, found.damaged) == ((), (), ())
    assert writers_overlap_s(entries) == 0.0
    assert {entry.region for entry in entries if entry.acknowledged} == {writer, standby}


def test_settings_that_name_other_regions_than_the_grant(day: BadDay) -> None:
    """After a failover a region is renamed in the settings: no verb takes the other one for the writer."""
    config = day.folder / "renamed.yaml"
    config.write_text(day.yaml.read_text().replace(f"region: {day.facts.standby}", "region: ams3"))
    for words in (["check"], ["status"], ["failover", "--yes"]):
        said = day.says(*words, config=config)
        assert (said.code, said.sentence) == (
            1,
            "The store of record grants epoch 2 to sfo3, which is none of the group's regions nyc3 and ams3. "
            "Correct regions in farshore.yaml, or the group's name or state_file if they are another group's.",
        ), words


def test_an_empty_store_of_record_is_not_the_first_day(day: BadDay) -> None:
    """A second machine, or a lost state file: the databases remember."""
    said = day.says("watch", config=day.variant("second-machine"))
    assert said.code == 1
    assert "The store of record is empty, but " in said.sentence
    assert "remembers epoch 2" in said.sentence


def _wrote(day: BadDay, kind: str, step: str) -> bool:
    return any(line["step"] == step for line in day.journal(kind))


def _shoppers(day: BadDay, ledger: Path) -> list[str]:
    argv = [sys.executable, "-m", "farshore.drills.shopper_main", "--domain", day.facts.domain, "--ledger", str(ledger)]
    argv += ["--products", "1,2,3", "--authority", AUTHORITY, "--resolver", str(day.facts.env["dns_server"])]
    return day.lab.inside(
        "internet", *argv, "--ca-file", day.facts.ca_file, "--browse-every-ms", "500", "--buyers", "2"
    )
