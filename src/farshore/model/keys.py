"""Names of the group's records in the coordination store; the CLI and the leader must agree on them."""


def grant_key(group: str) -> str:
    return f"group/{group}/grant"


def status_key(group: str) -> str:
    return f"group/{group}/status"


def operator_key(group: str) -> str:
    return f"group/{group}/operator"
