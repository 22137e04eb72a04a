"""The memory of an agent that has lived through its first wait: one without any does not open a later epoch at once."""

import json
from pathlib import Path


def lived(state: Path) -> None:
    """Before the agent starts for the first time in `state`."""
    state.mkdir(parents=True, exist_ok=True)
    file = state / "promises.json"
    if not file.exists():
        file.write_text(json.dumps({"promise": None, "revoked": 0, "ended": 0, "read": True}))
