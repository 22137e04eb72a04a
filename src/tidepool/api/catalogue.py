"""What DigitalOcean sells, as far as a store needs it: regions, sizes, images, and database sizes."""

from tidepool.api.backend import Json
from tidepool.api.errors import unprocessable

_SIZES = [  # slug, memory MB, vcpus, disk GB, transfer TB, price per month
    ("s-1vcpu-512mb-10gb", 512, 1, 10, 0.5, 4.0),
    ("s-1vcpu-1gb", 1024, 1, 25, 1.0, 6.0),
    ("s-1vcpu-2gb", 2048, 1, 50, 2.0, 12.0),
    ("s-2vcpu-2gb", 2048, 2, 60, 3.0, 18.0),
    ("s-2vcpu-4gb", 4096, 2, 80, 4.0, 24.0),
    ("s-4vcpu-8gb", 8192, 4, 160, 5.0, 48.0),
    ("s-8vcpu-16gb", 16384, 8, 320, 6.0, 96.0),
]
_REGIONS = {"nyc3": "New York 3", "sfo3": "San Francisco 3", "lon1": "London 1"}
_FEATURES = ["backups", "ipv6", "metadata", "install_agent", "storage", "image_transfer"]

DATABASE_SIZES = ["db-s-1vcpu-1gb", "db-s-1vcpu-2gb", "db-s-2vcpu-4gb", "db-s-4vcpu-8gb", "db-s-6vcpu-16gb"]
# What DigitalOcean calls a version, and what really runs here where that differs.
DATABASE_VERSIONS = {"mysql": ["8"], "pg": ["15", "16", "17"]}

SIZES: list[Json] = [
    {
        "slug": slug, "memory": memory, "vcpus": vcpus, "disk": disk, "transfer": transfer, "price_monthly": price,
        "price_hourly": round(price / 672, 5), "regions": list(_REGIONS), "available": True, "description": "Basic",
        "disk_info": [{"type": "local", "size": {"amount": disk, "unit": "gib"}}],
    }
    for slug, memory, vcpus, disk, transfer, price in _SIZES
]  # fmt: skip

REGIONS: list[Json] = [
    {"slug": slug, "name": name, "features": _FEATURES, "available": True, "sizes": [size["slug"] for size in SIZES]}
    for slug, name in _REGIONS.items()
]


def _image(image_id: int, slug: str, distribution: str, name: str) -> Json:
    return {
        "id": image_id, "slug": slug, "distribution": distribution, "name": name, "type": "base", "public": True,
        "regions": list(_REGIONS), "created_at": "2026-01-15T10:00:00Z", "min_disk_size": 7, "size_gigabytes": 0.6,
        "description": f"{distribution} {name}", "tags": [], "status": "available",
    }  # fmt: skip


IMAGES: list[Json] = [
    _image(9001, "debian-12-x64", "Debian", "12 x64"),
    _image(9002, "ubuntu-24-04-x64", "Ubuntu", "24.04 (LTS) x64"),
]


def region(slug: object) -> Json:
    for found in REGIONS:
        if found["slug"] == slug:
            return found
    raise unprocessable(f"Region {slug!r} is not available; this account has {', '.join(_REGIONS)}.")


def size(slug: object) -> Json:
    for found in SIZES:
        if found["slug"] == slug:
            return found
    raise unprocessable(f"You specified an invalid size for Droplet creation: {slug}.")


def image(wanted: object) -> Json | None:
    return next((found for found in IMAGES if str(wanted) in (str(found["id"]), found["slug"])), None)
