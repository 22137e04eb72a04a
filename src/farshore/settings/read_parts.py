"""The sections that say how this controller reaches the world: provider, controller, agents, probe, notify."""

from pathlib import Path
from urllib.parse import SplitResult, urlsplit

from farshore.model.group import Group
from farshore.settings import names
from farshore.settings.section import Section
from farshore.settings.settings import DIGITALOCEAN, Agents, Notify, Probe, Provider, Reference, Vantage


def read_provider(section: Section) -> Provider:
    endpoint = section.free_text("endpoint", DIGITALOCEAN).rstrip("/")
    url = _split(section, "endpoint", endpoint)
    if url.scheme != "https" or url.path or url.query:
        raise section.refuse("endpoint", f"is {endpoint!r}; write https:// and a host, such as {DIGITALOCEAN}.")
    if section.has("token"):
        raise section.refuse("token", "may not be written here; set FARSHORE_TOKEN, or use token_file (mode 0600).")
    provider = Provider(endpoint, section.file_path("ca_file"), section.file_path("token_file"))
    section.finish()
    return provider


def read_controller(section: Section, group: Group) -> Vantage:
    vantage = Vantage(
        name=section.text("name", names.GROUP, "controller"),
        place=section.text("place", names.PLACE, "outside"),
        address=section.free_text("address"),
        port=section.integer("port", 9471, 1, 65535),
    )
    if vantage.address and not names.is_ip_address(vantage.address):
        raise section.refuse("address", f"is {vantage.address!r}; write the IP address at which app servers reach it.")
    if vantage.place in (group.first.region, group.second.region):
        raise section.refuse(
            "place",
            f"is {vantage.place}, a region of the store, and would go down with it; run the controller elsewhere.",
        )
    section.finish()
    return vantage


def read_agents(section: Section, folder: Path) -> Agents:
    agents = Agents(
        ca_file=section.file_path("ca_file") or folder / "farshore-ca.pem",
        ca_key_file=section.file_path("ca_key_file") or folder / "farshore-ca.key",
        certificate_file=section.file_path("certificate_file") or folder / "controller.pem",
        key_file=section.file_path("key_file") or folder / "controller.key",
        ssh_user=section.text("ssh_user", names.UNIX_USER, "root"),
        ssh_key_file=section.file_path("ssh_key_file"),
        ssh_port=section.integer("ssh_port", 22, 1, 65535),
        known_hosts_file=section.file_path("known_hosts_file") or folder / "known_hosts",
        journal_key_file=section.file_path("journal_key_file") or folder / "farshore-journal.key",
        journal_public_file=section.file_path("journal_public_file") or folder / "farshore-journal.pub",
    )
    section.finish()
    return agents


def read_probe(section: Section) -> Probe:
    tls = section.flag("tls", True)
    probe = Probe(
        ca_file=section.file_path("ca_file"),
        port=section.integer("port", 443 if tls else 80, 1, 65535),
        tls=tls,
        references=tuple(_read_reference(section, text) for text in section.texts("references")),
    )
    section.finish()
    return probe


def read_notify(section: Section) -> Notify:
    if section.has("webhook"):
        raise section.refuse(
            "webhook", "may not be written here, since its URL is a secret; use webhook_file (mode 0600)."
        )
    notify = Notify(section.file_path("webhook_file"), section.texts("command"))
    section.finish()
    return notify


def _read_reference(section: Section, text: str) -> Reference:
    url = _split(section, "references", text)
    host = url.hostname or ""
    if url.scheme not in {"http", "https"} or not (names.DOMAIN.allows(host) or names.is_ip_address(host)):
        raise section.refuse("references", f"holds {text!r}; write web addresses such as https://www.example.org/.")
    tls = url.scheme == "https"
    return Reference(host, url.port or (443 if tls else 80), url.path or "/", tls)


def _split(section: Section, key: str, text: str) -> SplitResult:
    try:
        url = urlsplit(text)
        _ = url.port  # raises when it is no number
        good = bool(url.hostname) and not (url.username or url.password) and text.isascii() and " " not in text
    except ValueError:
        good = False
    if not good:
        raise section.refuse(
            key, f"holds {text!r}, which is no web address; write one such as https://api.example.com."
        )
    return url
