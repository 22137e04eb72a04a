"""/v2/certificates: custom ones are checked, `lets_encrypt` ones come from the lab's own authority."""

from datetime import UTC, datetime, timedelta

from cryptography import x509
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.serialization import load_pem_private_key

from tidepool.api.account import Account, fresh_id, now
from tidepool.api.backend import BackendError, Json
from tidepool.api.errors import ApiError, unprocessable
from tidepool.api.objects import Certificate
from tidepool.api.paging import page
from tidepool.api.routing import Answer, Call, Table

table = Table()
STAMP = "%Y-%m-%dT%H:%M:%SZ"


def _read(chain_pem: str, key_pem: str) -> Json:
    """What the API shows of a certificate; 422 when it is none or the key does not fit."""
    try:
        leaf = x509.load_pem_x509_certificate(chain_pem.encode())
        key = load_pem_private_key(key_pem.encode(), password=None)
    except ValueError:
        raise unprocessable("The certificate or its private key is not valid PEM") from None
    if key.public_key() != leaf.public_key():
        raise unprocessable("The private key does not match the certificate")
    try:
        names = leaf.extensions.get_extension_for_class(x509.SubjectAlternativeName).value
        dns_names = names.get_values_for_type(x509.DNSName)
    except x509.ExtensionNotFound:
        dns_names = []
    return {
        "not_after": leaf.not_valid_after_utc.strftime(STAMP),
        "sha1_fingerprint": leaf.fingerprint(hashes.SHA1()).hex(),
        "dns_names": list(dns_names),
    }


async def _issue(account: Account, certificate: Certificate) -> None:
    work = account.backend.certificate_issue(certificate.json["dns_names"])
    try:
        chain, key = await account.at_least(account.pace.certificate_s, work)
    except BackendError:
        certificate.json["state"] = "error"
        raise
    certificate.chain_pem, certificate.key_pem = chain, key
    certificate.json.update({**_read(chain, key), "dns_names": certificate.json["dns_names"], "state": "verified"})


@table.on("GET", "/v2/certificates", "certificate:read")
async def list_all(call: Call) -> Answer:
    name = call.query.get("name")
    found = [cert.json for cert in call.account.certificates if not name or cert.json["name"] == name]
    return page(call, "/v2/certificates", "certificates", found)


@table.on("POST", "/v2/certificates", "certificate:create")
async def create(call: Call) -> Answer:
    account, name, kind = call.account, str(call.need("name")), call.body.get("type") or "custom"
    if account.certificates.first(lambda cert: bool(cert.json["name"] == name)):
        raise unprocessable(f"Certificate name {name!r} is already in use")
    json: Json = {"id": fresh_id(), "name": name, "created_at": now(), "type": kind, "state": "verified"}
    certificate = Certificate(json)
    if kind == "custom":
        chain = str(call.need("leaf_certificate")).strip() + "\n" + str(call.body.get("certificate_chain") or "")
        certificate.chain_pem, certificate.key_pem = chain, str(call.need("private_key"))
        json.update(_read(certificate.chain_pem, certificate.key_pem))
    elif kind == "lets_encrypt":
        names = [str(one) for one in call.need("dns_names")]
        for one in names:
            if account.domains.first(lambda d, one=one: one == d.name or one.endswith(f".{d.name}")) is None:  # type: ignore[misc]
                raise unprocessable(f"{one} is not below a domain of this account; add the domain first")
        later = (datetime.now(UTC) + timedelta(days=90)).strftime(STAMP)
        json.update(dns_names=names, state="pending", not_after=later, sha1_fingerprint="")
        account.spawn(_issue(account, certificate))
    else:
        raise unprocessable("type must be custom or lets_encrypt")
    account.certificates.put(json["id"], certificate)
    return Answer(201, {"certificate": dict(json)})


@table.on("GET", "/v2/certificates/{certificate_id}", "certificate:read")
async def get(call: Call) -> Answer:
    return Answer(200, {"certificate": call.account.certificates.get(call.params["certificate_id"]).json})


@table.on("DELETE", "/v2/certificates/{certificate_id}", "certificate:delete")
async def delete(call: Call) -> Answer:
    certificate_id = call.account.certificates.get(call.params["certificate_id"]).json["id"]
    rules = [rule for balancer in call.account.balancers for rule in balancer["forwarding_rules"]]
    if any(rule.get("certificate_id") == certificate_id for rule in rules):
        raise ApiError(403, "Make sure the certificate is not in use before deleting it")
    call.account.certificates.drop(certificate_id)
    return Answer(204)
