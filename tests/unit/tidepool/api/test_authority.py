"""The lab's certificate authority."""

import ssl
from pathlib import Path

from cryptography import x509

from tidepool.api.authority import Authority


def test_opened_again_it_is_the_same(tmp_path: Path) -> None:
    first = Authority.open(tmp_path)
    assert Authority.open(tmp_path).ca_pem == first.ca_pem
    assert (tmp_path / "ca.key").stat().st_mode & 0o777 == 0o600


def test_names_and_addresses(tmp_path: Path) -> None:
    leaf = x509.load_pem_x509_certificate(Authority.open(tmp_path).issue(["a.test", "192.0.2.1"]).chain_pem.encode())
    names = leaf.extensions.get_extension_for_class(x509.SubjectAlternativeName).value
    assert names.get_values_for_type(x509.DNSName) == ["a.test"]
    assert [str(ip) for ip in names.get_values_for_type(x509.IPAddress)] == ["192.0.2.1"]


def test_a_strict_client_accepts_it(tmp_path: Path) -> None:
    """The strict flag is the default from Python 3.13 on; it wants key identifiers that many small CAs forget."""
    authority = Authority.open(tmp_path)
    server = authority.server_context("api", ["api.tidepool.test"])
    client = ssl.create_default_context(cafile=str(authority.ca_file))
    client.verify_flags |= ssl.VERIFY_X509_STRICT
    to_server, to_client = ssl.MemoryBIO(), ssl.MemoryBIO()
    near = client.wrap_bio(to_client, to_server, server_hostname="api.tidepool.test")
    far = server.wrap_bio(to_server, to_client, server_side=True)
    for _ in range(4):
        for end in (near, far):
            try:
                end.do_handshake()
            except ssl.SSLWantReadError:
                pass
    assert near.version() == "TLSv1.3"
    assert (tmp_path / "api.pem").stat().st_mode & 0o777 == 0o600
