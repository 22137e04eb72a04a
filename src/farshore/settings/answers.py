"""What `farshore init` has to know; everything else has a default that suits."""

from dataclasses import dataclass

from farshore.settings.settings import DIGITALOCEAN

# Two, of different owners: one of them having a bad day must not blind a controller.
USUAL_REFERENCES = ("https://www.google.com/", "https://www.cloudflare.com/")


@dataclass(frozen=True, slots=True)
class PlaceAnswers:
    region: str
    load_balancer: str
    database: str
    app_tag: str


@dataclass(frozen=True, slots=True)
class VerifyAnswers:
    """An order from outside that proves a failover: POST of a form to a path."""

    path: str
    form: tuple[tuple[str, str], ...]
    expect: str


@dataclass(frozen=True, slots=True)
class Answers:
    group: str
    engine: str
    domain: str
    zone: str
    first: PlaceAnswers
    second: PlaceAnswers
    mode: str = "auto"
    allow_unfenced: bool = False
    verify: VerifyAnswers | None = None
    id_counters: tuple[str, ...] = ()
    guarded_tables: tuple[str, ...] = ()
    profile: str = "default"  # of the permit
    gate: str = "trigger"
    checkout_max_s: float | None = None
    journal: str = "off"  # policy of the order journal
    place: str = "outside"
    endpoint: str = DIGITALOCEAN
    provider_ca_file: str = ""
    token_file: str = ""
    probe_ca_file: str = ""
    references: tuple[str, ...] = USUAL_REFERENCES
    dns_servers: tuple[str, ...] = ()
    ssh_user: str = "root"
    ssh_key_file: str = ""
