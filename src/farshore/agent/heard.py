"""Which controllers run: remembered from their commands, told to the next one that starts.

Two controllers with state files of their own share no lease; the agents are what they share. In memory only: a
controller that runs speaks several times a second, so an agent that was restarted knows it again at once.
"""

import time
from collections.abc import Callable

from farshore.ports.agent_wire import Json

_CONTROLLERS_MAX = 100


class HeardControllers:
    def __init__(self, now_s: Callable[[], float] = time.monotonic) -> None:
        self._now_s = now_s
        self._at_s: dict[str, float] = {}  # in the order in which they last spoke

    def note(self, controller: str) -> None:
        """It has spoken as one that runs; a verb that only looks is not noted."""
        self._at_s.pop(controller, None)
        self._at_s[controller] = self._now_s()
        while len(self._at_s) > _CONTROLLERS_MAX:
            del self._at_s[next(iter(self._at_s))]

    def other_than(self, asker: str) -> Json | None:
        """The one that spoke last, the asker left out: a controller that is restarted is not in its own way."""
        for controller, at_s in reversed(self._at_s.items()):
            if controller != asker:
                return {"controller": controller, "age_s": round(self._now_s() - at_s, 3)}
        return None
