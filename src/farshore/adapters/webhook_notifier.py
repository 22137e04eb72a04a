"""Tells people by a JSON POST to one URL. Implements the notifier port."""

import asyncio
import json
import urllib.error
import urllib.request
from dataclasses import asdict

from farshore.model.failure import Refused, RetryLater
from farshore.ports.notifier import Notice


class WebhookNotifier:
    """The URL may be a secret in itself, so no message names it."""

    def __init__(self, url: str, timeout_s: float = 5.0) -> None:
        if not url.startswith(("https://", "http://")):
            raise Refused("The webhook's URL does not begin with https://.", "Correct it where the webhook is set.")
        self._url = url
        self._timeout_s = timeout_s

    async def tell(self, notice: Notice) -> None:
        await asyncio.to_thread(self._post, notice)

    def _post(self, notice: Notice) -> None:
        # `text` is what chat services show; the other fields are for machines.
        shown = f"[{notice.level}] {notice.group}: {notice.title}\n{notice.text}"
        body = json.dumps({**asdict(notice), "text": shown}).encode()
        request = urllib.request.Request(self._url, body, {"Content-Type": "application/json"}, method="POST")
        try:
            with urllib.request.urlopen(request, timeout=self._timeout_s):
                return
        except urllib.error.HTTPError as error:
            raise RetryLater(f"The webhook answered {error.code}.", after_s=5.0) from None
        except (OSError, ValueError) as error:
            raise RetryLater(f"The webhook cannot be reached: {type(error).__name__}.", after_s=5.0) from None
