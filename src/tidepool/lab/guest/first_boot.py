"""Runs a droplet's user_data at its first boot (inside the droplet; never imported by tidepool).

An honest subset of cloud-init: `#!` scripts are executed; of `#cloud-config` the keys `write_files`,
`ssh_authorized_keys`, `packages` (only those already in the image: a lab has no package mirror), `bootcmd` and `runcmd`
are obeyed. Any other key is reported in /var/log/cloud-init-output.log and the result is marked as degraded, so that
nobody believes it was done.
"""

import base64
import json
import os
import subprocess
import sys
from pathlib import Path
from typing import Any

INSTANCE = Path("/var/lib/cloud/instance")
KNOWN = ("write_files", "ssh_authorized_keys", "packages", "bootcmd", "runcmd")


def write_file(item: dict[str, Any]) -> None:
    path = Path(item["path"])
    path.parent.mkdir(parents=True, exist_ok=True)
    content = item.get("content", "")
    encoding = item.get("encoding", "text/plain")
    if encoding in ("b64", "base64"):
        data = base64.b64decode(content)
    elif encoding == "text/plain":
        data = content.encode()
    else:
        raise ValueError(f"write_files: {path}: encoding {encoding!r} is not supported here; use b64 or plain text")
    with open(path, "ab" if item.get("append") else "wb") as out:
        out.write(data)
    path.chmod(int(str(item.get("permissions", "0644")), 8))
    if "owner" in item:
        subprocess.run(["chown", item["owner"], str(path)], check=True)


def authorize(keys: list[str]) -> None:
    folder = Path("/root/.ssh")
    folder.mkdir(mode=0o700, exist_ok=True)
    with open(folder / "authorized_keys", "a") as out:
        out.writelines(key + "\n" for key in keys)


def missing_packages(names: list[str]) -> list[str]:
    return [n for n in names if subprocess.run(["dpkg", "-s", n], capture_output=True, check=False).returncode != 0]


def run_commands(commands: list[Any]) -> list[str]:
    errors = []
    for command in commands:
        argv = ["sh", "-c", command] if isinstance(command, str) else [str(word) for word in command]
        code = subprocess.run(argv, check=False).returncode
        if code != 0:
            errors.append(f"command {command!r} ended with {code}")
    return errors


def run_config(text: str) -> list[str]:
    import yaml

    config = yaml.safe_load(text) or {}
    errors = [
        f"key {key!r} of #cloud-config is not supported here and was ignored" for key in config if key not in KNOWN
    ]
    errors += [f"package {n} is not in the image" for n in missing_packages(config.get("packages", []))]
    errors += run_commands(config.get("bootcmd", []))
    for item in config.get("write_files", []):
        write_file(item)
    authorize(config.get("ssh_authorized_keys", []))
    return errors + run_commands(config.get("runcmd", []))


def run_script(text: str) -> list[str]:
    script = INSTANCE / "script"
    script.write_text(text)
    script.chmod(0o700)
    code = subprocess.run([str(script)], check=False, cwd="/").returncode
    return [] if code == 0 else [f"the user_data script ended with {code}"]


def main() -> int:
    text = (INSTANCE / "user-data.txt").read_text()
    os.environ.setdefault("HOME", "/root")
    try:
        if text.startswith("#!"):
            errors = run_script(text)
        elif text.startswith("#cloud-config"):
            errors = run_config(text)
        elif text.strip():
            errors = ["user_data begins neither with #! nor with #cloud-config; nothing was run"]
        else:
            errors = []
    except Exception as error:  # whatever user_data does, the result must be on record
        errors = [f"{type(error).__name__}: {error}"]
    for line in errors:
        print(f"first boot: {line}", flush=True)
    (INSTANCE / "result.json").write_text(json.dumps({"v1": {"errors": errors}}))
    (INSTANCE / "boot-finished").write_text("")
    return 1 if errors else 0


if __name__ == "__main__":
    sys.exit(main())
