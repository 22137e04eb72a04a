"""Who is told: everybody that the settings name, and the log."""

import asyncio

from farshore.adapters.command_notifier import CommandNotifier
from farshore.adapters.log_notifier import LogNotifier
from farshore.adapters.webhook_notifier import WebhookNotifier
from farshore.model.failure import Failure, RetryLater
from farshore.ports.notifier import Notice, Notifier
from farshore.settings.secret import read_secret_file
from farshore.settings.settings import Notify


class _All:
    """Each is tried, whoever fails."""

    def __init__(self, notifiers: tuple[Notifier, ...]) -> None:
        self._notifiers = notifiers

    async def tell(self, notice: Notice) -> None:
        answers = await asyncio.gather(*(one.tell(notice) for one in self._notifiers), return_exceptions=True)
        failures = [answer for answer in answers if isinstance(answer, Failure)]
        for answer in answers:
            if isinstance(answer, BaseException) and not isinstance(answer, Failure):
                raise answer
        if failures:
            raise RetryLater(" ".join(str(failure) for failure in failures))


def notifier(notify: Notify) -> Notifier:
    notifiers: list[Notifier] = [LogNotifier()]
    if notify.webhook_file is not None:
        notifiers.append(WebhookNotifier(read_secret_file(notify.webhook_file, "the webhook's URL").reveal()))
    if notify.command:
        notifiers.append(CommandNotifier(notify.command))
    return _All(tuple(notifiers))
