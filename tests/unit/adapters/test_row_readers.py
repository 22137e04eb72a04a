"""The arithmetic of the row readers: which GTIDs are beyond, on which side of a fork a row was written, JSON lines."""

import json

import pytest
from hypothesis import given
from hypothesis import strategies as st

from farshore.adapters.mysql import cells as mysql_cells
from farshore.adapters.mysql.gtids import beyond_state
from farshore.adapters.postgresql import cells as pg_cells
from farshore.adapters.postgresql.reader import _UNSURE, _forked
from farshore.model.divergence import Column, Difference, DifferenceKind
from farshore.model.failure import Refused


@pytest.mark.parametrize(
    ("ours", "other", "found"),
    [
        ("0-1-100", "0-1-100", ()),
        ("0-1-101", "0-1-100", ("0-1-101",)),
        ("0-1-117", "0-1-100", ("0-1-101..117",)),
        ("0-1-100", "0-1-100,0-2-140", ()),
        ("", "0-1-100", ()),
        ("0-1-3", "", ("0-1-1..3",)),
        # The old writer (1) has followed another (2) meanwhile: its numbers go on from there.
        ("0-1-205,0-2-200", "0-1-100,0-2-230", ("0-1-201..205",)),
        ("0-1-10,7-1-4", "0-1-10,7-1-2", ("7-1-3..4",)),
    ],
)
def test_transactions_beyond_the_newest_shared_one(ours: str, other: str, found: tuple[str, ...]) -> None:
    assert beyond_state(ours, other) == found


@given(st.integers(3, 2**32 - 1), st.integers(-(2**30), 2**30))
def test_a_row_is_on_the_right_side_of_the_fork_also_when_numbers_go_round(mark: int, distance: int) -> None:
    written_by = (mark + distance) % 2**32
    if written_by < 3:
        return
    expected = True if distance >= 0 else None if distance > -_UNSURE else False
    assert _forked(written_by, str(mark)) is expected


def test_without_a_mark_nobody_can_tell_and_frozen_rows_are_old() -> None:
    assert _forked(1000, "") is None
    assert _forked(2, "4294967000") is False


@given(st.binary(max_size=50))
def test_bytes_survive_json_and_become_the_same_literal(value: bytes) -> None:
    raw = Column("k", "varbinary")
    cell = json.loads(json.dumps(mysql_cells.cell(raw, value)))
    assert mysql_cells.literal(raw, cell, lambda text: "never") == f"x'{value.hex()}'"
    cell = json.loads(json.dumps(pg_cells.cell(Column("k", "bytea"), f"\\x{value.hex()}")))
    assert pg_cells.text(cell) == f"\\x{value.hex()}"


def test_a_number_is_a_number_or_refused() -> None:
    """It goes into a statement without quotes."""
    whole = Column("id", "bigint")
    assert mysql_cells.literal(whole, 2**64 - 1, repr) == "18446744073709551615"
    for bad in ("1; DROP TABLE orders", "1 OR 1=1", "", "0x10", "nan"):
        with pytest.raises(Refused):
            mysql_cells.literal(whole, bad, repr)


def test_floats_that_json_has_no_word_for_stay_text() -> None:
    ratio = Column("ratio", "float8")
    assert [pg_cells.cell(ratio, text) for text in ("0.1", "NaN", "-Infinity")] == [0.1, "NaN", "-Infinity"]


def test_a_difference_is_one_line_of_json() -> None:
    row = {"id": 7, "note": "two\nlines \u00e9", "raw": {"base64": "AA=="}}
    line = Difference("orders", DifferenceKind.MISSING, {"id": 7}, row, None, True).to_line()
    assert line.count("\n") == 1
    assert line.endswith("\n")
    assert json.loads(line) == {"table": "orders", "kind": "missing", "key": {"id": 7}, "row": row, "sure": True}
