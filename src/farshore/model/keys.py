"""Names of the group's records in the coordination store; the CLI and the leader must agree on them."""


def grant_key(group: str) -> str:
    return f"group/{group}/grant"


def status_key(group: str) -> str:
    return f"group/{group}/status"


def sources_key(group: str) -> str:
    """Who was admitted to a database before it was shut or deleted."""
    return f"group/{group}/sources"


def powered_off_key(group: str) -> str:
    """The app servers that a fence has powered off."""
    return f"group/{group}/powered_off"


def operator_key(group: str) -> str:
    return f"group/{group}/operator"
