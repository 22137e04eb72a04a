"""Lists as DigitalOcean pages them: `?page`, `?per_page`, absolute links, `links: {}` when all fits, `meta.total`."""

from collections.abc import Iterable
from typing import Any
from urllib.parse import urlencode

from tidepool.api.backend import Json
from tidepool.api.errors import ApiError
from tidepool.api.routing import Answer, Call

PER_PAGE, PER_PAGE_MAX = 20, 200


def page(call: Call, path: str, root: str, items: Iterable[Any]) -> Answer:
    everything = list(items)
    number, size = _wanted(call, "page", 1), min(_wanted(call, "per_page", PER_PAGE), PER_PAGE_MAX)
    last = max(1, -(-len(everything) // size))
    found = everything[(number - 1) * size : number * size]
    links: Json = {} if last == 1 else {"pages": _links(call, path, number, last)}
    return Answer(200, {root: found, "links": links, "meta": {"total": len(everything)}})


def _wanted(call: Call, key: str, default: int) -> int:
    text = call.query.get(key) or str(default)
    if not text.isdigit() or int(text) < 1:
        raise ApiError(400, f"{key} must be a number from 1, not {text!r}.")
    return int(text)


def _links(call: Call, path: str, number: int, last: int) -> Json:
    def url(page_number: int) -> str:
        return f"{call.base}{path}?{urlencode({**call.query, 'page': page_number})}"

    links: Json = {}
    if number > 1:
        links |= {"first": url(1), "prev": url(min(number - 1, last))}
    if number < last:
        links |= {"next": url(number + 1), "last": url(last)}
    return links
