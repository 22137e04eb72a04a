"""A promise not to open: kept across restarts, counted whole after a reboot, never made after a revoke."""

from dataclasses import replace

import pytest
from hypothesis import given
from hypothesis import strategies as st
from permit_world import ENDPOINT, terms

from farshore.agent.promises import FIRST, NEVER, Promise, Promises, forgotten, recalled
from farshore.model.region import Epoch, Role

S = 10**9
STANDBY = replace(ENDPOINT, role=Role.STANDBY)
OLD_HAND = Promises(None)


def _refusal(promises: Promises, epoch: int = 2, agent: str = "far-1") -> str:
    return promises.refusal(Epoch(epoch), agent, terms(), STANDBY)


@given(passed_ns=st.integers(0, 60 * S), restarts=st.lists(st.integers(0, 60 * S), max_size=3))
def test_a_promise_survives_restarts_to_the_nanosecond(passed_ns: int, restarts: list[int]) -> None:
    made_ns = 500 * S
    promises = OLD_HAND.promised(Epoch(2), 18.05, terms(), "boot-1", made_ns)
    for at_ns in sorted(restarts):
        promises = recalled(promises.to_json(), "boot-1", made_ns + at_ns)
    left_s = promises.left_s(terms(), made_ns + passed_ns)
    assert left_s == pytest.approx(max(0.0, 18.05 - passed_ns / 1e9))


def test_after_a_reboot_the_whole_wait_runs_again_but_only_once() -> None:
    promises = OLD_HAND.promised(Epoch(2), 18.05, terms(), "boot-1", 500 * S)
    rebooted = recalled(promises.to_json(), "boot-2", 3 * S)
    assert rebooted.left_s(terms(), 3 * S) == 18.05
    assert rebooted.ago_s(4 * S) == 1.0, "it counts as made at the reboot: the controller then waits from there"
    assert recalled(rebooted.to_json(), "boot-2", 13 * S).left_s(terms(), 13 * S) == pytest.approx(8.05)


def test_a_clock_that_went_back_within_one_boot_is_another_boot() -> None:
    """A boot id that is cloned with a snapshot: CLOCK_BOOTTIME cannot go back, so this is no clock to count on."""
    promises = OLD_HAND.promised(Epoch(2), 18.05, terms(), "boot-1", 500 * S)
    assert recalled(promises.to_json(), "boot-1", 3 * S).left_s(terms(), 3 * S) == 18.05


def test_an_agent_without_memory_waits_w_once_before_it_first_opens() -> None:
    fresh = recalled(None, "boot-1", 100 * S)
    assert fresh.opening(Epoch(2), None, 100 * S) is None, "without terms it does not know W, and must not guess"
    assert fresh.opening(Epoch(2), terms(), 100 * S) == 18.05
    restarted = recalled(fresh.to_json(), "boot-1", 110 * S)
    assert restarted.opening(Epoch(2), terms(), 110 * S) == pytest.approx(8.05), "a restart does not begin anew"
    assert restarted.opening(Epoch(2), terms(), 119 * S) == 0.0


def test_the_first_epoch_of_a_new_group_opens_at_once_but_not_against_a_promise() -> None:
    assert recalled(None, "boot-1", 100 * S).opening(FIRST, None, 100 * S) == 0.0
    given_word = OLD_HAND.promised(FIRST, 18.05, terms(epoch=1), "boot-1", 100 * S)
    assert given_word.opening(FIRST, terms(epoch=1), 101 * S) == pytest.approx(17.05)


def test_an_agent_that_has_served_reopens_at_once_after_a_reboot() -> None:
    assert recalled(OLD_HAND.to_json(), "boot-2", 3 * S).opening(Epoch(2), None, 3 * S) == 0.0


@pytest.mark.parametrize(
    "text", ["", "{", "[]", "null", '{"promise": 7}', '{"promise": null, "revoked": -1, "ended": 0}', '{"promise": {}}']
)
def test_what_cannot_be_read_is_an_error_and_never_nothing(text: str) -> None:
    with pytest.raises(ValueError):
        recalled(text, "boot-1", 100 * S)


def test_a_shorter_promise_does_not_shorten_the_last_one_nor_go_below_w() -> None:
    long = OLD_HAND.promised(Epoch(2), 60.0, terms(), "boot-1", 100 * S)
    assert long.promised(Epoch(2), 0.1, terms(), "boot-1", 110 * S).left_s(terms(), 110 * S) == 50.0
    assert OLD_HAND.promised(Epoch(2), 0.1, terms(), "boot-1", 100 * S).left_s(terms(), 100 * S) == 18.05


def test_who_promises_and_who_does_not() -> None:
    assert _refusal(OLD_HAND) == ""
    assert "revoked" in _refusal(OLD_HAND.revoke(Epoch(2)))
    assert _refusal(OLD_HAND.revoke(Epoch(1))) == ""
    assert "not told that it is a promisor" in _refusal(OLD_HAND, agent="here-1")
    assert "not told that it is a promisor" in _refusal(OLD_HAND, epoch=3), "a list is made for one epoch"
    writer = OLD_HAND.refusal(Epoch(2), "far-1", terms(), ENDPOINT)
    assert "serves the writer" in writer


def test_an_agent_that_may_have_forgotten_a_revoke_promises_nothing_before_it_has_read_the_record() -> None:
    """Replaced after it had acknowledged the revoke, it would promise to the old epoch again: two writers."""
    fresh = forgotten("boot-1", 100 * S)
    assert "store of record" in _refusal(fresh)
    assert "store of record" in _refusal(recalled(fresh.to_json(), "boot-1", 500 * S)), "waiting is not reading"
    assert _refusal(fresh.has_read(Epoch(2), revoked=False)) == ""
    assert "revoked" in _refusal(fresh.has_read(Epoch(2), revoked=True))
    assert "revoked" in _refusal(fresh.has_read(Epoch(3), revoked=False)), "epoch 2 is over there"
    restarted = recalled(fresh.has_read(Epoch(2), revoked=False).to_json(), "boot-2", 1 * S)
    assert _refusal(restarted) == ""


@given(epochs=st.lists(st.integers(0, 9), min_size=1, max_size=5))
def test_a_revoke_is_never_taken_back(epochs: list[int]) -> None:
    promises = OLD_HAND
    for epoch in epochs:
        promises = recalled(promises.revoke(Epoch(epoch)).to_json(), "boot-1", 0)
    assert promises.revoked == max(epochs)
    assert promises.opened().revoked == max(epochs)


def test_how_long_ago_is_from_the_last_promise_and_never_said_too_long() -> None:
    assert OLD_HAND.ago_s(100 * S) is None
    promises = OLD_HAND.promised(Epoch(2), 18.05, terms(), "boot-1", 100 * S)
    assert promises.promised(Epoch(2), 18.05, terms(), "boot-1", 107 * S).ago_s(110 * S) == 3.0
    assert Promises(Promise(NEVER, 100 * S, None, "boot-1")).ago_s(101 * S) == 1.0
