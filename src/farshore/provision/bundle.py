"""What one deployment sends to one app server: a tar archive on standard input, so that no secret is an argument."""

import io
import tarfile
from dataclasses import dataclass

from farshore.provision import unit


@dataclass(frozen=True, slots=True)
class File:
    path: str  # where it ends on the app server
    content: bytes
    mode: int


def agent_files(archive: bytes, config: str, key: str, ca: bytes | None) -> tuple[File, ...]:
    files = [
        File(unit.ARCHIVE_PATH, archive, 0o755),
        File(unit.CONFIG_PATH, config.encode(), 0o644),
        File(unit.KEY_PATH, (key + "\n").encode(), 0o600),
        File(unit.UNIT_PATH, unit.UNIT.encode(), 0o644),
    ]
    if ca is not None:
        files.append(File(unit.CA_PATH, ca, 0o644))
    return tuple(files)


def install_script(files: tuple[File, ...]) -> str:
    """Puts each file in place by rename where it differs, then starts the unit; says `changed` or `unchanged`.

    Paths come from `unit` and numbers from us: nothing of anybody else's is in this script.
    """
    lines = [
        "set -eu",
        'cd "$(dirname "$0")"',
        "command -v python3 >/dev/null || { echo 'python3 is not installed' >&2; exit 3; }",
        "python3 -c 'import sys; sys.exit(sys.version_info < (3, 11))' || { echo 'python3 < 3.11' >&2; exit 3; }",
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
        'if [ -n "$changed" ]; then echo changed; else echo unchanged; fi',
    ]
    return "\n".join(lines) + "\n"


def pack(files: tuple[File, ...]) -> bytes:
    content = io.BytesIO()
    with tarfile.open(fileobj=content, mode="w:gz") as archive:
        members = [(f"file{index}", file.content) for index, file in enumerate(files)]
        for name, data in [*members, ("install.sh", install_script(files).encode())]:
            member = tarfile.TarInfo(name)
            member.size = len(data)
            member.mode = 0o600
            archive.addfile(member, io.BytesIO(data))
    return content.getvalue()
