"""The first-boot script carries the whole shop, readable where it must be and secret where it should be."""

import base64
import io
import json
import tarfile

import pytest

from tidepool.shop import user_data as module
from tidepool.shop.user_data import user_data
from tidepool.store.blueprint import SITES, split_domain

SETTINGS = {"engine": "mysql", "password": "very-secret"}
ENDPOINT = {"epoch": 1, "role": "writer", "region": "nyc3", "host": "10.10.0.20", "port": 25060}


def unpacked(script: str) -> tarfile.TarFile:
    packed = script.split("<<'END' | tar xz\n")[1].split("END\n")[0]
    return tarfile.open(fileobj=io.BytesIO(base64.b64decode(packed)))


def test_it_holds_the_shop_and_the_servers_own_files() -> None:
    archive = unpacked(user_data(SETTINGS, ENDPOINT, "PEM"))
    names = archive.getnames()
    assert {"install.sh", "php/index.php", "php/checkout.php", "etc/nginx.conf", "etc/fpm.conf"} <= set(names)
    assert {"etc/door.conf", "etc/door-maps.conf"} <= set(names)
    own = archive.extractfile("endpoint.json")
    assert own is not None
    assert json.load(own) == ENDPOINT


def test_secrets_are_readable_for_root_only_and_nowhere_in_clear() -> None:
    script = user_data(SETTINGS, ENDPOINT, "PEM")
    modes = {member.name: member.mode for member in unpacked(script).getmembers()}
    assert modes["settings.json"] == 0o600
    assert modes["php/index.php"] == 0o644
    assert "very-secret" not in script
    assert script.startswith("#!")


def test_too_much_is_refused_before_the_api_refuses_it(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(module, "LIMIT_BYTES", 1000)
    with pytest.raises(ValueError, match="droplets take 1000 at most"):
        user_data(SETTINGS, ENDPOINT, "PEM")


def test_a_domain_is_split_into_record_and_zone() -> None:
    assert split_domain("shop.example.com") == ("shop", "example.com")
    with pytest.raises(ValueError, match="a name below a domain"):
        split_domain("example.com")


def test_hosts_of_the_blueprint_have_different_names() -> None:
    """Hosts of a lab are found by name; a balancer that shared its database's name would get another."""
    names = [name for site in SITES for name in (site.name, site.door, *site.droplets)]
    assert len(names) == len(set(names))
