#!/bin/bash
# setup.sh PYTHON VENV PACKAGE...: what `make setup` does. Idempotent: a second run only compares a checksum.
set -euo pipefail
python=$1 venv=$2
shift 2
say() { printf '[setup %3d s] %s\n' "$SECONDS" "$*" >&2; }

log=$(mktemp)
trap 'rm -f "$log"' EXIT
quietly() { # what it prints matters only when it fails
    if ! "$@" >"$log" 2>&1; then
        tail -n 30 "$log" >&2
        say "this failed: $*"
        exit 1
    fi
}

if command -v dpkg-query >/dev/null; then
    missing=()
    for package in "$@"; do
        status=$(dpkg-query -W -f '${Status}' "$package" 2>/dev/null || true)
        [ "$status" = "install ok installed" ] || missing+=("$package")
    done
    if [ ${#missing[@]} -gt 0 ]; then
        if [ "$(id -u)" != 0 ]; then
            say "these packages are missing: ${missing[*]}; run 'make setup' as root once"
            exit 1
        fi
        say "installing ${missing[*]}"
        quietly apt-get update -q
        quietly apt-get install -y -q --no-install-recommends "${missing[@]}"
    fi
else
    say "this is no Debian or Ubuntu; install by hand what is missing of: $*"
fi

if ! "$python" -c 'import sys; sys.exit(sys.version_info < (3, 11))' 2>/dev/null; then
    say "farshore needs Python 3.11 or newer, and '$python' is not; say which with make setup PYTHON=/path/to/python"
    exit 1
fi

# The stamp holds what was installed from; the interpreter's version too, because a venv does not survive its change.
wanted=$(cat requirements.lock pyproject.toml <("$python" --version) | sha256sum)
stamp="$venv/.installed"
if [ -f "$stamp" ] && [ "$(cat "$stamp")" = "$wanted" ]; then
    exit 0
fi
say "python packages into $venv"
[ -x "$venv/bin/python" ] || quietly "$python" -m venv "$venv"
quietly "$venv/bin/python" -m pip install --disable-pip-version-check --require-hashes -r requirements.lock
quietly "$venv/bin/python" -m pip install --disable-pip-version-check --no-deps --no-build-isolation -e .
printf '%s\n' "$wanted" >"$stamp"
say "ready: . $venv/bin/activate, or make demo"
