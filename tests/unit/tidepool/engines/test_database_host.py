"""What a database host of a self-run store does at its first boot: a script that fits, and that a shell can read."""

import subprocess
from pathlib import Path
from typing import Any

import pytest

from tidepool.api.authority import Authority
from tidepool.shop.user_data import LIMIT_BYTES
from tidepool.store.blueprint import STANDBY, WRITER
from tidepool.store.furnishing import Wish
from tidepool.store.self_run import ADMIN, SelfRunRegions, host_name

NOTHING: Any = None  # the account and the kind of shop, of which a script needs nothing


def _regions(folder: Path, engine: str) -> SelfRunRegions:
    authority = Authority.open(folder / "account")
    return SelfRunRegions(NOTHING, Wish(engine, "shop.example.com", True, folder, str(authority.ca_file)), NOTHING)


@pytest.mark.parametrize("engine", ["mysql", "pg"])
def test_the_script_is_one_that_a_shell_can_read(engine: str, tmp_path: Path) -> None:
    regions = _regions(tmp_path, engine)
    for site, source in ((WRITER, ""), (STANDBY, "10.10.0.20")):
        script = regions._script(site, source)
        assert script.startswith("#!/bin/bash\n")
        assert len(script) < LIMIT_BYTES
        done = subprocess.run(["bash", "-n"], input=script, capture_output=True, text=True, check=False)
        assert (done.returncode, done.stderr) == (0, "")
        assert f"SOURCE={source or repr('')}\n" in script
        assert f"NAME={host_name(site)}\n" in script


def test_both_hosts_have_one_admin_and_one_authority(tmp_path: Path) -> None:
    regions = _regions(tmp_path, "pg")
    scripts = [regions._script(site, "") for site in (WRITER, STANDBY)]
    for key in ("ADMIN", "PASSWORD", "APP_PASSWORD", "AUTHORITY"):
        values = {script.split(f"\n{key}=")[1].split("\n")[0] for script in scripts}
        assert len(values) == 1, key
    assert f"\nADMIN={ADMIN}\n" in scripts[0]


def test_secrets_are_files_of_their_owner(tmp_path: Path) -> None:
    regions = _regions(tmp_path, "pg")
    regions._keep_secrets({ADMIN: "one", "shop": "two"})
    for name, word in (("database-admin", "one"), ("database-app", "two")):
        assert (tmp_path / name).read_text() == f"{word}\n"
        assert (tmp_path / name).stat().st_mode & 0o777 == 0o600
