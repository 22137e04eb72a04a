"""The group's own authority: it signs for its controllers and agents, and for nothing else.

`farshore init` makes it; `farshore agents deploy` asks it for one certificate per app server.
"""

import datetime as dt
from dataclasses import dataclass
from pathlib import Path

from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.x509.oid import ExtendedKeyUsageOID, NameOID

from farshore.settings.problem import BadSettings
from farshore.settings.secret import read_private_file

AUTHORITY_DAYS = 3652
LEAF_DAYS = 1826
RENEW_BEFORE_DAYS = 180
_BACKDATE = dt.timedelta(days=1)  # the clock of an app server that has just booted may be behind
_NAME_MAX = 64  # X.509's own limit of a common name


@dataclass(frozen=True, slots=True)
class Issued:
    certificate: bytes
    key: bytes


@dataclass(frozen=True, slots=True)
class Authority:
    key: ec.EllipticCurvePrivateKey
    certificate: x509.Certificate

    @classmethod
    def create(cls, group: str) -> "Authority":
        key = _new_key()
        name = _name(f"farshore authority of {group}")
        usage = x509.KeyUsage(False, False, False, False, False, True, True, False, False)
        certificate = (
            _builder(name, name, key.public_key(), _now() + dt.timedelta(days=AUTHORITY_DAYS))
            .add_extension(x509.BasicConstraints(ca=True, path_length=0), critical=True)
            .add_extension(usage, critical=True)
            .sign(key, hashes.SHA256())
        )
        return cls(key, certificate)

    @classmethod
    def load(cls, certificate_file: Path, key_file: Path) -> "Authority":
        """Raises BadSettings with the file and the remedy."""
        try:
            certificate = x509.load_pem_x509_certificate(certificate_file.read_bytes())
        except FileNotFoundError:
            raise BadSettings(
                f"{certificate_file}: there is no such file for the group's authority; "
                "copy it from the machine that ran `farshore init`, or make one with `farshore init --authority`."
            ) from None
        except (OSError, ValueError) as error:
            raise BadSettings(
                f"{certificate_file}: the authority's certificate cannot be read ({error}); copy it again."
            ) from None
        key = _load_key(read_private_file(key_file, "the authority's key"), key_file)
        if key.public_key() != certificate.public_key():
            raise BadSettings(f"{key_file}: is not the key of {certificate_file}; copy both from one place.")
        if certificate.not_valid_after_utc <= _now():
            raise BadSettings(
                f"{certificate_file}: the authority has expired; move both files away, make another with "
                "`farshore init --authority`, then run `farshore agents deploy`."
            )
        return cls(key, certificate)

    @property
    def certificate_pem(self) -> bytes:
        return self.certificate.public_bytes(serialization.Encoding.PEM)

    @property
    def key_pem(self) -> bytes:
        return _key_pem(self.key)

    def issue(self, name: str) -> Issued:
        """`name` is `controller:NAME` or `agent:HOST`. Raises BadSettings when it is too long."""
        key = _new_key()
        return Issued(self.certify(name, key.public_key()), _key_pem(key))

    def certify(self, name: str, public: ec.EllipticCurvePublicKey) -> bytes:
        if len(name) > _NAME_MAX:
            raise BadSettings(f"{name!r} is longer than {_NAME_MAX} characters, the most that a certificate holds.")
        until = min(_now() + dt.timedelta(days=LEAF_DAYS), self.certificate.not_valid_after_utc)
        usage = x509.KeyUsage(True, False, False, False, False, False, False, False, False)
        both = x509.ExtendedKeyUsage([ExtendedKeyUsageOID.SERVER_AUTH, ExtendedKeyUsageOID.CLIENT_AUTH])
        issuer = x509.AuthorityKeyIdentifier.from_issuer_public_key(self.key.public_key())
        certificate = (
            _builder(_name(name), self.certificate.subject, public, until)
            .add_extension(x509.BasicConstraints(ca=False, path_length=None), critical=True)
            .add_extension(usage, critical=True)
            .add_extension(both, critical=False)
            .add_extension(issuer, critical=False)
            .sign(self.key, hashes.SHA256())
        )
        return certificate.public_bytes(serialization.Encoding.PEM)

    def still_good(self, pem: bytes, name: str) -> bool:
        """Whether `pem` is a certificate of ours for `name`, with time left."""
        try:
            found = x509.load_pem_x509_certificate(pem)
            found.verify_directly_issued_by(self.certificate)
        except Exception:  # whatever is wrong with it, another is issued
            return False
        soon = _now() + dt.timedelta(days=RENEW_BEFORE_DAYS)
        lasts = found.not_valid_after_utc > min(soon, self.certificate.not_valid_after_utc - _BACKDATE)
        return lasts and found.not_valid_before_utc <= _now() and found.subject == _name(name)

    def renewed(self, key_pem: bytes, name: str) -> bytes:
        """Another certificate for the same key, so that one file is replaced and not two."""
        key = serialization.load_pem_private_key(key_pem, None)
        assert isinstance(key, ec.EllipticCurvePrivateKey)
        return self.certify(name, key.public_key())


def _builder(
    subject: x509.Name, issuer: x509.Name, public: ec.EllipticCurvePublicKey, until: dt.datetime
) -> x509.CertificateBuilder:
    return (
        x509.CertificateBuilder()
        .subject_name(subject)
        .issuer_name(issuer)
        .public_key(public)
        .serial_number(x509.random_serial_number())
        .not_valid_before(_now() - _BACKDATE)
        .not_valid_after(until)
        .add_extension(x509.SubjectKeyIdentifier.from_public_key(public), critical=False)
    )


def _name(text: str) -> x509.Name:
    return x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, text)])


def _new_key() -> ec.EllipticCurvePrivateKey:
    return ec.generate_private_key(ec.SECP256R1())


def _key_pem(key: ec.EllipticCurvePrivateKey) -> bytes:
    return key.private_bytes(
        serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption()
    )


def _load_key(text: bytes, file: Path) -> ec.EllipticCurvePrivateKey:
    try:
        key = serialization.load_pem_private_key(text, None)
    except (ValueError, TypeError) as error:
        raise BadSettings(f"{file}: the authority's key cannot be read ({error}); copy it again.") from None
    if not isinstance(key, ec.EllipticCurvePrivateKey):
        raise BadSettings(f"{file}: the authority's key is not one that `farshore init` made; copy it again.")
    return key


def _now() -> dt.datetime:
    return dt.datetime.now(dt.UTC)
