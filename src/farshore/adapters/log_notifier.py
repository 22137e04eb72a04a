"""Tells whoever reads the log. Implements the notifier port."""

import logging

from farshore.ports.notifier import Notice

_LEVELS = {"info": logging.INFO, "warning": logging.WARNING, "critical": logging.CRITICAL}


class LogNotifier:
    def __init__(self, log: logging.Logger | None = None) -> None:
        self._log = log or logging.getLogger("farshore.notice")

    async def tell(self, notice: Notice) -> None:
        level = _LEVELS.get(notice.level, logging.WARNING)
        self._log.log(level, "%s: %s\n%s", notice.group, notice.title, notice.text)
