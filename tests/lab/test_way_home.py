"""The way home on the emulated cloud: promote, delete the old cluster, replicate back under its name, promote again."""

import pytest
from account_lab import Customer, account, eventually
from engine_lab import NEEDS_LAB

pytestmark = NEEDS_LAB


def rows(customer: Customer, server: dict[str, object]) -> list[object]:
    return [word for (word,) in customer.session(server).rows("SELECT word FROM orders ORDER BY id")]


@pytest.mark.parametrize("engine", ["mysql", "pg"])
def test_failover_and_failback_can_be_cycled(engine: str) -> None:
    """Three times over: every row of every epoch is on the writer, under the same two names; nothing comes back from
    the old side after its fork, and accounts with their passwords travel with the data."""
    with account("home", engine) as customer:
        writer, region, other = customer.cluster("shop-nyc3"), "nyc3", "sfo3"
        user = customer.ok("POST", f"/v2/databases/{writer['id']}/users", {"name": "shop"})["user"]
        customer.session(writer).rows("CREATE TABLE orders (id INT PRIMARY KEY, word VARCHAR(40))")
        expected: list[object] = []
        number = 0
        for _ in range(3):
            standby = customer.replica(writer["id"], f"shop-{other}", other)
            assert standby["connection"]["password"] == writer["connection"]["password"]
            number += 1
            customer.session(writer).rows(f"INSERT INTO orders VALUES ({number}, 'epoch {number} in {region}')")
            expected.append(f"epoch {number} in {region}")
            eventually(lambda s=standby, e=expected: rows(customer, s) == e, "the standby follows")  # type: ignore[misc]
            customer.promote(writer["id"], standby)
            customer.session(writer).rows("INSERT INTO orders VALUES (1000, 'after the fork')")
            old, writer = writer, customer.ok("GET", f"/v2/databases/{standby['id']}")["database"]
            refused = customer.ask(
                "POST", f"/v2/databases/{writer['id']}/replicas",
                {"name": old["name"], "size": "db-s-1vcpu-1gb", "region": region},
            )  # fmt: skip
            assert refused.status_code in (412, 422)
            number += 1
            customer.session(writer).rows(f"INSERT INTO orders VALUES ({number}, 'epoch {number} in {other}')")
            expected.append(f"epoch {number} in {other}")
            customer.ok("POST", f"/v2/databases/{writer['id']}/users/doadmin/reset_auth", {})
            writer = customer.ok("GET", f"/v2/databases/{writer['id']}")["database"]
            customer.ok("DELETE", f"/v2/databases/{old['id']}")
            assert old["name"] not in {host["name"] for host in customer.status()["hosts"]}
            region, other = other, region
            assert rows(customer, writer) == expected
        found = customer.ok("GET", f"/v2/databases/{writer['id']}/users/shop")["user"]
        assert found["password"] == user["password"]
        customer.session(writer, "shop", user["password"]).rows("SELECT 1")
