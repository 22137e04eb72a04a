"""TLS 1.3 with both sides verified against the group's own authority, and nothing else believed."""

import ssl
from dataclasses import dataclass
from pathlib import Path


@dataclass(frozen=True, slots=True)
class Identity:
    """Who this program is towards its peers. Files, because `ssl` loads a key from nothing else."""

    ca_file: Path
    certificate_file: Path
    key_file: Path


def server_context(identity: Identity) -> ssl.SSLContext:
    """Raises OSError or ssl.SSLError; `examine` says beforehand, in a sentence, what is wrong with the files."""
    return _context(ssl.PROTOCOL_TLS_SERVER, identity)


def client_context(identity: Identity) -> ssl.SSLContext:
    """No name in DNS is checked: `Client` compares the common name with whom it wants to speak to."""
    return _context(ssl.PROTOCOL_TLS_CLIENT, identity)


def _context(protocol: int, identity: Identity) -> ssl.SSLContext:
    context = ssl.SSLContext(protocol)
    context.check_hostname = False
    context.verify_mode = ssl.CERT_REQUIRED
    context.minimum_version = ssl.TLSVersion.TLSv1_3
    context.load_verify_locations(cafile=str(identity.ca_file))
    # Without a password callback, OpenSSL would ask for one on the terminal and the program would hang.
    context.load_cert_chain(str(identity.certificate_file), str(identity.key_file), password=lambda: b"")
    return context
