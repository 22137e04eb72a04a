"""How something outside may fail. Every adapter raises one of these and nothing else.

`RetryLater` and `Refused` are answers; `Unknown` is the absence of one, and is resolved by reading
back, never by a status code. Anything that is not a `Failure` is a bug and stops the plan.
"""


class Failure(Exception):
    """`what` says what happened, `hint` says what the operator does next (both are whole sentences)."""

    def __init__(self, what: str, hint: str = "") -> None:
        super().__init__(what)
        self.what = what
        self.hint = hint

    def __str__(self) -> str:
        return f"{self.what} {self.hint}".strip()


class RetryLater(Failure):
    """Not done; it may work after `after_s` seconds (rate limit, 5xx before acceptance, not ready yet)."""

    def __init__(self, what: str, hint: str = "", after_s: float = 0.2) -> None:
        super().__init__(what, hint)
        self.after_s = after_s


class Unknown(Failure):
    """Perhaps done: the answer was lost. The caller reads back before it tries again."""


class Refused(Failure):
    """Not done, and repeating it changes nothing (bad token, missing object, stale epoch)."""


class Unreachable(RetryLater):
    """Not done: nobody answered at the address. The only failure that says something of the peer's health."""
