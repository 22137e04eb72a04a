"""One region's worth of the plain shop for tests: database, app server, balancer, and the files an agent writes."""

import json
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

from engine_lab import Pair, World

from tidepool.api.backend import DatabaseMade
from tidepool.engines.server import PORT
from tidepool.shop.user_data import user_data
from tidepool.store.blueprint import HEALTH_CHECK

DOMAIN = "shop.example.com"
SEED = "import json, sys; from tidepool.store.seed import seed; seed(sys.argv[1], json.load(sys.stdin), sys.argv[2])"
BUYER = ["-d", "name=Ada", "-d", "email=ada@example.com"]


class Shop:
    """One region's worth of shop: database, app server, balancer."""

    def __init__(self, lab: World, region: str, server: str, made: DatabaseMade) -> None:
        self.lab = lab
        self.region, self.server, self.made = region, server, made
        settings: dict[str, Any] = {
            "engine": lab.engine, "database": "shop", "user": "shop", "password": "shop-password",
            "ca": "/etc/shop/ca.pem", "secret": "cookie-secret", "region": region, "permit": True,
        }  # fmt: skip
        authority = (lab.folder.path / "ca.pem").read_text()
        script = user_data(settings, self.endpoint("writer", 1), authority)
        number, name = (1, "web-1") if region == "nyc3" else (2, "web-2")
        droplet = {"id": number, "name": name, "region": {"slug": region}}
        address = lab.do(lab.backend.droplet_create(droplet, [], script)).private
        self.host: Any = lab.lab.cell(name)
        lab.do(self.host.wait_ready())
        rule = {"entry_protocol": "https", "entry_port": 443, "target_protocol": "http", "target_port": 80}
        door = {
            "id": f"door-{region}", "name": f"door-{region}", "region": {"slug": region}, "health_check": HEALTH_CHECK,
            "forwarding_rules": [{**rule, "certificate_id": "c"}],
        }  # fmt: skip
        certificate = lab.do(lab.backend.certificate_issue([DOMAIN]))
        self.balancer = lab.do(lab.backend.balancer_apply(door, [address], {"c": certificate}))
        self.door = door

    def endpoint(self, role: str, epoch: int) -> dict[str, Any]:
        host = self.made.addresses.private
        return {"epoch": epoch, "role": role, "region": self.region, "host": host, "port": PORT}

    def point(self, role: str, epoch: int) -> None:
        self.put("endpoint.json", json.dumps(self.endpoint(role, epoch)))

    def permit(self, epoch: int = 1, left_s: float = 600, soft_s: float = 1.5, **other: Any) -> None:
        """As the agent writes it; `other` overrides what it would write."""
        boot, mono = time.CLOCK_BOOTTIME, time.CLOCK_MONOTONIC
        until = {
            "until_boot_ns": time.clock_gettime_ns(boot) + int(left_s * 1e9),
            "until_mono_ns": time.clock_gettime_ns(mono) + int(left_s * 1e9),
        }
        text = {"epoch": epoch, "region": self.region, **until, "soft_ns": int(soft_s * 1e9), **other}
        self.put("permit.json", json.dumps(text))

    def put(self, name: str, text: str) -> None:
        """By rename, below /run/farshore."""
        path = f"/run/farshore/{name}"
        script = f"cat > {path}.new && chmod 644 {path}.new && mv {path}.new {path}"
        self.lab.do(self.host.run(["sh", "-c", script], input=text))

    def remove(self, *names: str) -> None:
        self.run("rm", "-f", *(f"/run/farshore/{name}" for name in names))

    def run(self, *argv: str) -> str:
        return str(self.lab.do(self.host.run(list(argv))))

    def start_asking(self, path: str, *form: str) -> "subprocess.Popen[str]":
        address = f"{DOMAIN}:443:{self.balancer}"
        curl = ["curl", "-sS", "--noproxy", "*", "--cacert", self.lab.ca_file, "--resolve", address, "--max-time", "12"]
        argv = ["ip", "netns", "exec", self.lab.folder.netns("internet"), *curl, "-w", "\n%{http_code}"]
        return subprocess.Popen([*argv, f"https://{DOMAIN}{path}", *form], stdout=subprocess.PIPE, text=True)

    def ask(self, path: str, *form: str) -> tuple[int, str]:
        return status_and_body(self.start_asking(path, *form))

    def count(self) -> list[int]:
        """Orders, items, counter, stock: all that a checkout moves."""
        query = (
            "SELECT (SELECT count(*) FROM orders), (SELECT count(*) FROM order_items), "
            "(SELECT value FROM counters WHERE name = 'orders'), (SELECT sum(stock) FROM products)"
        )
        return [int(word) for word in self.lab.sql(self.server, query).replace("|", "\t").split()]

    def admin(self) -> Any:
        return self.lab.session("lon1", self.made.addresses.public, "doadmin", self.made.password)

    def fill_cart(self, jar: str, lines: int) -> None:
        for product in range(1, lines + 1):
            assert self.ask("/cart", "-c", jar, "-b", jar, "-d", f"product={product}")[0] == 200

    @contextmanager
    def slow(self, table: str, seconds: float) -> Iterator[None]:
        """Each changed row of `table` takes so long, as on a busy database."""
        if self.lab.engine == "mysql":
            make = f"CREATE TRIGGER slow BEFORE UPDATE ON {table} FOR EACH ROW DO SLEEP({seconds})"
            drop = "DROP TRIGGER slow"
        else:
            make = (
                "CREATE OR REPLACE FUNCTION slow() RETURNS trigger LANGUAGE plpgsql AS "
                f"$$ BEGIN PERFORM pg_sleep({seconds}); RETURN NEW; END $$;\n"
                f"CREATE TRIGGER slow BEFORE UPDATE ON {table} FOR EACH ROW EXECUTE FUNCTION slow()"
            )
            drop = f"DROP TRIGGER slow ON {table}"
        self.lab.sql(self.server, make)
        yield
        self.lab.sql(self.server, drop)

    def until_orders(self, wanted: int) -> None:
        server: Any = self.lab.backend._databases.get(self.server).server
        select = "USE shop;\n" if self.lab.engine == "mysql" else "\\connect shop\n"

        async def there() -> bool:
            return (await server._sql(f"{select}SELECT count(*) FROM orders;\n")).strip() == str(wanted)

        self.lab.until(there, "the order row is written")


def seeded(lab: World) -> Pair:
    pair = lab.cluster("shop-db")
    connection = {"host": pair.made.addresses.public, "port": PORT, "user": "doadmin", "password": pair.made.password}
    argv = ["ip", "netns", "exec", lab.folder.netns("lon1"), sys.executable, "-c", SEED, lab.engine, lab.ca_file]
    subprocess.run(argv, input=json.dumps(connection), text=True, check=True)
    return pair


def status_and_body(curl: "subprocess.Popen[str]") -> tuple[int, str]:
    body, status = curl.communicate(timeout=30)[0].rsplit("\n", 1)
    return int(status), body
