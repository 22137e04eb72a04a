"""What the plain shop consists of: names, prefixes, products. Pure values, printed and used by the builder."""

from dataclasses import dataclass

PRODUCTS = (
    ("Brass ship's bell", "89.00"), ("Oilskin jacket", "129.50"), ("Storm lantern", "42.00"),
    ("Tide table 2027", "12.90"), ("Wool watch cap", "24.00"), ("Marlinspike", "18.75"),
    ("Chart weights, pair", "36.00"), ("Rope mat", "27.40"), ("Enamel mug", "9.80"),
    ("Signal flags, set", "74.00"), ("Deck brush", "15.60"), ("Sextant, student's", "210.00"),
    ("Canvas bucket", "31.20"), ("Harbour pilot's pencil", "4.50"), ("Sea chest", "340.00"),
    ("Compass, pocket", "58.00"), ("Ditty bag", "22.00"), ("Barometer", "149.00"),
    ("Knot board", "66.30"), ("Ginger biscuits, tin", "11.00"),
)  # fmt: skip
STOCK = 100_000

DATABASE = "shop"
APP_USER = "shop"
RECORD_TTL_S = 30
DROPLETS_PER_REGION = 2
CONTROLLERS = "203.0.113.128/25"  # lon1, where controllers live

# The fastest that DigitalOcean's health check can be.
HEALTH_CHECK = {
    "protocol": "http", "port": 80, "path": "/healthz", "check_interval_seconds": 3,
    "response_timeout_seconds": 3, "unhealthy_threshold": 2, "healthy_threshold": 2,
}  # fmt: skip

ENGINES = {"mysql": ("mysql", "8"), "pg": ("pg", "15")}


@dataclass(frozen=True, slots=True)
class Site:
    """One of the two regions."""

    region: str
    role: str
    prefix: str

    @property
    def name(self) -> str:
        """Of the VPC, the database and the tag of the app servers."""
        return f"shop-{self.region}"

    @property
    def door(self) -> str:
        """Of the balancer. Hosts of a lab are found by name, so it is not the database's."""
        return f"door-{self.region}"

    @property
    def droplets(self) -> list[str]:
        return [f"web-{self.region}-{n}" for n in range(1, DROPLETS_PER_REGION + 1)]


WRITER = Site("nyc3", "writer", "10.10.0.0/16")
STANDBY = Site("sfo3", "standby", "10.20.0.0/16")
SITES = (WRITER, STANDBY)


def split_domain(domain: str) -> tuple[str, str]:
    """(record name, zone) of the store's host name: the zone is what the account holds."""
    record, _, zone = domain.partition(".")
    if "." not in zone:
        raise ValueError(f"--domain {domain!r} must be a name below a domain, such as shop.example.com.")
    return record, zone
