data=/var/lib/postgresql/15/main etc=/etc/postgresql/15/main bin=/usr/lib/postgresql/15/bin
umask 022
# A base backup ends with whole WAL segments, over a user-space link: 2 MB instead of 16.
pg_createcluster 15 main --locale C.UTF-8 -- --data-checksums --wal-segsize=2
certify "$etc/tls" postgres
umask 022
cat >> "$etc/postgresql.conf" <<END
listen_addresses = '*'
port = $PORT
ssl = on
ssl_ca_file = '$etc/tls/authority.pem'
ssl_cert_file = '$etc/tls/server.pem'
ssl_key_file = '$etc/tls/server.key'
shared_buffers = '64MB'
wal_level = replica
wal_log_hints = on
wal_keep_size = '256MB'
max_wal_size = '512MB'
hot_standby_feedback = on
wal_receiver_status_interval = 1
wal_receiver_timeout = '6s'
wal_sender_timeout = '6s'
wal_retrieve_retry_interval = '100ms'
tcp_keepalives_idle = 5
tcp_keepalives_interval = 2
tcp_keepalives_count = 3
tcp_user_timeout = 15000
END
cat > "$etc/pg_hba.conf" <<END
local   all          postgres             peer
hostssl replication  $ADMIN   0.0.0.0/0  scram-sha-256
hostssl all          all      0.0.0.0/0  scram-sha-256
END
chown -R postgres: "$etc"
as() { (cd / && runuser -u postgres -- "$@"); }

if [ -n "$SOURCE" ]; then
    (umask 077 && printf '*:*:*:%s:%s\n' "$ADMIN" "$PASSWORD" > /var/lib/postgresql/source.pass)
    chown postgres: /var/lib/postgresql/source.pass
    source="host=$SOURCE port=$PORT user=$ADMIN passfile=/var/lib/postgresql/source.pass sslmode=verify-full"
    source="$source sslrootcert=$etc/tls/authority.pem connect_timeout=3 keepalives=1 keepalives_idle=2 keepalives_interval=1"
    source="$source keepalives_count=3 tcp_user_timeout=4000 application_name=$NAME"
    until_true as "$bin/psql" -XAtq "$source dbname=shop" -c 'SELECT 1'
    find "$data" -mindepth 1 -delete
    as "$bin/pg_basebackup" -D "$data" -d "$source" -R -X stream -c fast --compress=server-lz4
    systemctl enable --now postgresql@15-main
else
    systemctl enable --now postgresql@15-main
    until_true as "$bin/pg_isready" -q -p "$PORT"
    as "$bin/psql" -Xq -v ON_ERROR_STOP=1 -p "$PORT" <<END
CREATE ROLE "$ADMIN" SUPERUSER LOGIN PASSWORD '$PASSWORD';
CREATE ROLE "$APP" LOGIN PASSWORD '$APP_PASSWORD';
CREATE DATABASE "shop" OWNER "$ADMIN";
END
fi
