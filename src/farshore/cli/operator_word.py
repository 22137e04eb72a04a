"""Writing the operator's word where the leader reads it: within a tick it is obeyed, or was never written."""

import asyncio
import getpass
import socket
from collections.abc import Callable

from farshore.model.failure import Refused, Unknown
from farshore.model.keys import operator_key
from farshore.model.operator import OperatorWord
from farshore.ports.coordination import Coordination

ATTEMPTS_MAX = 5  # somebody else's word may come between our reading and our writing


def who() -> str:
    """The person, for the journal. Nothing depends on it."""
    try:
        user = getpass.getuser()
    except (KeyError, OSError):
        user = "unknown"
    return f"{user}@{socket.gethostname()}"


async def speak(store: Coordination, group: str, change: Callable[[OperatorWord], OperatorWord]) -> OperatorWord:
    """Replace the last word by `change` of it. Raises Refused when others keep speaking at the same time."""
    for _ in range(ATTEMPTS_MAX):
        record = await store.read(operator_key(group))
        try:
            before = OperatorWord.from_json(record.value, record.revision)
        except Refused:
            before = OperatorWord(revision=record.revision)  # unreadable: the new word replaces it
        after = change(before)
        try:
            written = await store.swap(None, record, after.to_json())
        except Refused:
            continue
        except Unknown:
            # Read back: the same text under the next revision is ours, or says exactly what ours would have said.
            now = await store.read(operator_key(group))
            if now.value == after.to_json():
                return OperatorWord.from_json(now.value, now.revision)
            await asyncio.sleep(0.05)
            continue
        return OperatorWord.from_json(written.value, written.revision)
    raise Refused("The operator's word could not be written: others wrote at the same time.", "Repeat the command.")
