"""The table of routes. Our own instead of aiohttp's: scopes, faults by pattern and the contract test read it too."""

import re
from collections.abc import Awaitable, Callable, Iterable, Mapping
from dataclasses import dataclass, field
from typing import Any

from tidepool.api.account import Account
from tidepool.api.backend import Json
from tidepool.api.errors import ApiError, unprocessable
from tidepool.api.tokens import Token


@dataclass(frozen=True, slots=True)
class Call:
    """One authorised request, as a route sees it."""

    account: Account
    token: Token
    params: Mapping[str, str]
    query: Mapping[str, str]
    body: Json
    base: str  # scheme and host that the client used: links must lead back the same way

    def need(self, key: str) -> Any:
        """A field that the request must have; empty counts as absent, as DigitalOcean's own clients send it."""
        if (value := self.body.get(key)) in (None, "", []):
            raise unprocessable(f"{key} is required")
        return value


@dataclass(frozen=True, slots=True)
class Answer:
    status: int
    body: Json | None = None


Handler = Callable[[Call], Awaitable[Answer]]


EMPTY_PUTS = ("/promote", "/firewall", "/sql_mode", "/maintenance")


@dataclass(frozen=True, slots=True)
class Route:
    method: str
    path: str
    scopes: tuple[str, ...]  # any one of them is enough
    handler: Handler
    regex: re.Pattern[str] = field(repr=False)

    @property
    def empty(self) -> bool:
        """Its good answer is a bare 204: what is deleted, promoted or set has nothing to tell."""
        return self.method == "DELETE" or (self.method == "PUT" and self.path.endswith(EMPTY_PUTS))


class Table:
    """Routes of one resource; decorators add to it."""

    def __init__(self) -> None:
        self.routes: list[Route] = []

    def on(self, method: str, path: str, *scopes: str) -> Callable[[Handler], Handler]:
        pattern = re.compile("^" + re.sub(r"\{(\w+)\}", r"(?P<\1>[^/]+)", path) + "$")

        def add(handler: Handler) -> Handler:
            self.routes.append(Route(method, path, scopes, handler, pattern))
            return handler

        return add


def find(routes: Iterable[Route], method: str, path: str) -> tuple[Route, Mapping[str, str]]:
    """The route for a path without trailing slash. `routes` has literal paths before parameters."""
    seen = False
    for route in routes:
        if match := route.regex.match(path):
            if route.method == method:
                return route, match.groupdict()
            seen = True
    if path.startswith("/v2/databases"):
        raise ApiError(404, "404 page not found", plain=True)
    if seen:
        raise ApiError(405, f"{method} is not supported here.")
    raise ApiError(404, "The resource you were accessing could not be found.")
