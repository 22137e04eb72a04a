"""pydo with its traps sprung: every answer of the API is a body, a 404 told as None, or one of the model's failures.

pydo hands a 404 back as an ordinary dict and retries most calls by itself, POST among them. Here retries are off (they
belong to the plan) and every call says whether it writes, for that decides what a lost answer means.
"""

import asyncio
import functools
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from typing import Any

from azure.core.exceptions import AzureError, HttpResponseError, ServiceRequestError
from pydo import Client

from farshore.model.failure import Failure, Refused, RetryLater, Unknown, Unreachable

Json = dict[str, Any]

ENDPOINT = "https://api.digitalocean.com"
_PAGE = 200
_PAGES_MAX = 100
_HIDDEN = "TOKEN"


class Forbidden(Refused):
    """The token is good and lacks a scope."""


class Rejected(Refused):
    """The API understood and declined; `said` is its own reason, which is all that tells one 422 from another."""

    def __init__(self, what: str, said: str) -> None:
        super().__init__(what)
        self.said = said


class Account:
    """One client, so that its HTTPS connections stay warm; blocking calls run in threads of its own."""

    def __init__(
        self, token: str, endpoint: str = ENDPOINT, ca_file: str | None = None, timeout_s: float = 5.0, threads: int = 4
    ) -> None:
        self._token = token
        self._endpoint = endpoint
        self._threads = ThreadPoolExecutor(max_workers=threads, thread_name_prefix="digitalocean")
        self.client: Any = Client(
            token,
            endpoint=endpoint,
            connection_verify=ca_file or True,
            connection_timeout=timeout_s,
            read_timeout=timeout_s,
            retry_total=0,
            retry_connect=0,
            retry_read=0,
            retry_status=0,
            logging_enable=False,
        )

    async def read(self, call: Callable[..., Any], *args: Any, **options: Any) -> Json | None:
        """None when there is no such object."""
        return await self._in_thread(call, args, options, writing=False)

    async def write(self, call: Callable[..., Any], *args: Any, **options: Any) -> Json | None:
        """None when there is no such object; {} for an answer without a body."""
        return await self._in_thread(call, args, options, writing=True)

    async def read_all(self, call: Callable[..., Any], root: str, *args: Any, **options: Any) -> list[Json]:
        """All pages of a list; empty for a 404."""
        found: list[Json] = []
        for page in range(1, _PAGES_MAX + 1):
            body = await self.read(call, *args, page=page, per_page=_PAGE, **options)
            found += (body or {}).get(root) or []
            pages = ((body or {}).get("links") or {}).get("pages") or {}
            if not pages.get("next"):
                break
        return found

    def close(self) -> None:
        self._threads.shutdown(wait=False, cancel_futures=True)
        self.client.close()

    async def _in_thread(
        self, call: Callable[..., Any], args: tuple[Any, ...], options: dict[str, Any], writing: bool
    ) -> Json | None:
        work = functools.partial(self._call, call, args, options, writing)
        return await asyncio.get_running_loop().run_in_executor(self._threads, work)

    def _call(
        self, call: Callable[..., Any], args: tuple[Any, ...], options: dict[str, Any], writing: bool
    ) -> Json | None:
        try:
            # `cls` is pydo's only way to see the status behind a body.
            status, body = call(*args, **options, cls=lambda answer, body, _: (answer.http_response.status_code, body))
        except HttpResponseError as error:
            if error.status_code == 404:
                return None
            raise self._failure(error, writing) from None
        except (AzureError, ValueError) as error:
            raise self._failure(error, writing) from None
        if status == 404:
            return None
        return body if isinstance(body, dict) else {}

    def _failure(self, error: Exception, writing: bool) -> Failure:
        """`from None` above: the library's error carries the request with its headers."""
        what = f"The provider's API at {self._endpoint}"
        status = error.status_code if isinstance(error, HttpResponseError) else None
        said = self._said(error)
        if isinstance(error, ServiceRequestError):  # nothing was sent
            return Unreachable(f"{what} cannot be reached: {said}", "Check this machine's network and ca_file.")
        if status == 401:
            return Refused(f"{what} does not accept the token: {said}", "Set a token that is valid.")
        if status == 403:
            return Forbidden(f"{what} forbids this: {said}", "Give the token the scope it lacks.")
        if status == 429:
            return RetryLater(f"{what} wants fewer requests: {said}", after_s=_retry_after_s(error))
        if status in (408, 412, 423):
            return RetryLater(f"{what} is not ready for this: {said}", after_s=1.0)
        if status is not None and 400 <= status < 500:
            return Rejected(f"{what} refused (status {status}): {said}", said)
        if writing:
            return Unknown(f"{what} left open whether it was done ({status or 'no answer'}): {said}")
        return RetryLater(f"{what} failed ({status or 'no answer'}): {said}")

    def _said(self, error: Exception) -> str:
        """The API's own words, never with the token in them."""
        text = str(error)
        response: Any = getattr(error, "response", None)
        if isinstance(error, HttpResponseError) and response is not None:
            try:
                text = str(response.json()["message"])
            except (ValueError, KeyError, TypeError, AttributeError, AzureError):
                text = error.reason or text
        said = text.replace(self._token, _HIDDEN).strip().splitlines()[0][:300] if text.strip() else "no reason given"
        return said if said.endswith((".", "!", "?")) else f"{said}."  # a hint follows


def _retry_after_s(error: Exception) -> float:
    headers = getattr(getattr(error, "response", None), "headers", None) or {}
    try:
        return min(60.0, max(0.2, float(headers.get("retry-after", 5.0))))
    except ValueError:
        return 5.0
