#!/bin/bash
# All tests but the long ones, in two halves side by side: lab tests mostly wait, the others mostly compute.
# Each half ends with pytest's own closing line; the exit code is bad when either is.
set -u
rest=$(mktemp)
trap 'rm -f "$rest"' EXIT
echo "tests without a lab run beside the others; their output comes when the others are done"
pytest -m "not long and (not lab or beside)" -o cache_dir=.pytest_cache/rest >"$rest" 2>&1 &
beside=$!
pytest -m "not long and lab and not beside" -o cache_dir=.pytest_cache/lab
lab=$?
wait "$beside"
others=$?
cat "$rest"
[ "$lab" -eq 0 ] && [ "$others" -eq 0 ]
