"""Are these files an identity that peers will believe? Said in one sentence before the first connection.

The standard library cannot read a certificate, but it can shake hands with itself: what a peer would refuse,
it refuses.
"""

import ssl
import stat
from dataclasses import dataclass
from pathlib import Path

from farshore.transport.message import Caller, caller_of
from farshore.transport.tls import Identity, client_context, server_context

_EXPIRED, _NOT_YET = 10, 9  # OpenSSL's X509_V_ERR_CERT_HAS_EXPIRED and _NOT_YET_VALID
_TURNS_MAX = 10


class BadIdentity(Exception):
    """One sentence that names the file; what to do is for the caller to say, who knows which machine this is."""


@dataclass(frozen=True, slots=True)
class Known:
    """Seconds since 1970."""

    caller: Caller
    until_s: float
    authority_until_s: float


def examine(identity: Identity) -> Known:
    """Raises BadIdentity: a file is missing, not PEM, or readable by others, or a peer would refuse the certificate."""
    for path, what in (
        (identity.ca_file, "The authority's certificate"),
        (identity.certificate_file, "The certificate"),
        (identity.key_file, "The private key"),
    ):
        _look(path, what, secret=path == identity.key_file)
    try:
        server, client = server_context(identity), client_context(identity)
    except ssl.SSLError as error:
        if error.reason == "KEY_VALUES_MISMATCH":
            raise BadIdentity(f"{identity.key_file} is not the key of {identity.certificate_file}.") from None
        raise BadIdentity(
            f"{identity.certificate_file} and {identity.key_file} cannot be read by OpenSSL ({error.reason or error})."
        ) from None
    peer = _shake(identity, server, client)
    caller = caller_of(peer)
    if caller is None:
        raise BadIdentity(f"{identity.certificate_file} is the certificate of no controller and no agent.")
    ends = [str(found["notAfter"]) for found in client.get_ca_certs()]
    return Known(
        caller, ssl.cert_time_to_seconds(str(peer["notAfter"])), min(ssl.cert_time_to_seconds(end) for end in ends)
    )


def _look(path: Path, what: str, secret: bool) -> None:
    try:
        mode = stat.S_IMODE(path.stat().st_mode)
        text = path.read_bytes()
    except FileNotFoundError:
        raise BadIdentity(f"{what} {path} is missing.") from None
    except OSError as error:
        raise BadIdentity(f"{what} {path} cannot be read ({error.strerror}).") from None
    if secret and mode & 0o077:
        raise BadIdentity(f"{what} {path} has mode {mode:04o}, so others may read it: run chmod 600 {path}.")
    if b"-----BEGIN " not in text:
        former = " but the signing key of an earlier version" if secret and len(text.strip()) == 64 else ""
        raise BadIdentity(f"{what} {path} is not PEM{former}.")


def _shake(identity: Identity, server: ssl.SSLContext, client: ssl.SSLContext) -> dict[str, object]:
    there, back = ssl.MemoryBIO(), ssl.MemoryBIO()
    answering = server.wrap_bio(there, back, server_side=True)
    asking = client.wrap_bio(back, there)
    try:
        for _ in range(_TURNS_MAX):
            done = [_turn(asking), _turn(answering)]
            if all(done):
                break
    except ssl.SSLCertVerificationError as error:
        file = identity.certificate_file
        if error.verify_code == _EXPIRED:
            raise BadIdentity(f"{file}, or the authority {identity.ca_file}, has expired.") from None
        if error.verify_code == _NOT_YET:
            raise BadIdentity(f"{file} is not valid yet: the clock of this machine is wrong.") from None
        raise BadIdentity(
            f"{file} was not signed by the authority in {identity.ca_file} ({error.verify_message})."
        ) from None
    except ssl.SSLError as error:
        raise BadIdentity(f"{identity.certificate_file} is of no use for TLS ({error.reason or error}).") from None
    return dict(asking.getpeercert() or {})


def _turn(side: ssl.SSLObject) -> bool:
    try:
        side.do_handshake()
    except ssl.SSLWantReadError:
        return False
    return True
