"""A real WordPress on loopback: PHP out of the lab's image, Debian's package, a throw-away MariaDB, our plugin.

Everything lives in namespaces of its own and in a tmpfs, and vanishes with the process.
"""

import http.client
import json
import os
import re
import shutil
import subprocess
import sys
import time
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any
from urllib.parse import urlencode

import pymysql

sys.path.insert(0, str(Path(__file__).parents[1] / "conformance"))

import throwaway

ROOT = Path(__file__).parents[2]
PLUGIN = ROOT / "wordpress"
SHOP = ROOT / "src/tidepool/shop/wordpress"
STANDIN = SHOP / "standin/lab-commerce"
CACHE = Path(os.environ.get("XDG_CACHE_HOME", Path.home() / ".cache")) / "farshore-tests"
HERE = Path(__file__).parent
HOST = "shop.test"

_INSIDE = r"""
set -e
mount --make-rprivate /
mount -t tmpfs -o size=700m tmpfs "$SCRATCH"
cd "$SCRATCH" && mkdir up work root wp-up wp-work
mount -t overlay overlay -o "lowerdir=$IMAGE,upperdir=up,workdir=work" root
mount -t proc proc root/proc
mount --bind /dev root/dev
for place in usr/share/farshore/wordpress usr/share/wordpress run/farshore etc/farshore srv/wp srv/tests srv/shop
do mkdir -p "root/$place"; done
mount --bind "$PLUGIN" root/usr/share/farshore/wordpress
mount --bind "$RUN" root/run/farshore
mount --bind "$ETC" root/etc/farshore
mount --bind "$TESTS" root/srv/tests
mount --bind "$SHOP" root/srv/shop
mount -t overlay overlay -o "lowerdir=$WORDPRESS,upperdir=wp-up,workdir=wp-work" root/srv/wp
mount --bind root/srv/wp root/usr/share/wordpress
echo > root/run/farshore/box-is-up
exec chroot root sleep infinity
"""


def wordpress_folder() -> Path | None:
    """A folder that was given, or Debian's: out of the lab's image, or downloaded once. None where there is none."""
    if given := os.environ.get("TIDEPOOL_WORDPRESS"):
        return Path(given)
    image = throwaway.image()
    if image is not None and (image / "usr/share/wordpress/wp-settings.php").exists():
        return image / "usr/share/wordpress"
    unpacked = CACHE / "wordpress/usr/share/wordpress"
    if not (unpacked / "wp-settings.php").exists():
        _download(CACHE)
    return unpacked if (unpacked / "wp-settings.php").exists() else None


def _download(cache: Path) -> None:
    if shutil.which("apt-get") is None or shutil.which("dpkg-deb") is None:
        return
    cache.mkdir(parents=True, exist_ok=True)
    subprocess.run(["apt-get", "download", "wordpress"], cwd=cache, capture_output=True, check=False, timeout=300)
    for package in sorted(cache.glob("wordpress_*.deb"))[-1:]:
        subprocess.run(["dpkg-deb", "-x", package, cache / "wordpress"], check=True)


def why_not() -> str:
    """Empty when PHP can be run here."""
    if reason := throwaway.why_not():
        return reason
    image = throwaway.image()
    assert image is not None
    if not (image / "usr/bin/php8.2").exists() or not (image / "usr/sbin/mariadbd").exists():
        return "needs PHP in the lab's image: run `tidepool image`"
    if wordpress_folder() is None:
        return "needs Debian's package `wordpress`, which could not be downloaded (apt-get update?)"
    return ""


@dataclass(frozen=True, slots=True)
class Answer:
    status: int
    headers: Mapping[str, str]
    body: str
    cookies: tuple[str, ...] = ()

    def json(self) -> Any:
        return json.loads(self.body)


