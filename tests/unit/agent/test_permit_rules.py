"""The permit's rules: never later than t0 + D, never after a 409, never without all promisors."""

from dataclasses import replace

import pytest
from hypothesis import given
from hypothesis import strategies as st
from permit_world import ENDPOINT, PROMISORS, RELAYS, terms

from farshore.agent import permit_rules
from farshore.agent.clocks import Clocks
from farshore.agent.permit_rules import Word
from farshore.agent.terms import Promisor, Terms, terms_from_json, terms_to_json
from farshore.model.permit import PROFILES
from farshore.model.region import Epoch, Role

NS = st.integers(min_value=0, max_value=10**18)
DURATIONS = st.floats(min_value=0.01, max_value=3600, allow_nan=False)


@given(boot_ns=NS, mono_ns=NS, d_s=DURATIONS)
def test_a_permit_ends_d_after_what_was_read_before_it_was_asked_for(boot_ns: int, mono_ns: int, d_s: float) -> None:
    before = Clocks(boot_ns, mono_ns)
    permit = permit_rules.renewed(Epoch(2), ENDPOINT.region, before, terms(d_s=d_s))
    assert 0 <= permit.until.boot_ns - boot_ns <= d_s * 1e9
    assert 0 <= permit.until.mono_ns - mono_ns <= d_s * 1e9


@given(boot_ns=NS, mono_ns=NS, slept_ns=st.integers(0, 10**12), passed_ns=st.integers(0, 10**12))
def test_the_clock_that_says_less_is_believed(boot_ns: int, mono_ns: int, slept_ns: int, passed_ns: int) -> None:
    """A machine that slept: CLOCK_MONOTONIC would prolong the permit by as much."""
    permit = permit_rules.renewed(Epoch(2), ENDPOINT.region, Clocks(boot_ns, mono_ns), terms())
    left_s = permit.left_s(Clocks(boot_ns + passed_ns + slept_ns, mono_ns + passed_ns))
    assert left_s == pytest.approx(15.0 - (passed_ns + slept_ns) / 1e9, abs=1e-6)


@pytest.mark.parametrize("status", [None, 400, 403, 404, 425, 500, 502, 507])
def test_only_a_200_renews_and_only_a_409_ends(status: int | None) -> None:
    assert permit_rules.word(200) == Word.RENEWED
    assert permit_rules.word(409) == Word.ENDED
    assert permit_rules.word(503) == Word.STORE_OUT
    assert permit_rules.word(status) == Word.SILENT


@given(words=st.lists(st.sampled_from(list(Word)), max_size=5))
def test_failsafe_only_when_no_relay_said_anything_of_the_permit(words: list[Word]) -> None:
    may = permit_rules.failsafe_may(words, ENDPOINT, terms(), "here-1")
    assert may == (Word.ENDED not in words and Word.RENEWED not in words)


def test_failsafe_needs_a_list_that_was_made_for_this_epoch_and_for_others() -> None:
    silent = [Word.SILENT, Word.STORE_OUT]
    assert permit_rules.failsafe_may(silent, ENDPOINT, terms(), "here-1")
    assert not permit_rules.failsafe_may(silent, ENDPOINT, terms(epoch=1), "here-1")
    assert not permit_rules.failsafe_may(silent, ENDPOINT, replace(terms(), promisors=()), "here-1")
    assert not permit_rules.failsafe_may(silent, ENDPOINT, terms(), "far-1")


@given(promised=st.dictionaries(st.sampled_from(["far-1", "far-2", "far-3"]), st.booleans()))
def test_all_promisors_and_not_one_less(promised: dict[str, bool]) -> None:
    assert permit_rules.all_promised(promised, terms()) == (
        promised.get("far-1") is True and promised.get("far-2") is True
    )


def test_nobody_listed_is_nobody_who_promised() -> None:
    assert not permit_rules.all_promised({}, replace(terms(), promisors=()))


def test_a_promisors_no_ends_the_epoch_only_when_it_is_revoked_or_over() -> None:
    ends = permit_rules.ended_by_promisor
    assert ends(409, {"revoked": True, "epoch": 2}, Epoch(2))
    assert ends(409, {"revoked": False, "epoch": 3}, Epoch(2))
    assert not ends(409, {"revoked": False, "epoch": 2}, Epoch(2))
    assert not ends(200, {"revoked": True}, Epoch(2))


