"""Everything farshore.yaml says, as frozen values. Secrets are not in here, only where they are kept."""

from dataclasses import dataclass
from pathlib import Path

from farshore.model.group import Group
from farshore.model.region import RegionName

DIGITALOCEAN = "https://api.digitalocean.com"


@dataclass(frozen=True, slots=True)
class Provider:
    endpoint: str = DIGITALOCEAN
    ca_file: Path | None = None  # only for an endpoint with an authority of its own, such as a lab
    token_file: Path | None = None


@dataclass(frozen=True, slots=True)
class Vantage:
    """This controller: its name in the store of record, and where it stands."""

    name: str
    place: str
    address: str = ""  # where app servers reach it to renew the permit; empty: the address it reaches them from
    port: int = 9471


@dataclass(frozen=True, slots=True)
class Agents:
    """How controllers and agents know each other (by certificate), and how `agents deploy` reaches the app servers
    (by SSH)."""

    ca_file: Path  # the group's own authority
    ca_key_file: Path  # only where certificates are issued
    certificate_file: Path  # this controller's
    key_file: Path
    ssh_user: str = "root"
    ssh_key_file: Path | None = None
    ssh_port: int = 22
    known_hosts_file: Path = Path("known_hosts")
    journal_key_file: Path = Path("farshore-journal.key")  # opens journalled orders; needed by `reconcile` only
    journal_public_file: Path = Path("farshore-journal.pub")  # app servers seal with it


@dataclass(frozen=True, slots=True)
class Reference:
    """A web address outside both regions; a controller that reaches none of them judges nobody."""

    host: str
    port: int
    path: str
    tls: bool


@dataclass(frozen=True, slots=True)
class Probe:
    ca_file: Path | None = None  # None: the system's authorities
    port: int = 443
    tls: bool = True
    references: tuple[Reference, ...] = ()


@dataclass(frozen=True, slots=True)
class Notify:
    webhook_file: Path | None = None  # holds the URL, which is a secret
    command: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class SelfRun:
    """A database server on a host of the operator's own. Its host is also what the group calls it."""

    host: str  # a droplet's name in the account, or an address
    private_host: str  # empty: the droplet's private address
    region: RegionName
    port: int
    admin_user: str
    password_file: Path
    app_password_file: Path  # of the user that takes the first store's orders; app servers get it
    ca_file: Path
    data_folder: str
    unit: str


@dataclass(frozen=True, slots=True)
class Payments:
    """The payment providers' own lists, for one store. Each file holds a secret."""

    store: str
    stripe_key_file: Path | None = None
    paypal_client_file: Path | None = None
    paypal_sandbox: bool = False


@dataclass(frozen=True, slots=True)
class Settings:
    file: Path
    group: Group
    provider: Provider
    controller: Vantage
    agents: Agents
    probe: Probe
    notify: Notify
    state_file: Path
    dns_servers: tuple[str, ...] = ()  # empty: the zone's own name servers
    dns_port: int = 53
    self_run: tuple[SelfRun, ...] = ()  # both databases, or none
    payments: tuple[Payments, ...] = ()  # one for each store

    def payments_of(self, store: str) -> Payments:
        return next((one for one in self.payments if one.store == store), Payments(store))
