#!/bin/bash
# clean.sh: takes every lab of this machine down. The cached root filesystem stays; it takes minutes to build.
set -euo pipefail
home=${TIDEPOOL_HOME:-/var/lib/tidepool}
shopt -s nullglob
for lab in "$home"/labs/*/; do
    name=$(basename "$lab")
    printf 'taking lab %s down\n' "$name"
    tidepool down --name "$name"
done
