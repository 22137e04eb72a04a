"""Rows made by hand, to go with the ledgers."""

from decimal import Decimal

from farshore.drills.orders import Row


def row(number: int = 1) -> Row:
    """The whole row of `order(.., number)`."""
    total = Decimal("12.50")
    return Row(1000 + number, f"order_{number}", f"p{number}-1", "processing", total, 1, total, 3)
