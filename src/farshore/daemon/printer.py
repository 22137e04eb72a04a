"""One line on standard output for each journal line, as it becomes durable."""

import json
import sys
from collections.abc import Callable

from farshore.daemon.story import Story
from farshore.plan.journal import Event, to_json


def event_printer(as_json: bool, wall: Callable[[], str]) -> Callable[[Event], None]:
    """A reader that went away (a closed pipe, a full disk behind it) never stops a failover."""
    story = Story()

    def tell(event: Event) -> None:
        if as_json:
            line = json.dumps({"at": wall(), **json.loads(to_json(event))}, ensure_ascii=False)
        else:
            line = f"{wall()}  {story.tell(event)}"
        say(line)

    return tell


def say(line: str) -> None:
    try:
        print(line, flush=True)
    except OSError:
        sys.stdout = open("/dev/null", "w", encoding="utf-8")  # noqa: SIM115 - for the rest of this process's life
