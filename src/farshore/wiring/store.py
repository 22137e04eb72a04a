"""The store of record and the clock: all that the verbs need which only read the journal or leave a word."""

from farshore.adapters.sqlite_coordination import SqliteCoordination
from farshore.adapters.system_clock import SystemClock
from farshore.ports.clock import Clock
from farshore.ports.coordination import Coordination
from farshore.settings.settings import Settings


def open_store(settings: Settings) -> Coordination:
    """Opens nothing yet: the first call does."""
    return SqliteCoordination(settings.state_file)


def open_clock() -> Clock:
    return SystemClock()
