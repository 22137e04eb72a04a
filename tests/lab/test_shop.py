"""The plain shop on a real droplet behind a real balancer: it sells, refuses, acknowledges only what it may."""

import json
import subprocess
import sys
from collections.abc import Iterator
from typing import Any

import pytest
from engine_lab import NEEDS_LAB, Session, World, world

from tidepool.engines.server import PORT
from tidepool.shop.user_data import user_data
from tidepool.store.blueprint import HEALTH_CHECK

pytestmark = NEEDS_LAB
DOMAIN = "shop.example.com"
SEED = "import json, sys; from tidepool.store.seed import seed; seed(sys.argv[1], json.load(sys.stdin), sys.argv[2])"
BUYER = ["-d", "name=Ada", "-d", "email=ada@example.com"]
ENDPOINT = "/run/farshore/endpoint.json"


class Shop:
    """One region's worth of shop: database, app server, balancer."""

    def __init__(self, lab: World) -> None:
        self.lab = lab
        self.database = lab.cluster("shop-db")
        self._seed()
        settings = {
            "engine": lab.engine, "database": "shop", "user": "shop", "password": "shop-password",
            "ca": "/etc/shop/ca.pem", "secret": "cookie-secret", "region": "nyc3",
        }  # fmt: skip
        authority = (lab.folder.path / "ca.pem").read_text()
        script = user_data(settings, self.endpoint("writer", 1), authority)
        droplet = {"id": 1, "name": "web-1", "region": {"slug": "nyc3"}}
        address = lab.do(lab.backend.droplet_create(droplet, [], script)).private
        self.host: Any = lab.lab.cell("web-1")
        lab.do(self.host.wait_ready())
        rule = {"entry_protocol": "https", "entry_port": 443, "target_protocol": "http", "target_port": 80}
        door = {
            "id": "door", "name": "door", "region": {"slug": "nyc3"}, "health_check": HEALTH_CHECK,
            "forwarding_rules": [{**rule, "certificate_id": "c"}],
        }  # fmt: skip
        certificate = lab.do(lab.backend.certificate_issue([DOMAIN]))
        self.balancer = lab.do(lab.backend.balancer_apply(door, [address], {"c": certificate}))
        self.door = door

    def endpoint(self, role: str, epoch: int) -> dict[str, Any]:
        host = self.database.made.addresses.private
        return {"epoch": epoch, "role": role, "region": "nyc3", "host": host, "port": PORT}

    def point(self, role: str, epoch: int) -> None:
        script = f"cat > {ENDPOINT}.new && chmod 644 {ENDPOINT}.new && mv {ENDPOINT}.new {ENDPOINT}"
        self.lab.do(self.host.run(["sh", "-c", script], input=json.dumps(self.endpoint(role, epoch))))

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
        return [int(word) for word in self.lab.sql("shop-db", query).replace("|", "\t").split()]

    def _seed(self) -> None:
        made = self.database.made
        connection = {"host": made.addresses.public, "port": PORT, "user": "doadmin", "password": made.password}
        argv = ["ip", "netns", "exec", self.lab.folder.netns("lon1"), sys.executable, "-c", SEED]
        argv += [self.lab.engine, self.lab.ca_file]
        subprocess.run(argv, input=json.dumps(connection), text=True, check=True)


def status_and_body(curl: "subprocess.Popen[str]") -> tuple[int, str]:
    body, status = curl.communicate(timeout=30)[0].rsplit("\n", 1)
    return int(status), body


@pytest.fixture(scope="module", params=["mysql", "pg"])
def shop(request: pytest.FixtureRequest) -> Iterator[Shop]:
    with world(f"c-shop-{request.param}", request.param) as lab:
        yield Shop(lab)


@pytest.fixture(autouse=True)
def writer(shop: Shop) -> None:
    shop.point("writer", 1)


def test_an_order_is_whole_when_it_is_acknowledged(shop: Shop) -> None:
    """Row, items, meta, stock, total; and its page says so."""
    before = shop.count()
    status, body = shop.ask("/checkout", *BUYER, "-d", "product=2", "-d", "qty=3", "-d", "token=word-1")
    assert status == 200, body
    order = json.loads(body)
    assert order["epoch"] == 1
    assert order["region"] == "nyc3"
    assert shop.count() == [before[0] + 1, before[1] + 1, before[2] + 1, before[3] - 3]
    epoch = "(SELECT value FROM order_meta WHERE order_id = o.id AND name = 'epoch')"
    query = (
        "SELECT o.status, o.token, (SELECT sum(qty * price) FROM order_items WHERE order_id = o.id) - o.total, "
        f"{epoch} FROM orders o WHERE id = {order['order_id']}"
    )
    row = shop.lab.sql("shop-db", query).replace("|", "\t").split("\t")
    assert [row[0], row[1], float(row[2]), row[3]] == ["processing", "word-1", 0.0, "1"]
    page = json.loads(shop.ask(f"/order/{order['order_key']}")[1])
    assert (page["status"], page["total"], page["items"][0]["qty"]) == ("processing", order["total"], 3)


