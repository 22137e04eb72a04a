"""A customer's hand on the API: pydo in threads, errors as exceptions, waiting for a state. For the builder."""

import asyncio
import time
from collections.abc import Awaitable, Callable
from typing import Any

from pydo import Client

Json = dict[str, Any]

PATIENCE_S = 300.0
PAUSE_S = 0.5
PRECONDITION_FAILED = 412


class StoreError(Exception):
    """The store cannot be built; the text says at what and what was answered."""


class Account:
    def __init__(self, endpoint: str, token: str, ca_file: str) -> None:
        self._client = Client(token=token, endpoint=endpoint, connection_verify=ca_file)

    async def call(self, operation: str, *arguments: Any, **named: Any) -> Json:
        """`operation` is pydo's name for it, such as `databases.create_cluster`. Raises StoreError for any refusal."""
        status, answer = await asyncio.to_thread(self._ask, operation, arguments, named)
        if status >= 400:
            raise StoreError(f"{operation} answered {status}: {answer.get('message', answer)}")
        return answer

    async def until(self, operation: str, *arguments: Any, ready: Callable[[Json], bool], what: str) -> Json:
        """Ask again until `ready`. A 404 counts as not ready: a replica is invisible until it is online."""
        return await self._patiently(operation, arguments, {}, 404, ready, what)

    async def once_possible(self, operation: str, *arguments: Any, what: str, **named: Any) -> Json:
        """Repeat while the API says 412: the first replica has to wait for the cluster's first backup."""
        return await self._patiently(operation, arguments, named, PRECONDITION_FAILED, lambda _: True, what)

    async def _patiently(
        self, operation: str, arguments: Any, named: Json, not_yet: int, ready: Callable[[Json], bool], what: str
    ) -> Json:
        deadline = time.monotonic() + PATIENCE_S
        while True:
            status, answer = await asyncio.to_thread(self._ask, operation, arguments, named)
            if status < 400 and ready(answer):
                return answer
            if status >= 400 and status != not_yet:
                raise StoreError(f"{operation} answered {status}: {answer.get('message', answer)}")
            if time.monotonic() > deadline:
                raise StoreError(f"{what} did not get ready within {PATIENCE_S:.0f} s; last answer: {answer}")
            await asyncio.sleep(PAUSE_S)

    def _ask(self, operation: str, arguments: Any, named: Json) -> tuple[int, Json]:
        from azure.core.exceptions import HttpResponseError

        seen: list[int] = []
        group, method = operation.split(".")
        function = getattr(getattr(self._client, group), method)
        try:
            # pydo hands a 404 back as if it were an answer; the raw response knows the status.
            answer = function(
                *arguments,
                raw_response_hook=lambda r: seen.append(r.http_response.status_code),
                retry_status=0,
                **named,
            )
        except HttpResponseError as refusal:
            return refusal.status_code or 500, {"message": refusal.message}
        return (seen[-1] if seen else 200), answer or {}


async def together(*jobs: Awaitable[Any]) -> list[Any]:
    """All at once; the first failure ends the others."""
    tasks = [asyncio.ensure_future(job) for job in jobs]
    try:
        return list(await asyncio.gather(*tasks))
    finally:
        for task in tasks:
            task.cancel()
