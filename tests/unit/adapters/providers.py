"""Payment providers on loopback: the list endpoints of Stripe and PayPal, with pages, errors and limits."""

import json
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import datetime
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any
from urllib.parse import parse_qs, urlsplit

Answer = tuple[int, dict[str, Any]]


@dataclass
class Provider:
    """What it knows, what it was asked, and what it answers instead next."""

    items: list[dict[str, Any]] = field(default_factory=list)
    asked: list[dict[str, str]] = field(default_factory=list)
    instead: list[Answer] = field(default_factory=list)
    listed_max: int = 10_000
    url: str = ""

    def answer(self, method: str, path: str, query: dict[str, str], authorization: str) -> Answer:
        raise NotImplementedError


class Stripe(Provider):
    """https://api.stripe.com/v1/charges, newest first, `starting_after` a charge."""

    def answer(self, method: str, path: str, query: dict[str, str], authorization: str) -> Answer:
        if authorization != "Bearer rk_test_1":
            return 401, {"error": {"type": "invalid_request_error", "message": "Invalid API Key provided: rk_****"}}
        if path != "/v1/charges":
            return 404, {"error": {"type": "invalid_request_error", "message": f"Unrecognized request URL {path}"}}
        low, high = int(query["created[gte]"]), int(query["created[lte]"])
        found = [item for item in reversed(self.items) if low <= item["created"] <= high]
        if after := query.get("starting_after"):
            found = found[[item["id"] for item in found].index(after) + 1 :]
        limit = min(int(query.get("limit", "10")), 100)
        expanded = {value for key, value in query.items() if key.startswith("expand[")}
        page = [_expanded(item, expanded) for item in found[:limit]]
        return 200, {"object": "list", "url": path, "has_more": len(found) > limit, "data": page}


def _expanded(item: dict[str, Any], expanded: set[str]) -> dict[str, Any]:
    told = {"object": "charge", **item}
    if "data.payment_intent" not in expanded and isinstance(told.get("payment_intent"), dict):
        told["payment_intent"] = told["payment_intent"]["id"]
    if "data.refunds" not in expanded:
        told.pop("refunds", None)
    return told


class Paypal(Provider):
    """https://api-m.paypal.com/v1/reporting/transactions, by pages that are numbered."""

    def answer(self, method: str, path: str, query: dict[str, str], authorization: str) -> Answer:
        if path == "/v1/oauth2/token":
            good = authorization == "Basic Y2xpZW50OnNlY3JldA=="  # client:secret
            if not good:
                return 401, {"error": "invalid_client", "error_description": "Client Authentication failed"}
            return 200, {"access_token": "token-1", "token_type": "Bearer", "expires_in": 32400}
        if authorization != "Bearer token-1":
            return 401, {"name": "AUTHENTICATION_FAILURE"}
        start, end = (datetime.fromisoformat(query[name]).timestamp() for name in ("start_date", "end_date"))
        if end - start > 31 * 86400:
            return 400, {"name": "INVALID_REQUEST", "message": "Date range is greater than 31 days"}
        found = [
            item
            for item in self.items
            if start <= datetime.fromisoformat(item["transaction_initiation_date"]).timestamp() <= end
        ]
        if len(found) > self.listed_max:
            return 400, {"name": "RESULTSET_TOO_LARGE", "message": "Result set size is greater than the maximum limit."}
        size, page = min(int(query["page_size"]), 500), int(query["page"])
        shown = found[(page - 1) * size : page * size]
        return 200, {
            "transaction_details": [{"transaction_info": item} for item in shown],
            "page": page,
            "total_items": len(found),
            "total_pages": max(1, -(-len(found) // size)),
        }


@contextmanager
def serving(provider: Provider) -> Iterator[Provider]:
    class Handler(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            url = urlsplit(self.path)
            length = int(self.headers.get("content-length", 0))
            self.rfile.read(length)
            query = {name: values[0] for name, values in parse_qs(url.query).items()}
            provider.asked.append({"path": url.path, **query})
            wanted = provider.instead.pop(0) if provider.instead and "token" not in url.path else None
            status, body = wanted or provider.answer(
                self.command, url.path, query, self.headers.get("authorization", "")
            )
            raw = json.dumps(body).encode()
            self.send_response(status)
            self.send_header("content-type", "application/json")
            self.send_header("content-length", str(len(raw)))
            self.end_headers()
            self.wfile.write(raw)

        do_POST = do_GET

        def log_message(self, *args: Any) -> None: ...

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    thread = threading.Thread(target=server.serve_forever, daemon=True)
    thread.start()
    provider.url = f"http://127.0.0.1:{server.server_port}"
    try:
        yield provider
    finally:
        server.shutdown()
        thread.join()
        server.server_close()
