"""What a payment provider says has been paid and paid back: the witness that no failover can take with it."""

from dataclasses import dataclass
from decimal import Decimal
from typing import Protocol


@dataclass(frozen=True, slots=True)
class PaidBack:
    """One refund, as the provider knows it."""

    id: str
    amount: Decimal
    at_s: float  # seconds since 1970


@dataclass(frozen=True, slots=True)
class Payment:
    """Money that was taken: authorised or captured, never merely tried."""

    provider: str
    id: str  # what a shop's gateway keeps as the order's transaction
    amount: Decimal
    currency: str  # ISO 4217, upper case
    at_s: float  # seconds since 1970
    also: tuple[str, ...] = ()  # other ids under which a shop may have kept it
    order_key: str = ""  # as the shop told the provider; empty: it did not
    order_id: int = 0
    payer: str = ""
    site: str = ""  # host name of the shop it was made in, where the provider was told
    paid_back: tuple[PaidBack, ...] = ()

    @property
    def returned(self) -> Decimal:
        return sum((one.amount for one in self.paid_back), Decimal(0))

    @property
    def stands(self) -> bool:
        """Not all of it was paid back."""
        return self.returned < self.amount


@dataclass(frozen=True, slots=True)
class Statement:
    """What was paid in a stretch of time."""

    payments: tuple[Payment, ...]
    whole_until_s: float  # a payment made later may not be listed yet, and so its absence proves nothing


class PaymentLedger(Protocol):
    @property
    def name(self) -> str: ...

    @property
    def methods(self) -> tuple[str, ...]:
        """Beginnings of the shop's names for payment methods whose money arrives here."""
        ...

    async def statement(self, since_s: float, until_s: float) -> Statement:
        """All payments made in between; refunds of them, whenever they were made, with them.

        RetryLater when the provider is busy or out of reach, Refused for a bad key or one that may not read.
        """
        ...
