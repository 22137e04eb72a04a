"""Certificates for tests: one authority, and an identity for whoever is asked for."""

from pathlib import Path

from farshore.provision.authority import Authority
from farshore.transport.tls import Identity

AUTHORITY = Authority.create("tests")
STRANGER = Authority.create("tests")  # another one, though of the same name


def identity(folder: Path, name: str, authority: Authority = AUTHORITY, ca: Authority | None = None) -> Identity:
    """`name` is `controller:NAME` or `agent:HOST`; `ca` is whom it believes, if not its own authority."""
    folder.mkdir(parents=True, exist_ok=True)
    issued = authority.issue(name)
    stem = f"{name.replace(':', '-')}-{id(authority)}-{id(ca)}"
    made = Identity(folder / f"{stem}-ca.pem", folder / f"{stem}.pem", folder / f"{stem}.key")
    made.ca_file.write_bytes((ca or authority).certificate_pem)
    made.certificate_file.write_bytes(issued.certificate)
    made.key_file.write_bytes(issued.key)
    made.key_file.chmod(0o600)
    return made
