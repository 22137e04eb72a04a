"""A storefront in memory that keeps its promises, counts what it takes out of stock, and dies when told to."""

from collections.abc import Sequence
from copy import deepcopy
from typing import Any

from farshore.model.failure import Unknown
from farshore.ports.payment_ledger import Payment
from farshore.ports.storefront import Act, Asked, Did, Do, Found, Seen


class Died(Exception):
    """The process was killed there."""


class FakeShop:
    def __init__(self, *orders: dict[str, Any], taken: Sequence[int] = ()) -> None:
        self.orders = {str(order["order_key"]): deepcopy(order) for order in orders}
        self.taken = set(taken)
        self.stock_taken = 0
        self.payments_completed = 0
        self.dies_after: int | None = None  # acts
        self.loses_answers = 0
        self.refuses: dict[str, str] = {}  # order_key -> why
        self.asked = 0

    async def look(self, asked: Sequence[Asked], payments: Sequence[Payment]) -> Seen:
        self.asked += len(asked)
        found = [
            Found(one.order_key, deepcopy(self.orders.get(one.order_key)), one.order_id in self.taken) for one in asked
        ]
        named = {
            name: key
            for key, order in self.orders.items()
            for payment in payments
            for name in (payment.id,)
            if order.get("transaction_id") in (payment.id, *payment.also)
        }
        return Seen(tuple(found), named)

    async def act(self, acts: Sequence[Act]) -> Sequence[Did]:
        did = []
        for act in acts:
            if self.dies_after is not None:
                if self.dies_after == 0:
                    raise Died
                self.dies_after -= 1
            why = self.refuses.get(act.order_key)
            did.append(Did(act.order_key, "failed", 0, why) if why else self._act(act))
        if self.loses_answers:
            self.loses_answers -= 1
            raise Unknown("The answer was lost.")
        return did

    def _act(self, act: Act) -> Did:
        what = "nothing"
        for do in act.do:
            order = self.orders.get(act.order_key)
            if do is Do.RESTORE and order is None:
                assert act.order is not None
                made = deepcopy(dict(act.order)) | {"stock_reduced": False}
                if act.order_id in self.taken:
                    made["id"] = 1000 + act.order_id
                self.orders[act.order_key] = made
                self._put(made, act)
                what = "restored"
            elif do is Do.MEND and order is not None:
                reduced = order["stock_reduced"]
                order |= deepcopy(dict(act.order or {})) | {"id": order["id"], "stock_reduced": reduced}
                self._put(order, act)
                what = "mended"
            elif do is Do.COMPLETE and order is not None and order["status"] != "processing":
                assert act.payment is not None
                order |= {"status": "processing", "transaction_id": act.payment.id, "paid_gmt": int(act.payment.at_s)}
                self.payments_completed += 1
                self._reduce(order)
                what = "completed" if what == "nothing" else what
            elif do is Do.REFUNDS and order is not None:
                for refund in act.refunds:
                    mark = [{"key": "_farshore_refund_of", "value": str(refund["id"])}]
                    order["refunds"] = [*order["refunds"], {**refund, "id": 5000, "meta": mark}]
                what = "refunded" if what == "nothing" else what
        return Did(act.order_key, what, int(self.orders[act.order_key]["id"]))

    def _put(self, order: dict[str, Any], act: Act) -> None:
        told = act.order or {}
        if act.status:
            order["status"] = act.status
            order["meta"] = [*order["meta"], {"key": "_farshore_held", "value": act.note}]
        if told.get("stock_reduced"):
            self._reduce(order)

    def _reduce(self, order: dict[str, Any]) -> None:
        if not order["stock_reduced"]:
            order["stock_reduced"] = True
            self.stock_taken += 1