@dataclass(slots=True)
class Box:
    """PHP in namespaces of its own, with the plugin where app servers have it."""

    process: subprocess.Popen[bytes]
    inside: int
    run: Path
    etc: Path

    def command(self, *words: str) -> list[str]:
        return ["nsenter", "--target", str(self.inside), "--mount", "--pid", "--root", "--wd=/", *words]

    def php(self, file: str, given: Any = None, *words: str) -> str:
        """What a file prints, below tests/wordpress/php or by its path in the box; `given` is its input, as JSON."""
        path = file if file.startswith("/") else f"/srv/tests/php/{file}"
        done = subprocess.run(
            self.command("/usr/bin/php8.2", "-d", "display_errors=stderr", path, *words),
            input=json.dumps(given).encode(),
            capture_output=True,
            check=False,
            timeout=120,
        )
        assert done.returncode == 0, (
            f"{file}: {done.returncode}\n{done.stdout.decode()[-2000:]}\n{done.stderr.decode()[-3000:]}"
        )
        return done.stdout.decode()

    def settings(self, **changes: Any) -> None:
        told = {"store": "shop", "permit": True, "journal": "off", "check_token": "sesame"} | changes
        (self.etc / "wordpress.json").write_text(json.dumps(told))

    def endpoint(self, role: str, port: int, epoch: int = 1) -> None:
        told = {"epoch": epoch, "role": role, "region": "nyc3", "host": "127.0.0.1", "port": port}
        self._put("endpoint.json", told)

    def permit(self, seconds: float, soft_s: float = 0.2, epoch: int = 1) -> None:
        left_ns = int(seconds * 1e9)
        told = {
            "epoch": epoch,
            "region": "nyc3",
            "until_boot_ns": time.clock_gettime_ns(time.CLOCK_BOOTTIME) + left_ns,
            "until_mono_ns": time.clock_gettime_ns(time.CLOCK_MONOTONIC) + left_ns,
            "soft_ns": int(soft_s * 1e9),
        }
        self._put("permit.json", told)

    def plugin(self, there: bool) -> None:
        """Puts the must-use plugin there, or takes it away."""
        link = Path(f"/proc/{self.inside}/root/srv/wp/wp-content/mu-plugins/farshore.php")
        link.unlink(missing_ok=True)
        if there:
            link.symlink_to("/usr/share/farshore/wordpress/farshore.php")

    def without(self, name: str) -> None:
        (self.run / name).unlink(missing_ok=True)

    def put(self, name: str, text: str = "") -> None:
        (self.run / name).write_text(text)

    def _put(self, name: str, told: dict[str, Any]) -> None:
        draft = self.run / f"{name}.new"
        draft.write_text(json.dumps(told))
        draft.rename(self.run / name)

    def stop(self) -> None:
        self.process.kill()
        self.process.wait()


def open_box(folder: Path) -> Box:
    image, wordpress = throwaway.image(), wordpress_folder()
    assert image is not None
    assert wordpress is not None
    places = {name: folder / name for name in ("scratch", "run", "etc")}
    for place in places.values():
        place.mkdir(parents=True)
    process = subprocess.Popen(
        ["unshare", "--mount", "--pid", "--fork", "--kill-child", "sh", "-c", _INSIDE],
        env={
            "PATH": "/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin",
            "LC_ALL": "C.UTF-8",
            "SCRATCH": str(places["scratch"]),
            "IMAGE": str(image),
            "WORDPRESS": str(wordpress),
            "PLUGIN": str(PLUGIN),
            "RUN": str(places["run"]),
            "ETC": str(places["etc"]),
            "TESTS": str(HERE),
            "SHOP": str(SHOP),
        },
    )
    until_s = time.monotonic() + 30
    while time.monotonic() < until_s and process.poll() is None:
        if (places["run"] / "box-is-up").exists() and (inside := _sleeper(process.pid)):
            box = Box(process, inside, places["run"], places["etc"])
            box.settings()
            return box
        time.sleep(0.02)
    process.kill()
    raise RuntimeError("The box for PHP did not come up.")


def _sleeper(pid: int) -> int:
    """The innermost process: it has the box's root."""
    children = Path(f"/proc/{pid}/task/{pid}/children").read_text().split()
    for child in children:
        if Path(f"/proc/{child}/comm").read_text().strip() == "sleep":
            return int(child)
        if found := _sleeper(int(child)):
            return found
    return 0


