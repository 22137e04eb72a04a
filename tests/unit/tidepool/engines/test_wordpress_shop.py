"""What a WordPress shop's app servers are given: small user_data, an archive of plugins, nothing from elsewhere."""

import io
import json
import re
import tarfile
import zipfile
from pathlib import Path

import pytest

from tidepool.shop.user_data import LIMIT_BYTES, user_data
from tidepool.shop.wordpress_files import FOLDER, archive, first_boot, woocommerce_problem

ENDPOINT = {"epoch": 1, "role": "writer", "region": "nyc3", "host": "10.10.0.20", "port": 25060}


def unpacked(packed: bytes) -> dict[str, bytes]:
    with tarfile.open(fileobj=io.BytesIO(packed)) as tar:
        files = {member.name: tar.extractfile(member) for member in tar.getmembers()}
        return {name: file.read() for name, file in files.items() if file is not None}


def names(packed: bytes) -> set[str]:
    return set(unpacked(packed))


def woocommerce(folder: Path) -> Path:
    folder.mkdir()
    (folder / "woocommerce.php").write_text("<?php // the real one")
    return folder


def test_user_data_holds_a_shop_that_waits_for_its_plugins() -> None:
    """Doors and polite page are the plain shop's own files; half of the limit is left for longer certificates."""
    files = first_boot()
    assert files["install.sh"].parent.name == "files"
    assert files["etc/nginx.conf"].parent.parent == FOLDER
    assert not [name for name in files if name.startswith(("standin", "install/"))]
    assert "php/checkout.php" not in files
    assert len(user_data({"password": "x"}, ENDPOINT, "PEM" * 1000, files)) < LIMIT_BYTES / 2


def test_every_file_that_the_shops_php_requires_travels_with_it() -> None:
    for name, path in first_boot().items():
        if name.startswith("php/"):
            listed = re.search(r"foreach \(\[([^]]*)\] as \$part\)", path.read_text())
            parts = re.findall(r"'(\w+)'", listed[1]) if listed else []
            parts += re.findall(r"__DIR__ \. '/(\w+)\.php'", path.read_text())
            assert [part for part in parts if f"php/{part}.php" not in first_boot()] == [], name


def test_without_woocommerce_the_stand_in_goes_along() -> None:
    found = names(archive(None, None, {}))
    assert {"equip.sh", "install.php", "plugins/lab-commerce/lab-commerce.php"} <= found
    assert not [name for name in found if name.startswith(("farshore", "wordpress.json", "plugins/woocommerce"))]


def test_the_stand_in_loads_every_part_that_it_has() -> None:
    """A part that nobody requires is dead; one that is not there is a white page."""
    plugin = FOLDER / "standin" / "lab-commerce"
    listed = re.search(r"foreach \( array\( ([^)]*) \) as \$lab_part \)", (plugin / "lab-commerce.php").read_text())
    assert listed
    assert set(re.findall(r"'([\w-]+)'", listed[1])) == {path.stem for path in (plugin / "includes").glob("*.php")}


def test_the_must_use_plugin_brings_its_settings(tmp_path: Path) -> None:
    plugin = tmp_path / "wordpress"
    (plugin / "farshore").mkdir(parents=True)
    (plugin / "farshore.php").write_text("<?php")
    (plugin / "farshore" / "class-farshore-gate.php").write_text("<?php")
    packed = archive(woocommerce(tmp_path / "woo"), plugin, {"store": "shop"})
    assert {"farshore/farshore.php", "farshore/farshore/class-farshore-gate.php"} <= names(packed)
    assert {"plugins/woocommerce/woocommerce.php"} == {name for name in names(packed) if name.startswith("plugins/")}
    assert json.loads(unpacked(packed)["wordpress.json"]) == {"store": "shop"}


def test_another_wordpress_comes_without_its_configuration_and_content(tmp_path: Path) -> None:
    """Debian's stay: they know where this shop's settings and plugins are."""
    for name in ("wp-settings.php", "wp-config.php", "wp-includes/version.php", "wp-content/plugins/hello.php"):
        (tmp_path / name).parent.mkdir(parents=True, exist_ok=True)
        (tmp_path / name).write_text("<?php")
    found = {name for name in names(archive(None, None, {}, tmp_path)) if name.startswith("core/")}
    assert found == {"core/wp-settings.php", "core/wp-includes/version.php"}


def test_a_zip_is_unpacked_and_nothing_leaves_its_folder(tmp_path: Path) -> None:
    path = tmp_path / "woocommerce.zip"
    with zipfile.ZipFile(path, "w") as packed:
        packed.writestr("woocommerce/woocommerce.php", "<?php")
        packed.writestr("woocommerce/../../etc/cron.d/evil", "")
        packed.writestr("elsewhere/file.php", "")
    assert woocommerce_problem(path) == ""
    plugins = {name for name in names(archive(path, None, {})) if name.startswith("plugins")}
    assert plugins == {"plugins/woocommerce/woocommerce.php"}


@pytest.mark.parametrize("what", ["nothing", "folder", "file", "zip"])
def test_what_is_no_woocommerce_is_refused_with_its_name(tmp_path: Path, what: str) -> None:
    path = tmp_path / "woo"
    if what == "folder":
        path.mkdir()
    elif what == "file":
        path.write_text("<?php")
    elif what == "zip":
        with zipfile.ZipFile(path, "w") as packed:
            packed.writestr("readme.txt", "")
    assert str(path) in woocommerce_problem(path)
    assert woocommerce_problem(woocommerce(tmp_path / "real")) == ""
