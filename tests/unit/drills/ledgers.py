"""Hand-made ledgers: short words for what shoppers went through, in seconds around the fault at 100."""

from farshore.drills.entry import BROWSE, BUY, FRESH, OK, Entry

FAULT = 100.0


def page(at: float, outcome: str = OK, took: float = 0.1, population: str = FRESH, region: str = "nyc3") -> Entry:
    """`at` is seconds after the fault when it started."""
    good = outcome == OK
    return Entry(
        started=FAULT + at,
        ended=FAULT + at + took,
        population=population,
        kind=BROWSE,
        outcome=outcome,
        status=200 if good else 0,
        region=region if good else "",
        epoch=1,
    )


def order(
    at: float,
    number: int = 1,
    *,
    took: float = 0.1,
    population: str = FRESH,
    region: str = "nyc3",
    epoch: int = 1,
    outcome: str = OK,
) -> Entry:
    if outcome != OK:
        return Entry(FAULT + at, FAULT + at + took, population, BUY, outcome, token=f"p{number}-1")
    return Entry(
        started=FAULT + at,
        ended=FAULT + at + took,
        population=population,
        kind=BUY,
        outcome=OK,
        status=200,
        region=region,
        epoch=epoch,
        order_id=1000 + number,
        order_key=f"order_{number}",
        token=f"p{number}-1",
        total="12.50",
    )


def pages(start: float, stop: float, outcome: str = OK, every: float = 0.5) -> list[Entry]:
    count = round((stop - start) / every)
    return [page(start + index * every, outcome) for index in range(count)]