def test_an_older_epoch_an_ended_one_and_a_standby_are_not_renewed() -> None:
    may = permit_rules.may_renew
    assert may(ENDPOINT, Epoch(2), Epoch(1), terms())
    assert not may(ENDPOINT, Epoch(3), Epoch(1), terms()), "a larger epoch has begun"
    assert not may(ENDPOINT, Epoch(2), Epoch(2), terms()), "409 under this epoch"
    assert not may(replace(ENDPOINT, role=Role.STANDBY), Epoch(2), Epoch(1), terms())
    assert not may(ENDPOINT, Epoch(2), Epoch(1), None)
    assert not may(None, Epoch(2), Epoch(1), terms())


@pytest.mark.parametrize("profile", sorted(PROFILES))
@pytest.mark.parametrize("relays", [1, 3, 8])
def test_a_round_in_which_everybody_hangs_leaves_time_for_another_and_for_shoppers(profile: str, relays: int) -> None:
    """The first such round ends before checkouts are refused; two more fit before the permit ends."""
    told = PROFILES[profile]
    stretched = Terms(Epoch(2), told.d_s, told.renew_s, told.soft_s, told.wait_s, told.gate, RELAYS[:1] * relays)
    pace = permit_rules.pace(stretched)
    assert told.renew_s + pace.round_s <= told.d_s - told.soft_s + 1e-9
    assert told.renew_s + 2 * (pace.round_s + pace.retry_s) <= told.d_s
    assert pace.step_s * relays < pace.relays_s, "the last relay is asked too, with time to answer"


@given(d_s=st.floats(0.5, 3600), renew_part=st.floats(0.01, 0.9), soft_part=st.floats(0.01, 0.99))
def test_limits_are_positive_whatever_the_terms(d_s: float, renew_part: float, soft_part: float) -> None:
    told = terms(d_s=d_s, renew_s=d_s * renew_part, soft_s=d_s * soft_part, wait_s=d_s)
    pace = permit_rules.pace(told)
    assert min(pace.database_s, pace.step_s, pace.relays_s, pace.promisors_s, pace.retry_s) > 0
    assert permit_rules.next_round_s(100.0, 100.0, told, done=True) == pytest.approx(told.renew_s)
    assert permit_rules.next_round_s(100.0, 100.0 + d_s, told, done=True) == 0.0


def test_a_relay_that_lately_hung_is_asked_last() -> None:
    order = permit_rules.in_order(RELAYS, {RELAYS[0]: 50.0, RELAYS[1]: 9.0}, 10.0)
    assert order == (RELAYS[1], RELAYS[2], RELAYS[0])


def test_under_one_epoch_a_promisor_once_named_stays_one() -> None:
    """The controller may have the word of whoever was named before; he must be among those who are asked."""
    shrunk = replace(terms(), promisors=(Promisor("far-3", RELAYS[0]),))
    assert {item.name for item in shrunk.after(terms()).promisors} == {"far-1", "far-2", "far-3"}
    assert replace(shrunk, epoch=Epoch(3)).after(terms()).promisors == shrunk.promisors
    moved = replace(terms(), promisors=(Promisor("far-1", RELAYS[0]), PROMISORS[1]))
    assert moved.after(terms()).promisors == moved.promisors, "a rebuilt app server has a new address"


def test_terms_come_back_from_disk_as_they_were() -> None:
    assert terms_from_json(terms_to_json(terms())) == terms()


@pytest.mark.parametrize(
    ("change", "says"),
    [
        ({"permit": None}, "permit"),
        ({"epoch": -1}, "epoch"),
        ({"epoch": True}, "epoch"),
        ({"relays": "203.0.113.130:9471"}, "relays"),
        ({"relays": ["203.0.113.130"]}, "HOST:PORT"),
        ({"relays": ["203.0.113.130:0"]}, "HOST:PORT"),
        ({"promisors": [{"name": "", "address": "h:1"}]}, "promisors"),
        ({"d_s": 0}, "d_s"),
        ({"d_s": float("inf")}, "d_s"),
        ({"d_s": "15"}, "d_s"),
        ({"wait_s": 14.0}, "wait_s"),
        ({"renew_s": 15.0}, "renew_s"),
        ({"gate": "wall"}, "gate"),
    ],
)
def test_bad_terms_are_refused_in_one_sentence(change: dict[str, object], says: str) -> None:
    body = terms_to_json(terms())
    (body["permit"] if next(iter(change)) in body["permit"] else body).update(change)
    with pytest.raises(ValueError, match=says):
        terms_from_json(body)
