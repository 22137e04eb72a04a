"""Facts from observations: readiness, freshness, cool-down, consent, and what would happen."""

from dataclasses import replace

import pytest

from farshore.decide.facts import Consent, derive, worse
from farshore.decide.observation import MarkerSeen, Observation
from farshore.decide.predict import would
from farshore.decide.quorum import Gate
from farshore.model.grant import Grant
from farshore.model.group import Group, Mode, Place, Store
from farshore.model.operator import OperatorWord, Word
from farshore.model.permit import PROFILES, PermitTerms
from farshore.model.permit import Gate as PermitGate
from farshore.model.region import Epoch, RegionName
from farshore.model.sighting import Door, Sighting
from farshore.model.verdict import Call

NYC, SFO = RegionName("nyc3"), RegionName("sfo3")
GROUP = Group(
    "g",
    "mysql",
    (Store("s", "d", "z"),),
    Place(NYC, "l", "d", "t"),
    Place(SFO, "l", "d", "t"),
    allow_unfenced=True,
    permit=PermitTerms(gate=PermitGate.NONE),
)
WELL = Observation(
    grant=Grant(Epoch(1), NYC),
    leads=True,
    sightings=(
        Sighting("c", "lon1", Door.REFERENCE, RegionName("r"), True, 9, 0.1),
        Sighting("c", "lon1", Door.BROWSE, NYC, True, 9, 0.1),
        Sighting("c", "lon1", Door.BUY, NYC, True, 9, 0.1),
        Sighting("c", "lon1", Door.BROWSE, SFO, True, 9, 0.1),
    ),
    marker=MarkerSeen(10, 0.5, 9, 0.5),
)


def test_a_healthy_group() -> None:
    facts = derive(WELL, GROUP)
    assert facts.primary is Gate.OPEN
    assert facts.standby_ready
    assert facts.marker_fresh
    assert not facts.cooling_down


@pytest.mark.parametrize(
    ("marker", "fresh", "ready"),
    [
        (MarkerSeen(10, 0.5, 5, 0.5), True, True),
        (MarkerSeen(10, 0.5, 4, 0.5), False, True),
        (MarkerSeen(None, None, None, 0.5), False, True),
        (MarkerSeen(10, 0.5, None, 0.5), False, True),
        (MarkerSeen(10, 0.5, 10, 4.1), True, False),
        (MarkerSeen(10, 0.5, 10, None), True, False),
    ],
)
def test_the_marker_says_how_much_is_lost_and_whether_the_standby_answers(
    marker: MarkerSeen, fresh: bool, ready: bool
) -> None:
    """A marker nobody has seen pass proves nothing: neither a fresh standby nor a stale one."""
    facts = derive(replace(WELL, marker=marker), GROUP)
    assert (facts.marker_fresh, facts.standby_ready) == (fresh, ready)


def test_a_standby_whose_own_door_is_shut_is_not_ready() -> None:
    shut = tuple(replace(s, ok=False) if s.region == SFO else s for s in WELL.sightings)
    assert not derive(replace(WELL, sightings=shut), GROUP).standby_ready


def test_a_promoted_database_is_no_standby() -> None:
    """It answers and is writable, and its orders are another history's."""
    apart = replace(WELL, marker=replace(WELL.marker, follows=False))
    assert not derive(apart, GROUP).standby_ready


def test_a_shop_that_opens_pages_and_takes_no_orders_is_down() -> None:
    assert worse(Gate.OPEN, Gate.SHUT) is Gate.SHUT
    assert worse(Gate.UNSEEN, Gate.OPEN) is Gate.UNSEEN


def test_the_cool_down_ends() -> None:
    assert derive(replace(WELL, since_failover_s=10.0), GROUP).cooling_down
    assert not derive(replace(WELL, since_failover_s=3600.0), GROUP).cooling_down


