"""A shop in a box whose orders are lost and damaged as a dying region loses them, and a storefront that asks it."""

import base64
import json
import subprocess
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import pymysql
import throwaway
from wordpress_site import Box, _shop, open_box

from farshore.adapters.agent_storefront import AgentStorefront
from farshore.model.region import Epoch

RUN = "/usr/share/farshore/wordpress/farshore/reconcile/run.php"
_PUBLIC = base64.b64encode(bytes(range(32))).decode()
CREATED = "2026-11-20T10:00:00Z"


_OF_ORDERS = ("posts", "postmeta", "comment", "wc_order", "wc_reserved", "wc_product_meta", "woocommerce_order")


@dataclass(frozen=True, slots=True)
class Before:
    shop: "LossyShop"
    counters: Mapping[str, int | None]

    def back(self) -> None:
        for name, counter in self.counters.items():
            self.shop.admin(f"DELETE FROM {name}", f"INSERT INTO {name} SELECT * FROM shop_before.{name}")
            if counter is not None:
                self.shop.admin(f"ALTER TABLE {name} AUTO_INCREMENT = {counter}")

    def with_writes(self, writes: Sequence[str]) -> None:
        """As a replica that received so many statements of an order, and no more."""
        self.back()
        connection = pymysql.connect(
            host="127.0.0.1", port=self.shop.server.port, user="shop", password="secret", database="shop",
            autocommit=True, charset="utf8mb4", sql_mode="NO_ENGINE_SUBSTITUTION",
        )  # fmt: skip
        try:
            with connection.cursor() as cursor:
                for statement in writes:
                    cursor.execute(statement)
        finally:
            connection.close()


@dataclass(slots=True)
class LossyShop:
    box: Box
    server: throwaway.Server
    own_tables: bool
    products: Mapping[str, int]
    version: str
    made: int = field(default=0)

    def stop(self) -> None:
        self.box.stop()
        self.server.stop()

    def sql(self, *statements: str) -> list[tuple[Any, ...]]:
        """Rows of the last one."""
        connection = pymysql.connect(
            host="127.0.0.1", port=self.server.port, user="shop", password="secret", database="shop", autocommit=True
        )
        try:
            with connection.cursor() as cursor:
                for statement in statements:
                    cursor.execute(statement)
                return list(cursor.fetchall())
        finally:
            connection.close()

    def order(self, **more: Any) -> dict[str, Any]:
        """Takes one, and says how it was journalled."""
        self.made += 1
        asked = {"key": f"wc_order_test{self.made:04d}", "products": self.products, "created": CREATED, **more}
        told: dict[str, Any] = json.loads(self.box.php("reconcile_order.php", asked).splitlines()[-1])
        return told

    def entry(self, key: str) -> dict[str, Any] | None:
        """As it would be journalled now."""
        told: dict[str, Any] = json.loads(self.box.php("reconcile_entry.php", [key]).splitlines()[-1])
        return told[key]

    def stock(self) -> dict[str, float]:
        rows = self.sql("SELECT post_id, meta_value FROM wp_postmeta WHERE meta_key = '_stock'")
        by_id = {int(post): float(value) for post, value in rows}
        return {name: by_id[number] for name, number in self.products.items()}

    def lose(self, order: Mapping[str, Any]) -> None:
        """As a region that died before anything of it was replicated: rows and stock."""
        number = int(order["id"])
        refunds = ", ".join(str(refund["id"]) for refund in order["refunds"]) or "0"
        every = f"({number}, {refunds})"
        self.sql(
            f"DELETE m FROM wp_woocommerce_order_itemmeta m JOIN wp_woocommerce_order_items i USING (order_item_id) "
            f"WHERE i.order_id IN {every}",
            f"DELETE FROM wp_woocommerce_order_items WHERE order_id IN {every}",
            f"DELETE FROM wp_comments WHERE comment_post_ID IN {every}",
            f"DELETE FROM wp_postmeta WHERE post_id IN {every}",
            f"DELETE FROM wp_posts WHERE ID IN {every}",
        )
        if self.own_tables:
            self.sql(
                f"DELETE FROM wp_wc_orders WHERE id IN {every}",
                f"DELETE FROM wp_wc_orders_meta WHERE order_id IN {every}",
                f"DELETE FROM wp_wc_order_addresses WHERE order_id IN {every}",
                f"DELETE FROM wp_wc_order_operational_data WHERE order_id IN {every}",
            )
        self.unsell(order)

    def unsell(self, order: Mapping[str, Any]) -> None:
        for item in order["items"]:
            if item["type"] == "line_item" and any(meta["key"] == "_reduced_stock" for meta in item["meta"]):
                self.sql(
                    f"UPDATE wp_postmeta SET meta_value = meta_value + {float(item['quantity'])} "
                    f"WHERE post_id = {int(item['product_id'])} AND meta_key = '_stock'"
                )

    def admin(self, *statements: str) -> list[tuple[Any, ...]]:
        """As the provider, who may read the server's log of statements."""
        connection = pymysql.connect(
            host="127.0.0.1",
            port=self.server.port,
            user="platform",
            password="secret",
            database="shop",
            autocommit=True,
        )
        try:
            with connection.cursor() as cursor:
                for statement in statements:
                    cursor.execute(statement)
                return list(cursor.fetchall())
        finally:
            connection.close()

    def remember(self) -> "Before":
        """The tables in which orders lie, as they are now, counters too."""
        told = self.admin(
            "SELECT table_name, auto_increment FROM information_schema.tables WHERE table_schema = 'shop'"
        )
        counters = {name: counter for name, counter in told if name.removeprefix("wp_").startswith(_OF_ORDERS)}
        self.admin("DROP DATABASE IF EXISTS shop_before", "CREATE DATABASE shop_before")
        for name in counters:
            self.admin(
                f"CREATE TABLE shop_before.{name} LIKE shop.{name}",
                f"INSERT INTO shop_before.{name} SELECT * FROM shop.{name}",
            )
        return Before(self, counters)

    def writes_of(self, **more: Any) -> tuple[dict[str, Any], list[str]]:
        """An order, and the statements that wrote it, one by one as they were committed."""
        self.admin("SET GLOBAL log_output = 'TABLE'", "TRUNCATE mysql.general_log", "SET GLOBAL general_log = 1")
        order = self.order(**more)
        told = self.admin(
            "SET GLOBAL general_log = 0",
            "SELECT CONVERT(argument USING utf8mb4) FROM mysql.general_log "
            "WHERE command_type = 'Query' AND user_host LIKE 'shop%'",
        )
        writes = [str(row[0]).strip() for row in told]
        return order, [text for text in writes if text.upper().startswith(("INSERT", "UPDATE", "DELETE", "REPLACE"))]

    def ask(self, body: Mapping[str, Any]) -> dict[str, Any]:
        done = subprocess.run(
            self.box.command("/usr/bin/php8.2", RUN),
            input=json.dumps(body).encode(),
            capture_output=True,
            check=False,
            timeout=120,
        )
        try:
            told: dict[str, Any] = json.loads(done.stdout)
        except ValueError:
            raise AssertionError(
                f"{done.returncode}\n{done.stdout.decode()[-2000:]}\n{done.stderr.decode()[-3000:]}"
            ) from None
        assert "error" not in told, told["error"]
        return told

    def told(self, log: str) -> list[str]:
        file = self.box.run / log
        return file.read_text().splitlines() if file.exists() else []


