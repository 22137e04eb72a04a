"""A whole shop whose region loses its power and gets it back, whose clocks jump and whose services die one by one.

One lab an engine. What boots is what a real machine boots: enabled units, disks as they were, /run empty.
"""

import time
from collections.abc import Iterator

import pytest
from account_lab import Customer, eventually
from drill_lab import drill_lab
from engine_lab import NEEDS_LAB

pytestmark = NEEDS_LAB
WEB, DOOR = "web-nyc3-1", "door-nyc3"
UNITS = ("nginx", "php8.2-fpm", "farshore-agent")
# In the agent's place, for what is asked of it here: a unit of its name that writes down which time it is.
AGENT = """cat > /usr/local/bin/agent <<'END'
import os, time
while True:
    text = f"{time.time()} {time.monotonic()} {time.clock_gettime(time.CLOCK_BOOTTIME)}"
    open("/run/agent.new", "w").write(text)
    os.rename("/run/agent.new", "/run/agent")
    time.sleep(0.05)
END
printf '[Service]\\nExecStart=/usr/bin/python3 /usr/local/bin/agent\\nRestart=always\\n' \
    > /etc/systemd/system/farshore-agent.service
printf '[Install]\\nWantedBy=multi-user.target\\n' \
    >> /etc/systemd/system/farshore-agent.service
systemctl daemon-reload
systemctl enable --now farshore-agent
touch /run/gone /var/lib/stays
"""


@pytest.fixture(scope="module", params=["mysql", pytest.param("pg", marks=pytest.mark.long)])
def shop(request: pytest.FixtureRequest) -> Iterator[Customer]:
    with drill_lab("power", request.param) as (lab, facts):
        customer = Customer(lab.name, request.param, facts.env)
        customer.inside(WEB, "sh", "-c", AGENT)
        customer.session(database(customer, "nyc3")).rows("CREATE TABLE power (id INT PRIMARY KEY)")
        yield customer
        customer.close()


def database(customer: Customer, region: str) -> dict[str, object]:
    return next(one for one in customer.ok("GET", "/v2/databases")["databases"] if one["region"] == region)


def active(customer: Customer) -> list[str]:
    return customer.inside(WEB, "systemctl", "is-active", *UNITS).split()


def door(customer: Customer) -> str:
    """HTTP status through the balancer; 000 for silence or a refusal."""
    address = next(host["public"] for host in customer.status()["hosts"] if host["name"] == DOOR)
    return customer.network(
        "internet", "curl", "-s", "-m", "2", "-o", "/dev/null", "-w", "%{http_code}", f"http://{address}/"
    )


def clocks(customer: Customer) -> tuple[float, float, float]:
    """How far the agent's wall, monotonic and boot clocks are from this machine's."""
    wall, monotonic, boot = map(float, customer.inside(WEB, "cat", "/run/agent").split())
    return wall - time.time(), monotonic - time.monotonic(), boot - time.clock_gettime(time.CLOCK_BOOTTIME)


def test_clocks_jump_and_return(shop: Customer) -> None:
    """Wall clocks of running services only, forward and back, seen in an open session; other clocks stay true."""
    server = database(shop, "nyc3")
    session = shop.session(server)
    query = "SELECT unix_timestamp()" if shop.engine == "mysql" else "SELECT extract(epoch from clock_timestamp())::int"

    def off() -> tuple[int, int]:
        return round(int(session.rows(query)[0][0]) - time.time(), -1), round(clocks(shop)[0], -1)

    assert off() == (0, 0)
    for shift in (300, -300):
        fault = shop.fault("clock", "region:nyc3", f"shift={shift:+}")
        eventually(lambda s=shift: off() == (s, s), f"clocks are {shift} s off")  # type: ignore[misc]
        assert [round(away, -1) for away in clocks(shop)[1:]] == [0, 0]
        shop.mend(fault)
        eventually(lambda: off() == (0, 0), "clocks are right again")
    pid = shop.inside(WEB, "systemctl", "show", "-P", "MainPID", "php8.2-fpm").strip()
    assert "clock.so" in shop.inside(WEB, "cat", f"/proc/{pid}/maps")
    assert "clock.so" not in shop.inside(WEB, "cat", "/proc/1/maps")


@pytest.mark.parametrize("unit", UNITS)
def test_one_service_of_a_droplet(shop: Customer, unit: str) -> None:
    """Killed, it stays dead until the fault is removed; frozen, every process of it stands, and goes on."""
    target = f"service:{WEB}/{unit}"
    where = UNITS.index(unit)
    fault = shop.fault("kill", target)
    assert active(shop)[where] in ("failed", "inactive")
    shop.mend(fault)
    eventually(lambda: active(shop)[where] == "active", f"{unit} runs again")
    fault = shop.fault("freeze", target)
    assert set(states(shop, unit)) == {"T"}
    shop.mend(fault)
    eventually(lambda: "T" not in states(shop, unit), f"{unit} goes on")
    assert active(shop)[where] == "active"


def states(customer: Customer, unit: str) -> list[str]:
    control_group = customer.inside(WEB, "systemctl", "show", "-P", "ControlGroup", unit).strip()
    trees = [f"/sys/fs/cgroup{tree}{control_group}/cgroup.procs" for tree in ("", "/unified", "/systemd")]
    pids = customer.inside(WEB, "sh", "-c", 'cat "$@" 2>/dev/null', "sh", *trees).split()
    return customer.inside(WEB, "ps", "-o", "state=", "-p", ",".join(pids)).split()


def test_the_balancer_and_the_database_as_services(shop: Customer) -> None:
    eventually(lambda: door(shop) != "000", "the balancer answers")
    for kind in ("kill", "freeze"):
        fault = shop.fault(kind, f"service:{DOOR}/haproxy")
        assert door(shop) == "000"
        shop.mend(fault)
        eventually(lambda: door(shop) != "000", "the balancer answers again")
    server = database(shop, "nyc3")
    label = "mariadb" if shop.engine == "mysql" else "postgresql"
    for kind in ("kill", "freeze"):
        fault = shop.fault(kind, f"service:{server['name']}/{label}")
        with pytest.raises(AssertionError, match="error"):
            shop.session(server)
        shop.mend(fault)
        shop.session(server).rows("SELECT id FROM power")


def test_the_power_of_a_region_and_of_hosts(shop: Customer) -> None:
    """Last, because it forks: the standby is promoted meanwhile, and the old writer comes back writable."""
    old = database(shop, "nyc3")
    shop.session(old).rows("INSERT INTO power VALUES (1)")
    replica = shop.ok("GET", f"/v2/databases/{old['id']}/replicas")["replicas"][0]
    fault = shop.fault("kill", "region:nyc3")
    assert active(shop) == []
    shop.promote(str(old["id"]), replica)
    shop.session(replica).rows("INSERT INTO power VALUES (2)")
    for target in ("region", f"host:{old['name']}", f"host:{WEB}"):
        shop.mend(fault if target == "region" else shop.fault("kill", target))
        eventually(lambda: active(shop) == ["active"] * len(UNITS), "the droplet's services run")
        eventually(lambda: door(shop) != "000", "the balancer answers")
        assert shop.inside(WEB, "sh", "-c", "ls /run/gone /var/lib/stays 2>/dev/null").split() == ["/var/lib/stays"]
        old_side = shop.session(old)
        assert old_side.rows("SELECT id FROM power ORDER BY id") == [[1]]
        old_side.rows("INSERT INTO power VALUES (3)")
        old_side.rows("DELETE FROM power WHERE id = 3")
    assert shop.session(replica).rows("SELECT id FROM power ORDER BY id") == [[1], [2]]