@pytest.mark.parametrize(
    ("word", "mode", "down_for_s", "expected"),
    [
        (OperatorWord(), Mode.AUTO, 0.0, Consent.ALONE),
        (OperatorWord(), Mode.MANUAL, 0.0, Consent.WITHHELD),
        (OperatorWord(), Mode.APPROVE, 59.0, Consent.PENDING),
        (OperatorWord(), Mode.APPROVE, 60.0, Consent.ALONE),
        (OperatorWord(paused=True), Mode.AUTO, 0.0, Consent.PAUSED),
        (OperatorWord(paused=True), Mode.APPROVE, 99.0, Consent.PAUSED),
        (OperatorWord(Word.FAILOVER, paused=True), Mode.MANUAL, 0.0, Consent.ORDERED),
        (OperatorWord(Word.APPROVE), Mode.MANUAL, 0.0, Consent.APPROVED),
    ],
)
def test_the_operators_word_comes_before_the_mode(
    word: OperatorWord, mode: Mode, down_for_s: float, expected: Consent
) -> None:
    seen = replace(WELL, operator=word, down_for_s=down_for_s)
    assert derive(seen, replace(GROUP, mode=mode)).consent is expected


def test_would_is_always_there_and_says_the_cost() -> None:
    now = would(replace(WELL, orders_per_s=2.0, last_promotion_s=4.0), GROUP)
    assert now.verdict.call is Call.FAIL_OVER
    assert now.predicted_s == pytest.approx(3 * 1.0 + 1.2 + 1.0 + 4.0)
    assert now.at_risk_s == pytest.approx(1.05)
    assert now.orders_at_risk == pytest.approx(2.1)
    assert not now.caveat


def test_would_names_what_stands_in_the_way() -> None:
    assert would(replace(WELL, operator=OperatorWord(paused=True)), GROUP).verdict.rule == "V60"
    assert would(replace(WELL, since_failover_s=1.0), GROUP).verdict.rule == "V85"
    assert "cannot be fenced" in would(WELL, replace(GROUP, allow_unfenced=False)).caveat


def test_would_counts_the_permit_only_beyond_what_making_sure_takes() -> None:
    for profile, more_s in (("fast", 0.0), ("default", PROFILES["default"].wait_s - 4.2)):
        gated = replace(GROUP, permit=PROFILES[profile], allow_unfenced=False)
        now = would(replace(WELL, last_promotion_s=4.0), gated)
        assert (now.predicted_s, now.caveat) == (pytest.approx(9.2 + more_s), "")


def shut(*doors: Door) -> Observation:
    """Two places agree that these doors of the writer are shut."""
    looks = [
        Sighting(who, place, door, region, door not in doors or region == SFO, 9, 0.1)
        for who, place in (("c", "lon1"), ("a", "sfo3"))
        for door, region in ((Door.REFERENCE, RegionName("r")), (Door.BROWSE, NYC), (Door.BUY, NYC), (Door.BROWSE, SFO))
    ]
    return replace(WELL, sightings=tuple(looks))


@pytest.mark.parametrize("permit_for_s", [None, 0.0, 5.0])
def test_a_checkout_that_was_never_opened_is_closed_and_not_dead(permit_for_s: float | None) -> None:
    gated = replace(GROUP, permit=PROFILES["fast"])
    seen = replace(shut(Door.BUY), permit_for_s=permit_for_s)
    assert derive(seen, gated).primary is Gate.CLOSED
    assert derive(seen, GROUP).primary is Gate.SHUT, "without a permit there is nothing to wait for"
    assert derive(replace(seen, sightings=shut(Door.BUY, Door.BROWSE).sightings), gated).primary is Gate.SHUT


def test_a_checkout_that_has_had_its_permit_for_long_enough_is_judged() -> None:
    gated = replace(GROUP, permit=PROFILES["fast"])
    assert derive(replace(shut(Door.BUY), permit_for_s=5.3), gated).primary is Gate.SHUT
