"""`regions.*.database` as a section: what it becomes, and each bad one in one sentence."""

# ruff: noqa: E501 - a sentence is compared whole, on one line
import re
from pathlib import Path
from typing import Any

import pytest

from farshore.settings import load
from farshore.settings import section as section_module
from farshore.settings.load import load_settings
from farshore.settings.problem import BadSettings
from farshore.settings.section import Section

ROOT = Path(__file__).parents[3]
OWN = """\
    database:
      kind: self-run
      host: db-{region}
      admin_user: admin
      password_file: db-admin
      app_password_file: db-app
      ca_file: db-ca.pem
"""
GOOD = f"""\
group: shop
engine: mysql
regions:
  first:
    region: nyc3
    load_balancer: lb-nyc3
    app_tag: shop-nyc3
{OWN.format(region="nyc3")}\
  second:
    region: sfo3
    load_balancer: lb-sfo3
    app_tag: shop-sfo3
{OWN.format(region="sfo3")}\
stores:
  - name: shop
    domain: shop.example.com
    zone: example.com
"""


def _load(folder: Path, text: str) -> Any:
    file = folder / "farshore.yaml"
    file.write_text(text)
    return load_settings(file)


@pytest.mark.parametrize(
    ("engine", "port", "folder", "unit"),
    [
        ("mysql", 3306, "/var/lib/mysql", "mariadb"),
        ("pg", 5432, "/var/lib/postgresql/15/main", "postgresql@15-main"),
    ],
)
def test_an_engines_defaults_are_debians(tmp_path: Path, engine: str, port: int, folder: str, unit: str) -> None:
    settings = _load(tmp_path, GOOD.replace("engine: mysql", f"engine: {engine}"))
    first, second = settings.self_run
    assert (first.host, first.region, first.private_host) == ("db-nyc3", "nyc3", "")
    assert (second.port, second.data_folder, second.unit) == (port, folder, unit)
    assert first.password_file == tmp_path / "db-admin"
    assert settings.group.first.database == "db-nyc3", "the group calls it by its host"


def test_managed_databases_are_none(tmp_path: Path) -> None:
    text = GOOD.replace(OWN.format(region="nyc3"), "    database: a-cluster\n")
    assert _load(tmp_path, text.replace(OWN.format(region="sfo3"), "    database: a-replica\n")).self_run == ()


@pytest.mark.parametrize(
    ("old", "new", "sentence"),
    [
        (OWN.format(region="sfo3"), "    database: shop-sfo3\n", "regions.second.database is of another kind than the first region's; both are managed, or both are self-run."),
        ("kind: self-run\n      host: db-nyc3", "kind: own\n      host: db-nyc3", "regions.first.database.kind is 'own'; write self-run."),
        ("host: db-nyc3", "host: 'db; rm'", "regions.first.database.host is 'db; rm'; it must be a droplet's name in small letters, or an IPv4 address."),
        ("host: db-nyc3", "host: 192.0.2.5", "regions.first.database.private_host is missing; an address has none of its own, so write it as well."),
        ("host: db-sfo3", "host: db-nyc3", "regions.second.database is db-nyc3, as in the first region; each region needs its own."),
        ("      password_file: db-admin\n", "", "regions.first.database.password_file is missing; write the path of the file of the admin's password, mode 0600."),
        ("      ca_file: db-ca.pem\n", "      ca_file: db-ca.pem\n      data_folder: /data\n", "regions.first.database.data_folder is '/data'; it must be the whole path of a folder, at least two deep, such as /var/lib/mysql: a rebuild replaces what is in it."),
        ("      ca_file: db-ca.pem\n", "      ca_file: db-ca.pem\n      data_folder: /var/lib/../../etc\n", "regions.first.database.data_folder is '/var/lib/../../etc'; it must be the whole path of a folder, at least two deep, such as /var/lib/mysql: a rebuild replaces what is in it."),
        ("      ca_file: db-ca.pem\n", "      ca_file: db-ca.pem\n      password: hush\n", "regions.first.database.password is not a setting; did you mean password_file?"),
        ("stores:", "fence: {network: true}\nstores:", "fence.network is true, but self-run databases have no trusted sources; write false."),
    ],
)  # fmt: skip
def test_a_bad_one_is_refused_in_one_sentence(tmp_path: Path, old: str, new: str, sentence: str) -> None:
    assert old in GOOD
    with pytest.raises(BadSettings) as refused:
        _load(tmp_path, GOOD.replace(old, new, 1))
    assert re.sub(r"^.*?, line \d+: ", "", str(refused.value)) == sentence


def test_the_configuration_page_shows_every_setting_of_it(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    sections: list[Section] = []

    class Noted(Section):
        def __init__(self, *args: Any) -> None:
            super().__init__(*args)
            sections.append(self)

    monkeypatch.setattr(section_module, "Section", Noted)
    monkeypatch.setattr(load, "Section", Noted)
    blocks = re.findall(r"```yaml\n(.*?)```", (ROOT / "docs" / "configuration.md").read_text(), re.DOTALL)
    (shown,) = [block for block in blocks if "kind: self-run" in block]
    _load(tmp_path, GOOD.replace("engine: mysql", "engine: pg").replace(OWN.format(region="nyc3"), shown))
    (found,) = [section for section in sections if section._key == "regions.first.database"]
    assert found._asked - set(found._node.entries) == set()
    assert len(found._asked) > 9