def test_a_cart_travels_in_a_cookie_that_cannot_be_forged(shop: Shop, tmp_path: Any) -> None:
    jar = str(tmp_path / "jar")
    assert shop.ask("/cart", "-c", jar, "-d", "product=1", "-d", "qty=2")[0] == 200
    assert shop.ask("/cart", "-b", jar, "-c", jar, "-d", "product=4")[0] == 200
    status, body = shop.ask("/checkout", "-b", jar, *BUYER)
    assert status == 200
    assert json.loads(body)["total"] == "190.90"
    forged = "cart=eyIxIjo5OX0%3D.0000"
    assert shop.ask("/checkout", "-b", forged, *BUYER)[0] == 400


def test_pages_are_served_and_say_what_is_not_there(shop: Shop) -> None:
    status, body = shop.ask("/")
    assert (status, body.count("class='card'")) == (200, 20)
    assert "Storm lantern" in shop.ask("/product/3")[1]
    assert [shop.ask(path)[0] for path in ("/product/99", "/order/none", "/nothing")] == [404, 404, 404]
    assert shop.ask("/healthz/deep")[0] == 200


def test_a_standby_browses_and_touches_nothing(shop: Shop) -> None:
    """Writes are refused before anything is touched: not even the id counter moves."""
    shop.point("standby", 2)
    before = shop.count()
    assert shop.ask("/checkout", *BUYER, "-d", "product=1")[0] == 503
    assert shop.ask("/cart", "-d", "product=1")[0] == 503
    status, body = shop.ask("/healthz/deep")
    assert (status, json.loads(body)["ok"], json.loads(body)["role"]) == (503, False, "standby")
    assert [shop.ask(path)[0] for path in ("/", "/product/1", "/healthz")] == [200, 200, 200]
    assert shop.count() == before


def test_an_order_that_the_epoch_overtakes_is_not_acknowledged(shop: Shop) -> None:
    """The writer changes while the order is being written: the rows are there, the answer is 503."""
    holder = shop.database.admin()
    holder.rows("BEGIN")
    holder.rows("UPDATE products SET stock = stock WHERE id = 5")
    before = shop.count()
    buyer = shop.start_asking("/checkout", *BUYER, "-d", "product=5")
    _until_orders(shop, before[0] + 1)
    shop.point("writer", 2)
    holder.rows("COMMIT")
    status, body = status_and_body(buyer)
    assert (status, "not confirmed" in body) == (503, True)
    assert shop.count()[0] == before[0] + 1


def test_ending_the_shops_sessions_never_becomes_an_acknowledgement(shop: Shop) -> None:
    """A fence in the middle of a checkout: the buyer gets 503, not the 200 that WooCommerce would give."""
    holder = shop.database.admin()
    holder.rows("BEGIN")
    holder.rows("UPDATE products SET stock = stock WHERE id = 6")
    before = shop.count()
    buyer = shop.start_asking("/checkout", *BUYER, "-d", "product=6")
    _until_orders(shop, before[0] + 1)
    _end_sessions(shop, shop.database.admin())
    assert status_and_body(buyer)[0] == 503
    holder.rows("COMMIT")
    assert shop.ask("/checkout", *BUYER, "-d", "product=6")[0] == 200


def test_without_its_file_the_shop_is_closed_also_after_a_boot(shop: Shop) -> None:
    """A server that boots again without a controller does not know who the writer is."""
    shop.lab.do(shop.host.kill())
    shop.lab.do(shop.lab.lab.restart(shop.host))
    shop.lab.do(shop.host.wait_ready())

    async def answers() -> bool:
        return "200" in await shop.host.run(
            ["curl", "-s", "-o", "/dev/null", "-w", "%{http_code}", "http://127.0.0.1/healthz"], check=False
        )

    shop.lab.until(answers, "the shallow check answers")
    ask = ["curl", "-s", "-o", "/dev/null", "-w", "%{http_code}"]
    assert shop.lab.do(shop.host.run([*ask, "http://127.0.0.1/"])) == "503"
    assert shop.lab.do(shop.host.run([*ask, "-d", "product=1", "http://127.0.0.1/checkout"])) == "503"


def test_a_balancer_without_a_living_backend_says_503_and_reloads(shop: Shop) -> None:
    """No backend at all, then the same one again, in the running balancer."""
    certificate = shop.lab.do(shop.lab.backend.certificate_issue([DOMAIN]))
    apply = shop.lab.backend.balancer_apply
    shop.lab.do(apply(shop.door, [], {"c": certificate}))
    _until_status(shop, 503)
    shop.lab.do(apply(shop.door, [shop.host.private_ip], {"c": certificate}))
    _until_status(shop, 200)


def _until_status(shop: Shop, wanted: int) -> None:
    async def same() -> bool:
        return shop.ask("/healthz")[0] == wanted

    shop.lab.until(same, f"the balancer answers {wanted}")


def _until_orders(shop: Shop, wanted: int) -> None:
    server: Any = shop.lab.backend._databases.get("shop-db").server
    select = "USE shop;\n" if shop.lab.engine == "mysql" else "\\connect shop\n"

    async def there() -> bool:
        return (await server._sql(f"{select}SELECT count(*) FROM orders;\n")).strip() == str(wanted)

    shop.lab.until(there, "the order row is written")


def _end_sessions(shop: Shop, admin: Session) -> None:
    if shop.lab.engine == "mysql":
        admin.rows("KILL USER shop")
    else:
        admin.rows("SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE usename = 'shop'")