def same(before: Mapping[str, Any], now: Mapping[str, Any] | None) -> list[str]:
    """What of an order is not as it was; rows have numbers of their own, and notes may have been added."""
    if now is None:
        return ["the order is not there"]
    wrong = [
        f"{name}: {before[name]!r} -> {now.get(name)!r}"
        for name in before
        if name not in ("items", "notes", "meta", "refunds") and before[name] != now.get(name)
    ]
    if sorted(map(_goods, before["items"])) != sorted(map(_goods, now["items"])):
        wrong.append(f"items: {before['items']!r} -> {now['items']!r}")
    said = [note["content"] for note in now["notes"]]
    wrong += [f"note: {note['content']!r}" for note in before["notes"] if note["content"] not in said]
    there = [(meta["key"], str(meta["value"])) for meta in now["meta"]]
    wrong += [f"meta: {meta!r}" for meta in before["meta"] if (meta["key"], str(meta["value"])) not in there]
    if [(one["amount"], one["created_gmt"], one["reason"]) for one in before["refunds"]] != [
        (one["amount"], one["created_gmt"], one["reason"]) for one in now["refunds"]
    ]:
        wrong.append(f"refunds: {before['refunds']!r} -> {now['refunds']!r}")
    return wrong


def _goods(item: Mapping[str, Any]) -> str:
    told = {name: value for name, value in item.items() if name not in ("id", "meta")}
    meta = sorted((one["key"], str(one["value"])) for one in item["meta"] if one["key"] != "_farshore_stock_taken")
    return json.dumps([told, meta], sort_keys=True)


class BoxStorefront(AgentStorefront):
    """The agent's JSON without the agent: what the wire carries is tested with agents."""

    def __init__(self, shop: LossyShop) -> None:
        super().__init__([], None, "shop", "shop.test", Epoch(2))  # type: ignore[arg-type]
        self._shop = shop

    async def _ask(self, body: Mapping[str, Any]) -> Mapping[str, Any]:
        return self._shop.ask(body)


def open_shop(folder: Path, own_tables: bool) -> LossyShop:
    server = throwaway.start_mariadb(folder / "database", 1)
    box = open_box(folder / "box")
    try:
        box.settings(wordpress_path="/srv/wp", journal="open", journal_public_key=_PUBLIC, journal_timeout_ms=50)
        box.endpoint("writer", server.port)
        box.permit(3600)
        box.put("checkouts.lock")
        plugin = _shop(box)
        box.php("install.php", {"shop": plugin})
        asked = {"shop": plugin, "own_tables": own_tables}
        box.php("reconcile_shop.php", asked)
        made = json.loads(box.php("reconcile_shop.php", asked).splitlines()[-1])
        return LossyShop(box, server, own_tables, made["products"], made["version"])
    except BaseException:
        box.stop()
        server.stop()
        raise
