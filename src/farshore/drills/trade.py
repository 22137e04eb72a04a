"""What a drill has to know of each kind of shop: how the lab builds it, what farshore.yaml says of it, who comes.

WordPress shops are slower, and this machine plays the whole of both regions, so fewer people come and they wait longer.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from farshore.drills.audience import USUAL, Load

PLAIN_SHOP, WORDPRESS = "plain", "wordpress"
BLOCK, CLASSIC = "block", "classic"
OFF = "off"
_VERIFY_FORM = ("name=Probe", "email=probe@example.com", "token={unique}", "product=1", "qty=1")
_IN_TABLES = ("wp_wc_orders", "wp_woocommerce_order_items")


@dataclass(frozen=True, slots=True)
class Trade:
    kind: str = PLAIN_SHOP
    checkout: str = BLOCK  # of a WordPress shop
    hpos: bool = True  # its orders are in tables of their own, not among the posts
    plugin: Path | None = None  # the must-use plugin that it is given
    journal: str = OFF  # policy of the order journal; with one, the drill ends with a reconciliation

    @property
    def load(self) -> Load:
        return USUAL if self.kind == PLAIN_SHOP else Load(browse_every_ms=500.0, buyers=3)

    def build(self, engine: str, permit: bool) -> list[str]:
        """What follows `tidepool store`."""
        words = [self.kind, "--engine", engine, "--permit" if permit else "--no-permit"]
        if self.kind == WORDPRESS:
            words.append("--hpos" if self.hpos else "--no-hpos")
            words += ["--plugin", str(self.plugin)] if self.plugin is not None else []
        return words

    def shoppers(self) -> list[str]:
        """Arguments of shopper_main."""
        if self.kind == PLAIN_SHOP:
            return []
        return ["--till", self.checkout, "--product-page", "/?post_type=product&p={}", "--patience-s", "5"]

    def init(self) -> list[str]:
        """Arguments of `farshore init`."""
        if self.kind == WORDPRESS:
            return ["--checkout-max-s", "1.5", "--journal", self.journal]
        words = ["--checkout-max-s", "1", "--id-counter", "counters.value"]
        words += ["--verify-path", "/checkout", "--verify-expect", "order_id"]
        for pair in _VERIFY_FORM:
            words += ["--verify-form", pair]
        return words

    def guarded_tables(self) -> Sequence[str]:
        """No order without a row in each of these."""
        if self.kind == PLAIN_SHOP:
            return ("orders",)
        return (*_IN_TABLES, "wp_posts") if self.hpos else ("wp_posts", "wp_woocommerce_order_items")

    def fits(self, store: dict[str, Any]) -> bool:
        """Whether the lab's store is of this kind."""
        made = store.get(WORDPRESS)
        return made is None if self.kind == PLAIN_SHOP else made is not None and made["hpos"] == self.hpos
