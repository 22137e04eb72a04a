# Stops the database for a rebuild. The mark also keeps a reboot from starting it: it is a fork that was compared and left.
set -eu
umask 022
mkdir -p "$STATE" "/etc/systemd/system/$UNIT.service.d"
chmod 0711 "$STATE"
printf '[Unit]\nConditionPathExists=!%s/retired\n' "$STATE" > "/etc/systemd/system/$UNIT.service.d/farshore-retired.conf"
systemctl daemon-reload
rm -f "$STATE/progress"
: > "$STATE/retired"
sync "$STATE/retired"
systemctl stop "$UNIT"
