"""The WordPress shop as a furnishing: Debian's WordPress with WooCommerce, or with our stand-in where there is none.

Plugins go to the app servers by SSH, because user_data is too small. WordPress is installed once, by a PHP script on
one of the writer's app servers, against the writer's database; the standby's gets it by replication.
`python -m tidepool.store.wordpress WISH` with WISH as JSON (cli/store.py); endpoint, token, CA: the environment.
"""

import asyncio
import json
import os
import secrets
import sys
from collections.abc import Awaitable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from tidepool.shop.user_data import user_data
from tidepool.shop.wordpress_files import STAND_IN, WOOCOMMERCE, archive, first_boot
from tidepool.store.account import Json, StoreError, together
from tidepool.store.blueprint import PRODUCTS, STOCK, WRITER, Site
from tidepool.store.furnishing import Wish
from tidepool.store.login import Login
from tidepool.store.two_regions import main

_BOOTED = "until [ -e /var/lib/cloud/instance/boot-finished ]; do sleep 0.2; done"
_EQUIP = f"{_BOOTED}; d=$(mktemp -d) && tar xz -C $d && bash $d/equip.sh && rm -rf $d"
_INSTALL = "runuser -u www-data -- php -d memory_limit=256M /usr/local/lib/shop/install.php"
# Each in a process of its own: WooCommerce has to be loaded by WordPress itself before it can be used.
_STEPS = ("core", "activate", "stock")


@dataclass(frozen=True, slots=True)
class Choice:
    """What a WordPress shop can be had with and without."""

    hpos: bool  # orders in tables of their own, not among the posts
    woocommerce: Path | None  # folder or zip; None: the stand-in
    plugin: Path | None  # the must-use plugin's folder
    core: Path | None = None  # another WordPress than Debian's

    @property
    def shop_plugin(self) -> str:
        return STAND_IN if self.woocommerce is None else WOOCOMMERCE


class WordPress:
    """Implements Furnishing."""

    name = "wordpress"

    def __init__(self, wish: Wish, choice: Choice) -> None:
        self._wish = wish
        self._choice = choice
        self._login = Login(wish.ssh_key)
        self._admin_file = wish.folder / "wordpress-admin.json"
        self._check_token = secrets.token_hex(16)
        self._versions: Json = {}
        self._first_writer = ""  # the address of the app server that installs

    def user_data(self, settings: Mapping[str, Any], endpoint: Mapping[str, Any], ca_pem: str) -> str:
        return user_data({**settings, "domain": self._wish.domain}, endpoint, ca_pem, first_boot())

    async def equip(self, site: Site, droplets: list[Json]) -> None:
        plugin_settings = {
            "store": "shop", "permit": self._wish.permit, "journal": "off", "check_token": self._check_token,
            "tls": "encrypt", "ca_file": "/etc/shop/ca.pem", "wp_config": "/usr/share/wordpress/wp-config.php",
        }  # fmt: skip
        packed = await asyncio.to_thread(
            archive, self._choice.woocommerce, self._choice.plugin, plugin_settings, self._choice.core
        )
        await together(*(self._login.run(droplet["public"], _EQUIP, packed) for droplet in droplets))
        if site is WRITER:
            self._first_writer = droplets[0]["public"]
        self._wish.say(f"plugins in {site.region}")

    async def fill(self, admin: Json, writers: Awaitable[Any]) -> list[int]:
        await writers
        password = self._keep_admin()
        order = json.dumps(
            {
                "domain": self._wish.domain, "admin_password": password, "plugin": self._choice.shop_plugin,
                "hpos": self._choice.hpos, "products": PRODUCTS, "stock": STOCK,
            }
        )  # fmt: skip
        answers: Json = {}
        for step in _STEPS:
            said = await self._login.run(self._first_writer, f"{_INSTALL} {step}", order.encode())
            try:
                answers |= json.loads(said.strip().splitlines()[-1])
            except (ValueError, IndexError):
                raise StoreError(f"install.php {step} did not answer with JSON: {said[-500:]}") from None
            self._wish.say(f"WordPress: {step}")
        self._versions = {key: answers[key] for key in ("wordpress", "shop_plugin", "hpos")}
        return [int(number) for number in answers["products"]]

    def proof(self, site: Site) -> str:
        """Only the must-use plugin can say that orders are taken, and only where that needs no agent's permit."""
        return "/healthz/deep" if site is WRITER and self._choice.plugin and not self._wish.permit else "/"

    def made(self) -> Json:
        plugin = None if self._choice.plugin is None else str(self._choice.plugin)
        return {
            "wordpress": {
                **self._versions, "admin_file": str(self._admin_file), "plugin": plugin,
                "stand_in": self._choice.woocommerce is None, "check_token": self._check_token,
            }
        }  # fmt: skip

    def _keep_admin(self) -> str:
        """The dashboard's login, for who builds the shop."""
        self._admin_file.unlink(missing_ok=True)
        password = secrets.token_urlsafe(18)
        with os.fdopen(os.open(self._admin_file, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600), "w") as file:
            json.dump({"user": "admin", "password": password}, file)
        return password


def _path(value: str | None) -> Path | None:
    return None if value is None else Path(value)


if __name__ == "__main__":
    asked = json.loads(sys.argv[1])
    chosen = Choice(asked["hpos"], _path(asked["woocommerce"]), _path(asked["plugin"]), _path(asked["core"]))
    wished = Wish(
        asked["engine"], asked["domain"], asked["permit"], Path(asked["folder"]), os.environ["TIDEPOOL_CA_FILE"]
    )
    sys.exit(main(lambda wish: WordPress(wish, chosen), wished))
