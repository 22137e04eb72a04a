#!/bin/bash
# setup_bench.sh PYTHON FOLDER: Patroni's packages (by hash) and Debian's etcd, for `make bench`. Nothing is installed on
# the machine itself: its own service would start an etcd that nobody asked for. Idempotent.
set -euo pipefail
python=$1 folder=$2
say() { printf '[setup-bench %3d s] %s\n' "$SECONDS" "$*" >&2; }

log=$(mktemp)
work=$(mktemp -d)
trap 'rm -rf "$log" "$work"' EXIT
quietly() { # what it prints matters only when it fails
    if ! "$@" >"$log" 2>&1; then
        tail -n 30 "$log" >&2
        say "this failed: $*"
        exit 1
    fi
}

wanted=$(cat requirements-bench.lock <("$python" --version) | sha256sum)
if [ -f "$folder/complete" ] && [ "$(cat "$folder/complete")" = "$wanted" ]; then
    exit 0
fi
rm -rf "$folder"
mkdir -p "$folder"
say "Patroni's python packages into $folder"
quietly "$python" -m pip install --disable-pip-version-check --require-hashes --target "$folder/lib" -r requirements-bench.lock
if ! command -v apt-get >/dev/null; then
    say "this is no Debian or Ubuntu; put an etcd (3.4 or newer) at $folder/etcd by hand, and repeat"
    exit 1
fi
say "etcd from the machine's own package source"
chmod 755 "$work"
cd "$work"
if ! apt-get download etcd-server >"$log" 2>&1; then
    quietly apt-get update -q
    quietly apt-get download etcd-server
fi
quietly dpkg-deb --extract etcd-server_*.deb unpacked
cd - >/dev/null
install -m 755 "$work/unpacked/usr/bin/etcd" "$folder/etcd"
printf '%s\n' "$wanted" >"$folder/complete"
say "ready"