@dataclass(slots=True)
class Site:
    """A shop that answers on loopback."""

    box: Box
    server: throwaway.Server
    port: int
    web: subprocess.Popen[bytes]
    log: Path
    facts: dict[str, Any] = field(default_factory=dict)

    def stop(self) -> None:
        for process in (self.web, self.box.process):
            process.kill()
            process.wait()
        self.server.stop()

    def open(self, seconds: float = 60, soft_s: float = 0.2, epoch: int = 1) -> None:
        """As the writer, with a permit."""
        for name in ("closed.json", "unreconciled", "trip.json", "charged", "begun"):
            self.box.without(name)
        self.box.settings()
        self.box.endpoint("writer", self.server.port, epoch)
        self.box.permit(seconds, soft_s, epoch)

    def trip(self, hook: str, what: str) -> None:
        """In the midst of the next requests, at that hook: read_only, outlast, move, damage."""
        self.box.put("trip.json", json.dumps({"hook": hook, "do": what}))

    def charged(self) -> int:
        """How often a gateway was asked for money."""
        noted = self.box.run / "charged"
        return len(noted.read_text()) if noted.exists() else 0

    def readable_only(self) -> None:
        """The fence that is none: WooCommerce goes on, and says that all is well."""
        self._read_only(1)

    def writable(self) -> None:
        self._read_only(0)

    def _read_only(self, value: int) -> None:
        connection = pymysql.connect(host="127.0.0.1", port=self.server.port, user="platform", password="secret")
        try:
            connection.cursor().execute(f"SET GLOBAL read_only = {value}")
            connection.cursor().execute("ALTER USER shop ACCOUNT UNLOCK")
        finally:
            connection.close()

    def standby(self, epoch: int = 1) -> None:
        self.box.without("permit.json")
        self.box.endpoint("standby", self.server.port, epoch)

    def ask(
        self,
        method: str,
        path: str,
        *,
        form: Mapping[str, str] | None = None,
        data: Any = None,
        headers: Mapping[str, str] | None = None,
    ) -> Answer:
        body, told = b"", {"Host": HOST, "Accept": "text/html"}
        if form is not None:
            body, told["Content-Type"] = urlencode(form).encode(), "application/x-www-form-urlencoded"
        if data is not None:
            body, told["Content-Type"] = json.dumps(data).encode(), "application/json"
        connection = http.client.HTTPConnection("127.0.0.1", self.port, timeout=60)
        try:
            connection.request(method, path, body, {**told, **(headers or {})})
            answer = connection.getresponse()
            text = answer.read().decode(errors="replace")
            told_back = {name.lower(): value for name, value in answer.getheaders()}
            return Answer(answer.status, told_back, text, tuple(answer.headers.get_all("Set-Cookie") or ()))
        finally:
            connection.close()

    def get(self, path: str, **headers: str) -> Answer:
        return self.ask("GET", path, headers={name.replace("_", "-"): value for name, value in headers.items()})

    def rows(self, sql: str, *values: Any) -> list[tuple[Any, ...]]:
        connection = pymysql.connect(
            host="127.0.0.1", port=self.server.port, user="shop", password="secret", database="shop", autocommit=True
        )
        try:
            with connection.cursor() as cursor:
                cursor.execute(sql, values)
                return list(cursor.fetchall())
        finally:
            connection.close()

    def checksum(self) -> dict[str, Any]:
        """Every table with the checksum of its rows."""
        tables = [row[0] for row in self.rows("SHOW TABLES")]
        return dict(self.rows("CHECKSUM TABLE " + ", ".join(f"`{name}`" for name in tables)))  # type: ignore[arg-type]

    def errors(self) -> str:
        return self.log.read_text(errors="replace")


def open_site(folder: Path) -> Site:
    """Takes some seconds: a database, an installation, a web server."""
    server = throwaway.start_mariadb(folder / "database", 1)
    box = open_box(folder / "box")
    box.endpoint("writer", server.port)
    box.permit(600)
    box.put("checkouts.lock")
    facts = _installed(box)
    port, log = throwaway.free_port(), folder / "web.log"
    with log.open("wb") as output:
        web = subprocess.Popen(
            box.command(
                *("/usr/bin/env", "PHP_CLI_SERVER_WORKERS=3"),
                *("/usr/bin/php8.2", "-d", "display_errors=0", "-d", "log_errors=1", "-d", "memory_limit=256M"),
                *("-S", f"127.0.0.1:{port}", "-t", "/srv/wp", "/srv/tests/php/router.php"),
            ),
            stdout=output,
            stderr=output,
        )
    site = Site(box, server, port, web, log, facts)
    until_s = time.monotonic() + 30
    while time.monotonic() < until_s and web.poll() is None:
        try:
            site.get("/healthcheck.php?shallow=1")
        except OSError:
            time.sleep(0.05)
        else:
            return site
    site.stop()
    raise RuntimeError(f"The web server did not start:\n{log.read_text(errors='replace')[-3000:]}")


PRODUCTS = [["Lantern", "12.50"], ["Rope", "3.10"]]


def _installed(box: Box) -> dict[str, Any]:
    """WordPress, and on it the shop: what stands in for it, or WooCommerce where that was given."""
    shop = _shop(box)
    facts: dict[str, Any] = json.loads(box.php("install.php", {"shop": shop}).splitlines()[-1])
    if shop:
        box.php("/srv/shop/install/install.php", {"plugin": shop}, "activate")
        told = box.php("/srv/shop/install/install.php", {"hpos": True, "products": PRODUCTS, "stock": 1000}, "stock")
        facts |= json.loads(told.splitlines()[-1])
    return facts


def _shop(box: Box) -> str:
    """The real one where it was given, else the stand-in, else none."""
    plugins = Path(f"/proc/{box.inside}/root/srv/wp/wp-content/plugins")
    plugins.mkdir(parents=True, exist_ok=True)
    real = os.environ.get("TIDEPOOL_WOOCOMMERCE", "")
    if real and Path(real).is_dir():
        source = next((path.parent for path in sorted(Path(real).rglob("woocommerce.php"))), None)
        if source is not None:
            shutil.copytree(source, plugins / "woocommerce", symlinks=True)
            return "woocommerce/woocommerce.php"
    if (STANDIN / "lab-commerce.php").exists():
        shutil.copytree(STANDIN, plugins / "lab-commerce")
        return "lab-commerce/lab-commerce.php"
    return ""


def count(pattern: str, text: str) -> int:
    return len(re.findall(pattern, text))
