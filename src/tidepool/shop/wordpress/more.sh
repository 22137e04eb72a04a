# Part of install.sh, in a droplet that becomes a WordPress shop; plugins come later, by SSH: user_data is too small.
cp "$here/etc/php.conf" /etc/nginx/shop-php.conf
install -m 0644 "$here/etc/config-default.php" /etc/wordpress/config-default.php
content=/var/lib/wordpress/wp-content
mkdir -p "$content/plugins" "$content/mu-plugins" "$content/uploads"
chown www-data:www-data "$content/uploads"

# WordPress's cron: every minute, and only where the endpoint file says that this region sells. A standby that ran it
# would do the first due job on every call. Each server of the region tries; WordPress's own lock lets one through.
cat > /etc/systemd/system/shop-cron.service <<'UNIT'
[Unit]
Description=WordPress's due jobs

[Service]
Type=oneshot
User=www-data
ExecCondition=/bin/grep -q '"role": *"writer"' /run/farshore/endpoint.json
ExecStart=/usr/bin/php -d memory_limit=256M /srv/shop/cron.php
TimeoutStartSec=120
UNIT
cat > /etc/systemd/system/shop-cron.timer <<'UNIT'
[Unit]
Description=WordPress's due jobs, each minute

[Timer]
OnCalendar=minutely
RandomizedDelaySec=15

[Install]
WantedBy=timers.target
UNIT
systemctl daemon-reload
systemctl enable --now shop-cron.timer
