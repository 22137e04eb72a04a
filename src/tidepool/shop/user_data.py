"""Packs the shop and one server's own settings into a first-boot script. Called by the store builder."""

import base64
import io
import json
import tarfile
from collections.abc import Mapping
from pathlib import Path
from typing import Any

LIMIT_BYTES = 64 * 1024  # DigitalOcean's limit for user_data


def below(folder: Path) -> dict[str, Path]:
    """Path in the archive -> file."""
    return {str(path.relative_to(folder)): path for path in sorted(folder.rglob("*")) if path.is_file()}


PLAIN = below(Path(__file__).parent / "files")


def user_data(
    settings: Mapping[str, Any], endpoint: Mapping[str, Any], ca_pem: str, files: Mapping[str, Path] = PLAIN
) -> str:
    """A shell script that unpacks everything into a private folder and runs install.sh there."""
    own = {
        "settings.json": json.dumps(settings, indent=2),
        "endpoint.json": json.dumps(endpoint),
        "ca.pem": ca_pem,
    }
    archive = base64.encodebytes(_pack(files, own)).decode()
    script = (
        "#!/bin/bash\n"
        "# Made by tidepool: puts the shop in place. Runs once, at the first boot.\n"
        "set -eu\n"
        "umask 077\n"
        "mkdir -p /root/shop-setup && cd /root/shop-setup\n"
        "base64 -d <<'END' | tar xz\n"
        f"{archive}END\n"
        "umask 022\n"
        "bash ./install.sh > /var/log/shop-setup.log 2>&1\n"
        "rm -rf /root/shop-setup\n"
    )
    if len(script) > LIMIT_BYTES:
        raise ValueError(f"The shop's user_data has {len(script)} bytes; droplets take {LIMIT_BYTES} at most.")
    return script


def _pack(files: Mapping[str, Path], own: Mapping[str, str]) -> bytes:
    buffer = io.BytesIO()
    with tarfile.open(fileobj=buffer, mode="w:gz") as archive:
        for name, path in files.items():
            archive.add(path, arcname=name, filter=rooted)
        for name, text in own.items():
            info = tarfile.TarInfo(name)
            info.size, info.mode = len(text.encode()), 0o600
            archive.addfile(info, io.BytesIO(text.encode()))
    return buffer.getvalue()


def rooted(info: tarfile.TarInfo) -> tarfile.TarInfo:
    """The checkout's owner and modes must not travel to the droplet: www-data has to read the PHP files."""
    info.uid = info.gid = 0
    info.uname = info.gname = "root"
    info.mode = 0o644
    return info
