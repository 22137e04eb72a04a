#!/bin/bash
# Runs once, at a droplet's first boot, in the folder where the shop's files were unpacked.
# The image holds the packages; this only puts the shop in place and switches its services on.
set -eu
here=$(cd "$(dirname "$0")" && pwd)
fpm=$(basename "$(ls -d /etc/php/*/fpm | sort -V | tail -n 1 | xargs dirname)")

mkdir -p /srv/shop /etc/shop
cp "$here"/php/*.php /srv/shop/
install -m 0644 "$here/ca.pem" /etc/shop/ca.pem
install -m 0640 -o root -g www-data "$here/settings.json" /etc/shop/settings.json
install -m 0640 -o www-data -g adm /dev/null /var/log/shop-php.log
cp "$here/etc/nginx.conf" /etc/nginx/sites-available/shop
cp "$here/etc/door.conf" /etc/nginx/shop-door.conf
cp "$here/etc/door-maps.conf" /etc/nginx/shop-door-maps.conf
rm -f /etc/nginx/sites-enabled/* "/etc/php/$fpm/fpm/pool.d/www.conf"
ln -s /etc/nginx/sites-available/shop /etc/nginx/sites-enabled/shop
if grep -q '"permit": true' "$here/settings.json"; then
    cp "$here/etc/permit.conf" /etc/nginx/shop-permit.conf
fi
cp "$here/etc/fpm.conf" "/etc/php/$fpm/fpm/pool.d/shop.conf"

# The folder comes back at every boot, the file does not: a server that boots again without
# a controller does not know who the writer is, and must come up closed.
printf '%s\n' 'd /run/farshore 0755 root root -' 'f /run/farshore/checkouts.lock 0644 root root -' \
    > /etc/tmpfiles.d/farshore.conf
systemd-tmpfiles --create /etc/tmpfiles.d/farshore.conf
cp "$here/endpoint.json" /run/farshore/.endpoint.json
chmod 0644 /run/farshore/.endpoint.json
mv /run/farshore/.endpoint.json /run/farshore/endpoint.json

# What a kind of shop adds of its own.
if [ -e "$here/more.sh" ]; then
    . "$here/more.sh"
fi

systemctl enable --now "php$fpm-fpm" nginx
systemctl reload-or-restart "php$fpm-fpm" nginx
