"""A lab with a WordPress shop for tests, built as the command line does it; gone when the tests end."""

import json
import os
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from drill_lab import lab_name

SHOPPER = Path(__file__).with_name("wordpress_shopper.py")
TIDEPOOL = [sys.executable, "-m", "tidepool.cli.main"]
# What must be the same in both databases for an order to have survived. Reports are made from it later.
ORDER_TABLES = {
    "wp_wc_orders": "id", "wp_wc_order_operational_data": "order_id", "wp_wc_order_addresses": "order_id",
    "wp_wc_orders_meta": "order_id", "wp_woocommerce_order_items": "order_id",
}  # fmt: skip


class Lab:
    def __init__(self, name: str, made: dict[str, Any]) -> None:
        self.name, self.made = name, made
        self._secrets = json.loads(Path(made["secrets_file"]).read_text())

    @property
    def products(self) -> list[int]:
        return [int(number) for number in self.made["products"]]

    def droplets(self, region: str) -> list[str]:
        return [str(droplet["public"]) for droplet in self.made["regions"][region]["droplets"]]

    def shop(self, do: str, region: str = "nyc3", **what: Any) -> Any:
        """What a shopper was answered who came in by a region's own door."""
        door = self.made["regions"][region]["balancer"]["ip"]
        order = {"do": do, "door": door, "domain": self.made["domain"], "ca_file": self.made["ca_file"], **what}
        return json.loads(_run(self._inside("internet", sys.executable, str(SHOPPER)), json.dumps(order)))

    def sql(self, statement: str, region: str = "nyc3") -> list[list[str]]:
        """Rows, as the managed admin."""
        database = self.made["regions"][region]["database"]
        client = ["mariadb", f"--ssl-ca={self.made['ca_file']}", "-h", database["host"], "-P", str(database["port"])]
        argv = [*client, "-u", "doadmin", f"-p{self._secrets['doadmin']}", "--batch", "--skip-column-names"]
        said = _run(self._inside("lon1", *argv, self.made["database"]), statement)
        return [line.split("\t") for line in said.splitlines()]

    def on(self, droplet: str, command: str, given: str = "") -> str:
        """What a command on an app server prints, as root."""
        key = Path(self.made["ssh_key_file"])
        known = f"UserKnownHostsFile={key.with_name('known_hosts')}"
        ssh = ["ssh", "-T", "-F", "none", "-i", str(key), "-o", known, "-o", "LogLevel=ERROR"]
        return _run(self._inside("lon1", *ssh, f"root@{droplet}", command), given)

    def permit(self, *regions: str, seconds: int = 3600) -> None:
        """As an agent writes it, on every app server of these regions."""
        left_ns = seconds * 10**9
        text = json.dumps(
            {
                "epoch": 1, "region": "any", "soft_ns": 10**9,
                "until_boot_ns": time.clock_gettime_ns(time.CLOCK_BOOTTIME) + left_ns,
                "until_mono_ns": time.clock_gettime_ns(time.CLOCK_MONOTONIC) + left_ns,
            }
        )  # fmt: skip
        for region in regions:
            for droplet in self.droplets(region):
                self.on(
                    droplet,
                    "cat > /run/farshore/permit.new && mv /run/farshore/permit.new /run/farshore/permit.json",
                    text,
                )

    def until_replicated(self) -> None:
        """Until the standby has what the writer had when this was called."""
        ((position,),) = self.sql("SELECT @@gtid_binlog_pos")
        assert self.sql(f"SELECT MASTER_GTID_WAIT('{position}', 20)", "sfo3") == [["0"]]

    def order_rows(self, order: int, region: str) -> dict[str, list[list[str]]]:
        rows = {
            table: self.sql(f"SELECT * FROM {table} WHERE {column} = {order} ORDER BY 1", region)
            for table, column in ORDER_TABLES.items()
        }
        items = f"SELECT order_item_id FROM wp_woocommerce_order_items WHERE order_id = {order}"
        meta = f"SELECT * FROM wp_woocommerce_order_itemmeta WHERE order_item_id IN ({items}) ORDER BY 1"
        notes = f"SELECT comment_content FROM wp_comments WHERE comment_post_ID = {order} ORDER BY comment_ID"
        return rows | {"itemmeta": self.sql(meta, region), "notes": self.sql(notes, region)}

    def stock(self, product: int, region: str = "nyc3") -> float:
        query = f"SELECT meta_value FROM wp_postmeta WHERE post_id = {product} AND meta_key = '_stock'"
        return float(self.sql(query, region)[0][0])

    def _inside(self, place: str, *argv: str) -> list[str]:
        return [*TIDEPOOL, "exec", "--name", self.name, place, "--", *argv]


def _run(argv: list[str], given: str = "", **environment: str) -> str:
    done = subprocess.run(
        argv, input=given, capture_output=True, text=True, check=False, env={**os.environ, **environment}
    )
    assert done.returncode == 0, f"{argv[:8]} ended with {done.returncode}: {done.stderr[-2000:]}"
    return done.stdout


@contextmanager
def wordpress_lab(what: str, *options: str, woocommerce: str = "", core: str = "") -> Iterator[Lab]:
    """`woocommerce`, `core`: as tidepool's variables; empty: stand-in and Debian's, whatever the environment says."""
    name = lab_name(what)
    down = [*TIDEPOOL, "down", "--name", name]
    subprocess.run(down, capture_output=True, check=False)  # what an interrupted test left
    try:
        _run([*TIDEPOOL, "up", "--name", name, "--time-scale", "0.02"])
        build = [*TIDEPOOL, "store", "wordpress", "--name", name, *options]
        yield Lab(name, json.loads(_run(build, TIDEPOOL_WOOCOMMERCE=woocommerce, TIDEPOOL_WORDPRESS=core)))
    finally:
        subprocess.run(down, capture_output=True, check=False)
