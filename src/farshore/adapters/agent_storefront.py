"""A store's WordPress, asked through the agents of the region that sells. Implements the storefront port."""

import json
import ssl
from collections.abc import Mapping, Sequence
from typing import Any

from farshore.model.failure import Refused, RetryLater, Unknown, Unreachable
from farshore.model.region import Epoch
from farshore.ports.payment_ledger import Payment
from farshore.ports.storefront import Act, Asked, Did, Found, Seen
from farshore.transport.client import Client
from farshore.transport.message import AGENT, Answer, NoAnswer, NotTrusted

_TIMEOUT_S = 115.0
_REQUEST_MAX = 200 * 1024  # an agent reads 256 KiB
_ORDERS_MAX = 50  # its answer holds 900 KiB


class AgentStorefront:
    """Each app server has the same software and the same database: the first that answers will do."""

    def __init__(
        self, hosts: Sequence[tuple[str, str, int]], tls: ssl.SSLContext, store: str, domain: str, epoch: Epoch
    ) -> None:
        """`hosts`: name (as in its certificate), address and port of the agents of the writer's region."""
        self._clients = [(name, Client(address, port, tls, AGENT, name)) for name, address, port in hosts]
        self._about: dict[str, Any] = {"store": store, "host": domain, "epoch": int(epoch)}

    async def look(self, asked: Sequence[Asked], payments: Sequence[Payment]) -> Seen:
        orders: list[dict[str, Any]] = [{"order_key": one.order_key, "order_id": one.order_id} for one in asked]
        found: list[Found] = []
        keys: dict[str, str] = {}
        for some in _pieces([*orders, *({"payment": _payment(one)} for one in payments)]):
            body = {
                "apply": False,
                "orders": [one for one in some if "payment" not in one],
                "payments": [one["payment"] for one in some if "payment" in one],
            }
            answer = await self._ask(body)
            found += [_found(one) for one in _objects(answer.get("orders"))]
            named = answer.get("payments")
            keys |= {str(name): str(key) for name, key in named.items()} if isinstance(named, Mapping) else {}
        return Seen(tuple(found), keys)

    async def act(self, acts: Sequence[Act]) -> Sequence[Did]:
        did: list[Did] = []
        for some in _pieces([_act(act) for act in acts]):
            answer = await self._ask({"apply": True, "orders": some})
            answers = _objects(answer.get("orders"))
            if len(answers) != len(some):
                raise Unknown("The shop's software did not say what it did with each order.", "Look again.")
            did += [_did(one) for one in answers]
        return did

    async def close(self) -> None:
        for _, client in self._clients:
            client.close()

    async def _ask(self, body: Mapping[str, Any]) -> Mapping[str, Any]:
        troubles = []
        for name, client in self._clients:
            try:
                return _read(name, await client.ask("/v1/reconcile", {**self._about, **body}, _TIMEOUT_S))
            except NotTrusted as error:
                troubles.append(f"{name}: {error.why}")
            except NoAnswer as error:
                if error.sent and body["apply"]:
                    raise Unknown(
                        f"Agent {name} was asked to put orders right but did not answer: {error.why}."
                    ) from error
                troubles.append(f"{name}: {error.why}")
            except RetryLater as error:
                troubles.append(str(error))
        raise Unreachable(
            f"No app server of the writer answers ({'; '.join(troubles) or 'there is none'}).",
            "Look at `farshore check`, and repeat.",
        )


def _read(name: str, answer: Answer) -> Mapping[str, Any]:
    if answer.status == 200:
        return answer.body
    error = f"Agent {name}: {answer.body.get('error', f'status {answer.status}')}"
    if answer.status == 503:
        raise RetryLater(error, after_s=1.0)
    if answer.status == 404:
        raise Refused(error, "Run `farshore agents deploy`: that agent is of an earlier version.")
    raise Refused(error)


def _pieces(orders: list[dict[str, Any]]) -> list[list[dict[str, Any]]]:
    pieces: list[list[dict[str, Any]]] = []
    size = 0
    for order in orders:
        length = len(json.dumps(order))
        if length > _REQUEST_MAX:
            raise Refused(f"Order {order.get('order_key')} is larger than an agent reads.", "Restore it by hand.")
        if not pieces or size + length > _REQUEST_MAX or len(pieces[-1]) >= _ORDERS_MAX:
            pieces.append([])
            size = 0
        pieces[-1].append(order)
        size += length
    return pieces


def _act(act: Act) -> dict[str, Any]:
    return {
        "order_key": act.order_key,
        "order_id": act.order_id,
        "do": [one.value for one in act.do],
        "order": act.order,
        "parts": list(act.parts),
        "status": act.status,
        "payment": None if act.payment is None else _payment(act.payment),
        "refunds": list(act.refunds),
        "note": act.note,
    }


def _payment(payment: Payment) -> dict[str, Any]:
    return {"id": payment.id, "also": list(payment.also), "at_s": int(payment.at_s)}


def _found(value: Mapping[str, Any]) -> Found:
    order = value.get("found")
    return Found(
        str(value.get("order_key", "")), order if isinstance(order, Mapping) else None, value.get("id_taken") is True
    )


def _did(value: Mapping[str, Any]) -> Did:
    did = value.get("did")
    did = did if isinstance(did, Mapping) else {}
    number = did.get("id")
    return Did(
        str(value.get("order_key", "")),
        str(did.get("what", "failed")),
        number if isinstance(number, int) else 0,
        str(did.get("why", "")),
    )


def _objects(value: object) -> list[Mapping[str, Any]]:
    return [one for one in value if isinstance(one, Mapping)] if isinstance(value, list) else []
