"""The notifier port: a notice is handed over, or RetryLater says that it was not."""

import logging
from collections.abc import Callable
from typing import Any

import pytest

from farshore.adapters.command_notifier import CommandNotifier
from farshore.adapters.log_notifier import LogNotifier
from farshore.adapters.webhook_notifier import WebhookNotifier
from farshore.model.failure import RetryLater
from farshore.ports.notifier import Notice, Notifier
from farshore.sim.fake_notifier import FakeNotifier

NOTICE = Notice("shop", "warning", "The standby lags", "By 7 s.")


def _broken_fake() -> Notifier:
    fake = FakeNotifier()
    fake.calls.fail_next("notifier.tell", RetryLater("The line is busy."))
    return fake


@pytest.mark.parametrize(
    "made", [FakeNotifier, lambda: LogNotifier(logging.getLogger("t")), lambda: CommandNotifier(["cat"])],
    ids=["fake", "log", "command"],
)  # fmt: skip
def test_a_notice_is_handed_over(made: Callable[[], Notifier], run: Callable[[Any], Any]) -> None:
    assert run(made().tell(NOTICE)) is None


@pytest.mark.parametrize(
    "made",
    [_broken_fake, lambda: CommandNotifier(["false"]), lambda: WebhookNotifier("http://127.0.0.1:1/")],
    ids=["fake", "command", "webhook"],
)
def test_what_was_not_handed_over_may_be_tried_later(made: Callable[[], Notifier], run: Callable[[Any], Any]) -> None:
    with pytest.raises(RetryLater):
        run(made().tell(NOTICE))
