"""`regions.*.database` as a section: a server that the operator runs on a host of his own."""

from pathlib import Path

from farshore.model.region import RegionName
from farshore.settings import names
from farshore.settings.section import Section
from farshore.settings.settings import SelfRun

_PORT = {"mysql": 3306, "pg": 5432}
_DATA = {"mysql": "/var/lib/mysql", "pg": "/var/lib/postgresql/15/main"}
_UNIT = {"mysql": "mariadb", "pg": "postgresql@15-main"}  # as Debian and Ubuntu call them


def read_self_run(section: Section, engine: str, region: RegionName) -> SelfRun:
    section.choice("kind", ("self-run",))
    found = SelfRun(
        host=section.text("host", names.HOST),
        private_host=section.text("private_host", names.HOST, ""),
        region=region,
        port=section.integer("port", _PORT[engine], 1, 65535),
        admin_user=section.text("admin_user", names.SQL_NAME),
        password_file=_file(section, "password_file", "of the admin's password, mode 0600"),
        app_password_file=_file(section, "app_password_file", "of the app user's password, mode 0600"),
        ca_file=_file(section, "ca_file", "of the authority that signed its certificate"),
        data_folder=section.text("data_folder", names.DATA_FOLDER, _DATA[engine]),
        unit=section.text("unit", names.UNIT, _UNIT[engine]),
    )
    section.finish()
    if names.is_ip_address(found.host) and not found.private_host:
        raise section.refuse("private_host", "is missing; an address has none of its own, so write it as well.")
    return found


def _file(section: Section, key: str, words: str) -> Path:
    path = section.file_path(key)
    if path is None:
        raise section.refuse(key, f"is missing; write the path of the file {words}.")
    return path
