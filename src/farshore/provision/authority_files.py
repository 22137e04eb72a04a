"""The files of the authority and of this controller: made where they are missing, and never overwritten."""

import os
from pathlib import Path

from farshore.provision.authority import Authority
from farshore.provision.journal_key import make_missing_key
from farshore.settings.new_file import write_new
from farshore.settings.problem import BadSettings
from farshore.settings.secret import read_private_file
from farshore.settings.settings import Settings
from farshore.transport.message import CONTROLLER


def make_missing(settings: Settings) -> list[Path]:
    """What was made. Raises BadSettings when one half of a pair is there without the other."""
    agents, made = settings.agents, []
    if _absent(agents.certificate_file, agents.key_file, "this controller's certificate", "its key"):
        if _absent(agents.ca_file, agents.ca_key_file, "the authority's certificate", "its key"):
            authority = Authority.create(settings.group.name)
            write_new(agents.ca_key_file, authority.key_pem.decode(), 0o600)
            write_new(agents.ca_file, authority.certificate_pem.decode(), 0o644)
            made += [agents.ca_file, agents.ca_key_file]
        issued = Authority.load(agents.ca_file, agents.ca_key_file).issue(controller_name(settings))
        write_new(agents.key_file, issued.key.decode(), 0o600)
        write_new(agents.certificate_file, issued.certificate.decode(), 0o644)
        made += [agents.certificate_file, agents.key_file]
    return made + make_missing_key(settings)


def renew_own(settings: Settings, authority: Authority) -> bool:
    """Another certificate for this controller's key when the one it has ends soon."""
    agents, name = settings.agents, controller_name(settings)
    if authority.still_good(agents.certificate_file.read_bytes(), name):
        return False
    pem = authority.renewed(read_private_file(agents.key_file, "this controller's key"), name)
    beside = agents.certificate_file.with_name(agents.certificate_file.name + ".new")
    beside.write_bytes(pem)
    os.replace(beside, agents.certificate_file)
    return True


def controller_name(settings: Settings) -> str:
    return f"{CONTROLLER}:{settings.controller.name}"


def _absent(certificate: Path, key: Path, certificate_words: str, key_words: str) -> bool:
    if certificate.exists() and not key.exists():
        raise BadSettings(
            f"{certificate}: is {certificate_words}, but {key} is missing; copy {key_words} from where it was made, "
            "or move the certificate away and repeat."
        )
    if key.exists() and not certificate.exists():
        raise BadSettings(f"{key}: lies there without {certificate}; move it away and repeat, or copy the other.")
    return not certificate.exists()
