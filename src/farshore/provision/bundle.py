"""What one deployment sends to one app server: a tar archive on standard input, so that no secret is an argument."""

import io
import json
import tarfile
from dataclasses import dataclass

from farshore.provision import shop_plugin, shop_settings, unit
from farshore.provision.authority import Authority, Issued
from farshore.transport.message import AGENT

_DRIVERS = {"mysql": ("pymysql", "python3-pymysql"), "pg": ("psycopg2", "python3-psycopg2")}  # module, package

_TELL_SHOP = f"python3 -I merge.py shop.json {shop_settings.PATH} {shop_settings.GROUP}"


@dataclass(frozen=True, slots=True)
class File:
    path: str  # where it ends on the app server
    content: bytes
    mode: int


@dataclass(frozen=True, slots=True)
class DatabaseAccess:
    """How an app server's agent reaches the store's database: as the store does."""

    engine: str  # mysql | pg
    user: str
    password: str
    database: str
    ca: bytes | None


@dataclass(frozen=True, slots=True)
class Bundle:
    """For one app server. Its certificate is issued only when the one it has is no longer good."""

    host: str
    archive: bytes
    config: str
    authority: Authority
    probe_ca: bytes | None
    database: DatabaseAccess
    shop: bytes | None = None  # what the shop's plugin is told; None: nothing
    plugin: bytes | None = None  # the plugin itself, for app servers with a WordPress

    def files(self, deployed: bytes) -> tuple[File, ...]:
        """`deployed` is the certificate that the app server has with its key; empty when it has none."""
        found = [
            File(unit.ARCHIVE_PATH, self.archive, 0o755),
            File(unit.CONFIG_PATH, self.config.encode(), 0o644),
            File(unit.AUTHORITY_PATH, self.authority.certificate_pem, 0o644),
            File(unit.DATABASE_PATH, _database_json(self.database), 0o600),
            File(unit.UNIT_PATH, unit.UNIT.encode(), 0o644),
        ]
        if self.probe_ca is not None:
            found.append(File(unit.CA_PATH, self.probe_ca, 0o644))
        if self.database.ca is not None:
            found.append(File(unit.DATABASE_CA_PATH, self.database.ca, 0o644))
        name = f"{AGENT}:{self.host}"
        if not self.authority.still_good(deployed, name):
            found += _identity(self.authority.issue(name))
        return tuple(found)

    def pack(self, deployed: bytes) -> bytes:
        return pack(self.files(deployed), self.database.engine, self.shop, self.plugin)


def install_script(files: tuple[File, ...], engine: str, then: tuple[str, ...] = ()) -> str:
    """Puts each file in place by rename where it differs, then starts the unit; says `changed` or `unchanged`.

    `then`: what is done once the agent runs; a shop that was told before would ask one that is not there.
    Paths come from `unit` and numbers from us: nothing of anybody else's is in this script.
    """
    module, package = _DRIVERS[engine]
    lines = [
        "set -eu",
        'cd "$(dirname "$0")"',
        "command -v python3 >/dev/null || { echo 'python3 is not installed' >&2; exit 3; }",
        "python3 -c 'import sys; sys.exit(sys.version_info < (3, 11))' || { echo 'python3 < 3.11' >&2; exit 3; }",
        f"python3 -Ic 'import {module}' 2>/dev/null || "
        f"echo 'warning: no permit reaches the database before the package {package} is installed here'",
        "changed=",
    ]
    for index, file in enumerate(files):
        folder = file.path.rpartition("/")[0]
        lines += [
            f"if ! cmp -s file{index} {file.path}; then",
            f"  mkdir -p {folder}",
            f"  install -m {file.mode:04o} file{index} {file.path}.new",
            f"  mv -f {file.path}.new {file.path}",
            "  changed=yes",
            "fi",
            f"chmod {file.mode:04o} {file.path}",
        ]
    lines += [
        'if [ -n "$changed" ]; then systemctl daemon-reload; fi',
        f"systemctl is-enabled -q {unit.UNIT_NAME} || systemctl enable -q {unit.UNIT_NAME}",
        f'if [ -n "$changed" ]; then systemctl restart {unit.UNIT_NAME};',
        f"else systemctl is-active -q {unit.UNIT_NAME} || systemctl start {unit.UNIT_NAME}; fi",
        *then,
        'if [ -n "$changed" ]; then echo changed; else echo unchanged; fi',
    ]
    return "\n".join(lines) + "\n"


def pack(files: tuple[File, ...], engine: str, shop: bytes | None = None, plugin: bytes | None = None) -> bytes:
    content = io.BytesIO()
    with tarfile.open(fileobj=content, mode="w:gz") as archive:
        members = [(f"file{index}", file.content) for index, file in enumerate(files)]
        if shop is not None:
            members += [("shop.json", shop), ("merge.py", shop_settings.MERGE.encode())]
        then = [] if shop is None else [_TELL_SHOP]
        if plugin is not None:
            members.append((shop_plugin.MEMBER, plugin))
            then.append(shop_plugin.install(plugin, shop_settings.PATH).rstrip())
        script = install_script(files, engine, tuple(then))
        for name, data in [*members, ("install.sh", script.encode())]:
            member = tarfile.TarInfo(name)
            member.size = len(data)
            member.mode = 0o600
            archive.addfile(member, io.BytesIO(data))
    return content.getvalue()


def _identity(issued: Issued) -> list[File]:
    """Key first: what is interrupted between the two does not fit together, and the next deployment sees it."""
    return [File(unit.KEY_PATH, issued.key, 0o600), File(unit.CERTIFICATE_PATH, issued.certificate, 0o644)]


def _database_json(access: DatabaseAccess) -> bytes:
    body = {
        "engine": access.engine,
        "user": access.user,
        "password": access.password,
        "database": access.database,
        "ca_file": None if access.ca is None else unit.DATABASE_CA_PATH,
    }
    return (json.dumps(body, indent=2) + "\n").encode()
