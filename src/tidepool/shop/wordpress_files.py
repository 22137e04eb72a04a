"""What a WordPress shop's app servers are given: little as user_data, plugins as an archive. For the store builder."""

import io
import json
import tarfile
import zipfile
from collections.abc import Mapping
from pathlib import Path, PurePosixPath
from typing import Any

from tidepool.shop.user_data import PLAIN, below, rooted

FOLDER = Path(__file__).parent / "wordpress"
STAND_IN = "lab-commerce/lab-commerce.php"
WOOCOMMERCE = "woocommerce/woocommerce.php"
# What both kinds of shop need: doors, and the polite page when they are closed.
_SHARED = (
    "install.sh", "etc/door.conf", "etc/door-maps.conf", "etc/permit.conf", "php/answer.php", "php/cart.php",
    "php/closing.php", "php/endpoint.php", "php/pages.php", "php/permit.php", "php/settings.php",
)  # fmt: skip
_FIRST_BOOT = ("more.sh", "etc", "php")


def first_boot() -> dict[str, Path]:
    """Path in user_data's archive -> file."""
    own = {name: path for name, path in below(FOLDER).items() if name.split("/")[0] in _FIRST_BOOT}
    return {name: PLAIN[name] for name in _SHARED} | own


def woocommerce_problem(path: Path) -> str:
    """Why `path` is no WooCommerce, for whoever set it; empty when it is one."""
    if path.is_dir():
        return "" if (path / "woocommerce.php").is_file() else f"the folder {path} holds no woocommerce.php"
    if not path.is_file():
        return f"there is no file or folder {path}"
    if not zipfile.is_zipfile(path):
        return f"{path} is neither a folder nor a zip file"
    with zipfile.ZipFile(path) as archive:
        return "" if WOOCOMMERCE in archive.namelist() else f"{path} holds no {WOOCOMMERCE}"


def archive(
    woocommerce: Path | None, plugin: Path | None, settings: Mapping[str, Any], core: Path | None = None
) -> bytes:
    """A tar.gz that equip.sh understands: plugins, installer and, if given, the must-use plugin with its settings.

    `core`: another WordPress than Debian's, for a WooCommerce that needs a newer one."""
    buffer = io.BytesIO()
    with tarfile.open(fileobj=buffer, mode="w:gz", compresslevel=4) as tar:
        for path in below(FOLDER / "install").values():
            tar.add(path, arcname=path.name, filter=rooted)
        if woocommerce is None:
            _add_folder(tar, FOLDER / "standin" / "lab-commerce", "plugins/lab-commerce")
        elif woocommerce.is_dir():
            _add_folder(tar, woocommerce, "plugins/woocommerce")
        else:
            _add_zip(tar, woocommerce)
        if core is not None:
            _add_core(tar, core)
        if plugin is not None:
            _add_folder(tar, plugin, "farshore")
            _add_bytes(tar, "wordpress.json", json.dumps(settings, indent=2).encode())
    return buffer.getvalue()


def _add_folder(tar: tarfile.TarFile, folder: Path, into: str) -> None:
    for name, path in below(folder).items():
        tar.add(path, arcname=f"{into}/{name}", filter=rooted)


def _add_core(tar: tarfile.TarFile, core: Path) -> None:
    """Without its wp-content and without a wp-config.php: those are Debian's, wherever the program comes from."""
    for name, path in below(core).items():
        if name.split("/")[0] not in ("wp-content", "wp-config.php"):
            tar.add(path, arcname=f"core/{name}", filter=rooted)


def _add_zip(tar: tarfile.TarFile, path: Path) -> None:
    with zipfile.ZipFile(path) as packed:
        for member in packed.infolist():
            name = PurePosixPath(member.filename)
            if not member.is_dir() and name.parts[0] == "woocommerce" and ".." not in name.parts:
                _add_bytes(tar, f"plugins/{name}", packed.read(member))


def _add_bytes(tar: tarfile.TarFile, name: str, content: bytes) -> None:
    info = rooted(tarfile.TarInfo(name))
    info.size = len(content)
    tar.addfile(info, io.BytesIO(content))
