"""What both ends of the transport say to each other. Used by whoever answers or asks."""

from dataclasses import dataclass
from typing import Any

Json = dict[str, Any]

CONTROLLER = "controller"
AGENT = "agent"


@dataclass(frozen=True, slots=True)
class Answer:
    status: int
    body: Json


@dataclass(frozen=True, slots=True)
class Caller:
    """Who is at the other end, from the common name `role:name` of the certificate."""

    role: str
    name: str

    def __str__(self) -> str:
        return f"{self.role}:{self.name}"


class NoAnswer(Exception):
    """`sent`: the peer may have read the request, and so may have done what it asks for."""

    def __init__(self, why: str, sent: bool) -> None:
        super().__init__(why)
        self.why = why
        self.sent = sent


class NotTrusted(NoAnswer):
    """One of the two ends does not believe the other's certificate; nothing was read."""

    def __init__(self, why: str) -> None:
        super().__init__(why, sent=False)


def caller_of(certificate: object) -> Caller | None:
    """`certificate` is what `getpeercert()` gave. None unless its one common name is `role:name`."""
    subject = certificate.get("subject") if isinstance(certificate, dict) else None
    names = [value for part in subject or () for key, value in part if key == "commonName"]
    if len(names) != 1:
        return None
    role, colon, name = str(names[0]).partition(":")
    return Caller(role, name) if colon and role in (CONTROLLER, AGENT) and name else None
