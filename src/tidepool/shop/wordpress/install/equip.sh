#!/bin/bash
# Runs on each app server of a WordPress shop, by SSH, in the folder where its plugins were unpacked.
set -eu
here=$(cd "$(dirname "$0")" && pwd)
content=/var/lib/wordpress/wp-content

install -D -m 0644 -t /usr/local/lib/shop "$here"/*.php
for plugin in "$here"/plugins/*/; do
    name=$(basename "$plugin")
    rm -rf "${content:?}/plugins/$name"
    cp -r "$plugin" "$content/plugins/$name"
done
chmod -R a+rX "$content/plugins"

# Another WordPress than Debian's; Debian's wp-config.php and wp-content stay.
if [ -d "$here/core" ]; then
    rm -rf /usr/share/wordpress/wp-admin /usr/share/wordpress/wp-includes
    cp -r "$here/core/." /usr/share/wordpress/
    chmod -R a+rX /usr/share/wordpress
fi

if [ -d "$here/farshore" ]; then
    rm -rf /usr/share/farshore/wordpress
    mkdir -p /usr/share/farshore /etc/farshore
    cp -r "$here/farshore" /usr/share/farshore/wordpress
    chmod -R a+rX /usr/share/farshore
    ln -sfn /usr/share/farshore/wordpress/farshore.php "$content/mu-plugins/farshore.php"
    install -m 0640 -o root -g www-data "$here/wordpress.json" /etc/farshore/wordpress.json
fi
