"""Quorum over vantage points: who may judge, and when a door counts as shut. Properties where there is one."""

from dataclasses import replace

from hypothesis import given
from hypothesis import strategies as st

from farshore.decide.quorum import Gate, Vote, gate, judges, remember_down, seat, vote
from farshore.model.group import Thresholds
from farshore.model.region import RegionName
from farshore.model.sighting import Door, Sighting

NYC, SFO = RegionName("nyc3"), RegionName("sfo3")
REGIONS = (NYC, SFO)
LIMITS = Thresholds()
NOBODY: frozenset[tuple[str, str, str]] = frozenset()


def saw(
    vantage: str, place: str, *, ok: bool, streak: int = 9, age_s: float = 0.1, door: Door = Door.BROWSE
) -> Sighting:
    return Sighting(vantage, place, door, NYC, ok, streak, age_s, "" if ok else "timeout")


def sees(vantage: str, place: str, *, ok: bool = True, age_s: float = 0.1) -> Sighting:
    return Sighting(vantage, place, Door.REFERENCE, RegionName(place), ok, 9, age_s)


def judged(*sightings: Sighting, was_down: frozenset[tuple[str, str, str]] = NOBODY) -> Gate:
    return gate(sightings, Door.BROWSE, NYC, REGIONS, LIMITS, was_down)


LON = (sees("c", "lon1"), saw("c", "lon1", ok=False))
AGENT = (sees("a", "sfo3"), saw("a", "sfo3", ok=False))


def test_two_places_one_of_them_outside_shut_a_door() -> None:
    assert judged(*LON, *AGENT) is Gate.SHUT


def test_one_place_is_too_few_however_many_observers_stand_there() -> None:
    crowd = [s for i in range(5) for s in (sees(f"c{i}", "lon1"), saw(f"c{i}", "lon1", ok=False))]
    assert judged(*crowd) is Gate.SHUT_BY_FEW


def test_two_places_without_one_outside_both_regions_are_too_few() -> None:
    """The peering between the regions may be all that is broken."""
    assert judged(*AGENT) is Gate.SHUT_BY_FEW


def test_nobody_in_the_region_itself_is_asked() -> None:
    home = (sees("h", "nyc3"), saw("h", "nyc3", ok=False))
    assert judged(*LON, *home) is Gate.SHUT_BY_FEW
    assert judged(*home) is Gate.UNSEEN


def test_a_vantage_point_whose_references_fail_judges_nobody() -> None:
    blind = (sees("a", "sfo3", ok=False), saw("a", "sfo3", ok=False))
    assert judged(*LON, *blind) is Gate.SHUT_BY_FEW
    assert judges(blind, LIMITS) == frozenset()


def test_one_dead_reference_does_not_blind_who_sees_another() -> None:
    other = replace(sees("c", "lon1", ok=False), region=RegionName("elsewhere"))
    assert judged(other, *LON, *AGENT) is Gate.SHUT


def test_an_old_sighting_is_none() -> None:
    stale = (sees("a", "sfo3"), saw("a", "sfo3", ok=False, age_s=LIMITS.fresh_s + 0.1))
    assert judged(*LON, *stale) is Gate.SHUT_BY_FEW
    old_reference = (sees("a", "sfo3", age_s=LIMITS.fresh_s + 0.1), saw("a", "sfo3", ok=False))
    assert judged(*LON, *old_reference) is Gate.SHUT_BY_FEW


def test_disagreement_is_not_certainty() -> None:
    assert judged(*LON, sees("a", "sfo3"), saw("a", "sfo3", ok=True)) is Gate.DISPUTED


def test_down_takes_three_looks_and_up_takes_five() -> None:
    assert vote(saw("c", "lon1", ok=False, streak=2), LIMITS, NOBODY) is Vote.DOUBT
    down = saw("c", "lon1", ok=False, streak=3)
    assert vote(down, LIMITS, NOBODY) is Vote.DOWN
    memory = remember_down([down], LIMITS, NOBODY)
    assert memory == {seat(down)}
    up4, up5 = saw("c", "lon1", ok=True, streak=4), saw("c", "lon1", ok=True, streak=5)
    assert vote(up4, LIMITS, memory) is Vote.DOUBT
    assert remember_down([up4], LIMITS, memory) == memory
    assert vote(up5, LIMITS, memory) is Vote.UP
    assert remember_down([up5], LIMITS, memory) == NOBODY
    assert vote(up4, LIMITS, NOBODY) is Vote.UP


PLACES = ("lon1", "ams3", "sfo3", "nyc3")
observers = st.lists(
    st.tuples(
        st.sampled_from(PLACES),
        st.booleans(),  # ok
        st.integers(1, 9),  # streak
        st.booleans(),  # its reference answers
        st.sampled_from((0.1, 99.0)),  # age
    ),
    max_size=7,
)


def _world(seen: list[tuple[str, bool, int, bool, float]]) -> list[Sighting]:
    made = []
    for number, (place, ok, streak, eyes, age_s) in enumerate(seen):
        name = f"v{number}"
        made += [sees(name, place, ok=eyes), saw(name, place, ok=ok, streak=streak, age_s=age_s)]
    return made


@given(observers)
def test_shut_always_has_two_trusted_places_and_one_outside(seen: list[tuple[str, bool, int, bool, float]]) -> None:
    """Whatever is seen: a SHUT door has its witnesses."""
    if judged(*_world(seen)) is Gate.SHUT:
        witnesses = {
            place
            for place, ok, streak, eyes, age_s in seen
            if not ok and streak >= LIMITS.down_after and eyes and age_s <= LIMITS.fresh_s and place != NYC
        }
        assert len(witnesses) >= 2
        assert witnesses - set(REGIONS)


@given(observers, st.randoms(use_true_random=False))
def test_the_order_of_sightings_does_not_matter(seen: list[tuple[str, bool, int, bool, float]], random: object) -> None:
    made = _world(seen)
    mixed = list(made)
    random.shuffle(mixed)  # type: ignore[attr-defined]
    assert judged(*made) is judged(*mixed)


@given(observers)
def test_a_blind_or_stale_observer_changes_nothing(seen: list[tuple[str, bool, int, bool, float]]) -> None:
    useless = [sees("x", "ams3", ok=False), saw("x", "ams3", ok=False), saw("y", "ams3", ok=False)]
    assert judged(*_world(seen)) is judged(*_world(seen), *useless)


@given(observers)
def test_one_more_who_sees_it_open_never_shuts_a_door(seen: list[tuple[str, bool, int, bool, float]]) -> None:
    """Seeing it open can only take certainty away."""
    before = judged(*_world(seen))
    after = judged(*_world(seen), sees("w", "fra1"), saw("w", "fra1", ok=True))
    assert not (after is Gate.SHUT and before is not Gate.SHUT)
