"""The one Debian root filesystem that all cells are copies-on-write of; built once per recipe and cached."""

import fcntl
import hashlib
import os
import re
import shutil
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

from tidepool.lab.home import LabError, home
from tidepool.lab.sweep import delete

GUEST = Path(__file__).parent / "guest"
PACKAGES = (
    *("systemd", "systemd-sysv", "dbus", "tini", "procps", "openssh-server", "iproute2", "iputils-ping", "nftables"),
    *("nginx", "php8.2-fpm", "php8.2-cli", "php8.2-mysql", "php8.2-pgsql", "php8.2-curl", "python3", "python3-yaml"),
    *("haproxy", "mariadb-server", "mariadb-client", "mariadb-backup", "postgresql-15", "socat", "openssl", "rsync"),
    *("knot", "knot-dnsutils", "unbound", "curl", "ca-certificates", "zstd"),
    *("python3-pymysql", "python3-psycopg2"),
    # Apache comes with WordPress unless a PHP and a web server are named before it.
    *("php8.2-xml", "php8.2-mbstring", "php8.2-intl", "php8.2-gd", "php", "wordpress"),
    "wordpress-theme-twentytwentyone",
)
IN_IMAGE = ("build_image.sh", "first_boot.py", "first-boot.service", "clock.conf", "clock.c")
# In Debian always, in Ubuntu a package of its own; without it debootstrap says one line and goes on unverified.
KEYRING = Path("/usr/share/keyrings/debian-archive-keyring.gpg")
TOOLS = {"debootstrap": "debootstrap", "ip": "iproute2", "unshare": "util-linux", "nsenter": "util-linux"}


def require_machine() -> None:
    """Say at once, and clearly, where a lab cannot run."""
    if sys.platform != "linux":
        raise LabError(f"tidepool needs Linux (namespaces, cgroups, overlayfs); this is {sys.platform}")
    if os.geteuid() != 0:
        raise LabError("tidepool needs root to make namespaces and mounts; run it with sudo")
    missing = {package for tool, package in TOOLS.items() if shutil.which(tool) is None}
    if not missing:
        return
    install = ["apt-get", "install", "-y", "--no-install-recommends", *sorted(missing)]
    if shutil.which("apt-get") is None:
        raise LabError(f"this machine lacks {', '.join(sorted(missing))}; install them with its package manager")
    done = subprocess.run(install, capture_output=True, text=True, check=False)
    if done.returncode != 0:
        raise LabError(f"`{' '.join(install)}` failed; run it by hand and see why: {done.stderr.strip()[-300:]}")


def recipe() -> str:
    """Changes whenever anything that goes into the image changes."""
    digest = hashlib.sha256("\n".join(PACKAGES).encode())
    for file in sorted(GUEST.iterdir()):
        if file.name in IN_IMAGE:
            digest.update(file.name.encode() + b"\0" + file.read_bytes())
    return digest.hexdigest()[:12]


def image_root() -> Path:
    return home() / "image" / recipe()


def mirror() -> str:
    """The machine's own Debian mirror if it is a Debian, so that a site's mirror or cache is respected;
    otherwise empty, and debootstrap chooses."""
    release = Path("/etc/os-release").read_text() if Path("/etc/os-release").exists() else ""
    if re.search(r"^ID=debian$", release, re.MULTILINE):
        lists = [Path("/etc/apt/sources.list"), *sorted(Path("/etc/apt/sources.list.d").glob("*"))]
        for text in (file.read_text() for file in lists if file.is_file()):
            for uri in _debian_uris(text):
                return uri
    return ""


def _debian_uris(text: str) -> Iterator[str]:
    for line in text.splitlines():
        if found := re.match(r"(?:deb\s+(?:\[[^]]*\]\s+)?|URIs:\s*)(https?://\S+/debian)/?(?:\s|$)", line):
            yield found.group(1)


@contextmanager
def _locked(folder: Path, say: Callable[[str], None]) -> Iterator[None]:
    with open(folder / "lock", "w") as lock:
        try:
            fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            say("another process is building the root filesystem; waiting for it")
            fcntl.flock(lock, fcntl.LOCK_EX)
        yield


def ensure_image(say: Callable[[str], None]) -> Path:
    """The image's root, built first if it is not there. Two callers at once build it once."""
    require_machine()
    root = image_root()
    if root.is_dir():
        return root
    root.parent.mkdir(parents=True, exist_ok=True)
    with _locked(root.parent, say):
        if not root.is_dir():
            _build(root, say)
    return root


def require_keyring(keyring: Path = KEYRING) -> None:
    """Droplets must not run what nobody signed."""
    if not keyring.exists():
        raise LabError(
            f"{keyring} is missing, so the packages of the root filesystem cannot be verified; "
            "run `make setup`, or install debian-archive-keyring"
        )


def _build(root: Path, say: Callable[[str], None]) -> None:
    require_keyring()
    draft = root.with_suffix(".building")
    log = root.parent / "build.log"
    delete(draft)
    draft.mkdir(parents=True)
    say(f"building the root filesystem, once, a few minutes; details in {log}")
    began = time.monotonic()
    namespaces = ["unshare", "--mount", "--pid", "--fork", "--kill-child"]
    script = ["bash", str(GUEST / "build_image.sh"), str(draft), mirror(), str(GUEST), *PACKAGES]
    with open(log, "w") as out:
        process = subprocess.Popen([*namespaces, *script], stdout=subprocess.PIPE, stderr=out, text=True, env=_env())
        assert process.stdout is not None
        for line in process.stdout:
            out.write(line)
            out.flush()
            if line.startswith("== "):
                say(f"  {line[3:].strip()} ({time.monotonic() - began:.0f} s)")
    if process.wait() != 0:
        raise LabError(
            f"the root filesystem could not be built; the end of {log} says why, then run `tidepool image` again"
        )
    os.rename(draft, root)
    say(f"root filesystem ready in {time.monotonic() - began:.0f} s")


def _env() -> dict[str, str]:
    """debootstrap knows only the environment's proxy; apt may have one of its own."""
    env = dict(os.environ)
    if shutil.which("apt-config") and "http_proxy" not in env:
        shell = ["apt-config", "shell", "proxy", "Acquire::http::Proxy"]
        found = re.search(r"proxy='(.+)'", subprocess.run(shell, capture_output=True, text=True, check=False).stdout)
        if found:
            env["http_proxy"] = found.group(1)
    return env
