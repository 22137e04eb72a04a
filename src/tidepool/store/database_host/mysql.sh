data=/var/lib/mysql tls=/etc/mysql/tls
certify "$tls" mysql
umask 022
cat > /etc/mysql/mariadb.conf.d/70-database.cnf <<END
[mariadbd]
bind-address=0.0.0.0
port=$PORT
server_id=$NUMBER
log_bin=binlog
binlog_format=ROW
sync_binlog=1
innodb_flush_log_at_trx_commit=1
log_slave_updates=1
gtid_strict_mode=1
slave_parallel_threads=4
slave_net_timeout=6
master_retry_count=4294967295
ssl_ca=$tls/authority.pem
ssl_cert=$tls/server.pem
ssl_key=$tls/server.key
skip_name_resolve=1
character_set_server=utf8mb4
innodb_buffer_pool_size=64M
performance_schema=0
END
if [ -n "$SOURCE" ]; then
    # Read-only as long as it follows somebody, whatever starts it.
    cat > /usr/local/sbin/database-role <<END
#!/bin/sh
if [ -e $data/master.info ]; then printf '[mariadbd]\nread_only=1\n'; fi > /etc/mysql/mariadb.conf.d/80-role.cnf
chmod 0644 /etc/mysql/mariadb.conf.d/80-role.cnf
END
    chmod 0755 /usr/local/sbin/database-role
    mkdir -p /etc/systemd/system/mariadb.service.d
    printf '[Service]\nExecStartPre=+/usr/local/sbin/database-role\n' > /etc/systemd/system/mariadb.service.d/role.conf
    systemctl daemon-reload
fi
systemctl enable --now mariadb
until_true mariadb -e 'DO 0'
if [ -n "$SOURCE" ]; then
    (umask 077 && printf '[client]\nhost=%s\nport=%s\nuser=%s\npassword=%s\nssl-ca=%s\nssl-verify-server-cert\n' \
        "$SOURCE" "$PORT" "$ADMIN" "$PASSWORD" "$tls/authority.pem" > /root/source.cnf)
    until_true mariadb --defaults-file=/root/source.cnf -e 'USE shop'
    # Without the hundred views of sys and the help, which each server has of its own.
    without=$(printf -- '--ignore-table=mysql.%s ' gtid_slave_pos help_category help_keyword help_relation help_topic)
    mariadb-dump --defaults-file=/root/source.cnf --single-transaction --gtid --master-data=2 --routines --events \
        --hex-blob --flush-privileges $without --databases mysql shop > /root/copy.sql
    position=$(sed -n "s/^-- SET GLOBAL gtid_slave_pos='\([^']*\)'.*/\1/p" /root/copy.sql | tail -n 1)
    [ -n "$position" ]
    { echo 'SET SESSION sql_log_bin = 0;'; cat /root/copy.sql; } | mariadb
    mariadb <<END
FLUSH PRIVILEGES;
RESET MASTER;
SET GLOBAL read_only = 1;
SET GLOBAL gtid_slave_pos = '$position';
CHANGE MASTER TO MASTER_HOST = '$SOURCE', MASTER_PORT = $PORT, MASTER_USER = '$ADMIN', MASTER_PASSWORD = '$PASSWORD',
    MASTER_USE_GTID = slave_pos, MASTER_SSL = 1, MASTER_SSL_CA = '$tls/authority.pem', MASTER_SSL_VERIFY_SERVER_CERT = 1,
    MASTER_CONNECT_RETRY = 1, MASTER_HEARTBEAT_PERIOD = 2;
START SLAVE;
END
    rm -f /root/copy.sql /root/source.cnf
else
    mariadb <<END
CREATE USER '$ADMIN'@'%' IDENTIFIED BY '$PASSWORD' REQUIRE SSL;
GRANT ALL PRIVILEGES ON *.* TO '$ADMIN'@'%' WITH GRANT OPTION;
CREATE USER '$APP'@'%' IDENTIFIED BY '$APP_PASSWORD' REQUIRE SSL;
CREATE DATABASE shop;
GRANT ALL ON shop.* TO '$APP'@'%';
END
fi
