"""Packs the shop and one server's own settings into a first-boot script. Called by the store builder."""

import base64
import io
import json
import tarfile
from collections.abc import Mapping
from pathlib import Path
from typing import Any

FILES = Path(__file__).parent / "files"
LIMIT_BYTES = 64 * 1024  # DigitalOcean's limit for user_data


def user_data(settings: Mapping[str, str | bool], endpoint: Mapping[str, Any], ca_pem: str) -> str:
    """A shell script that unpacks everything into a private folder and runs install.sh there."""
    own = {
        "settings.json": json.dumps(settings, indent=2),
        "endpoint.json": json.dumps(endpoint),
        "ca.pem": ca_pem,
    }
    archive = base64.encodebytes(_pack(own)).decode()
    script = (
        "#!/bin/bash\n"
        "# Made by tidepool: puts the plain shop in place. Runs once, at the first boot.\n"
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


def _pack(own: Mapping[str, str]) -> bytes:
    buffer = io.BytesIO()
    with tarfile.open(fileobj=buffer, mode="w:gz") as archive:
        for path in sorted(p for p in FILES.rglob("*") if p.is_file()):
            archive.add(path, arcname=str(path.relative_to(FILES)), filter=_rooted)
        for name, text in own.items():
            info = tarfile.TarInfo(name)
            info.size, info.mode = len(text.encode()), 0o600
            archive.addfile(info, io.BytesIO(text.encode()))
    return buffer.getvalue()


def _rooted(info: tarfile.TarInfo) -> tarfile.TarInfo:
    """The checkout's owner and modes must not travel to the droplet: www-data has to read the PHP files."""
    info.uid = info.gid = 0
    info.uname = info.gname = "root"
    info.mode = 0o644
    return info
