# Begins a rebuild as a unit of its own, so that it goes on when this connection or its controller ends.
set -eu
case $(systemctl show -p ActiveState --value farshore-rebuild 2>/dev/null || true) in
active | activating | deactivating) exit 0 ;;
esac
[ -e "$STATE/retired" ] || { echo "this database was not stopped for a rebuild" >&2; exit 4; }
(umask 077 && printf '%s\n' "$REBUILD" > "$STATE/rebuild.sh")
systemctl reset-failed farshore-rebuild 2>/dev/null || true
echo "begun" > "$STATE/progress"
systemd-run --quiet --collect --unit=farshore-rebuild --description="farshore: this database follows the writer's again" \
    -p "StandardOutput=append:$STATE/rebuild.log" -p "StandardError=append:$STATE/rebuild.log" /bin/sh "$STATE/rebuild.sh"
