"""The shop's must-use plugin on an app server that has a WordPress: put in place whole, by one rename.

A request reads its files one after the other, so a file replaced among them would be of another version. Each version
has a folder of its own, and the name that WordPress knows leads to one of them; the one before stays for requests that
are under way, and for PHP's cache of paths.
"""

import hashlib
import io
import tarfile
from collections.abc import Mapping

FOLDER = "/usr/share/farshore/wordpress"
MEMBER = "plugin.tar"


def packed(files: Mapping[str, bytes]) -> bytes:
    """The same files give the same bytes."""
    content = io.BytesIO()
    with tarfile.open(fileobj=content, mode="w") as archive:
        for path in sorted(files):
            member = tarfile.TarInfo(path)
            member.size, member.mode = len(files[path]), 0o644
            archive.addfile(member, io.BytesIO(files[path]))
    return content.getvalue()


def install(plugin: bytes, wordpress: str, folder: str = FOLDER) -> str:
    """A shell script: where the file `wordpress` is, the plugin that lies beside it as MEMBER; else nothing.

    Sets `changed`. Interrupted anywhere it leaves the old plugin or the new one, and may be run again.
    """
    parent, _, name = folder.rpartition("/")
    version = f"{name}-{hashlib.sha256(plugin).hexdigest()[:12]}"
    return f"""\
if [ -e {wordpress} ] && [ "$(readlink {folder} || true)" != {version} ]; then
  mkdir -p {parent}
  rm -rf {parent}/{version}.new {parent}/{version}
  mkdir -m 0755 {parent}/{version}.new
  (umask 022; tar -xf {MEMBER} --no-same-owner -C {parent}/{version}.new)
  mv -T {parent}/{version}.new {parent}/{version}
  before=$(readlink {folder} || true)
  if [ -d {folder} ] && [ ! -L {folder} ]; then mv -T {folder} {parent}/{name}-by-hand; before={name}-by-hand; fi
  ln -sfn {version} {folder}.new
  mv -T {folder}.new {folder}
  for other in {parent}/{name}-*; do
    case "${{other##*/}}" in {version}|"$before") ;; *) rm -rf "$other" ;; esac
  done
  changed=yes
fi
"""
