# This MariaDB follows SOURCE again: as it is where it has nothing that SOURCE lacks, else with a fresh copy. Repeatable.
set -eu
umask 077
trap 'code=$?; [ $code = 0 ] || { give_up; echo "failed at: $(tail -n 1 "$STATE/progress"); see $STATE/rebuild.log" > "$STATE/progress"; }' EXIT
say() { echo "$(date -u +%T) $*"; echo "$*" > "$STATE/progress"; }
give_up() { : > "$STATE/retired"; systemctl stop "$UNIT"; }

ca=/etc/mysql/farshore-source.pem
printf '%s\n' "$CA" > "$ca" && chmod 0644 "$ca"
printf '[client]\nuser=%s\npassword=%s\n' "$ADMIN" "$CNF" > "$STATE/local.cnf"
printf '[client]\nhost=%s\nport=%s\nuser=%s\npassword=%s\nssl-ca=%s\nssl-verify-server-cert\n[mariadb]\nconnect-timeout=10\n' \
    "$SOURCE" "$SOURCE_PORT" "$ADMIN" "$CNF" "$ca" > "$STATE/source.cnf"
ask() { mariadb --defaults-file="$STATE/source.cnf" -NB -e "$1"; }
# As root by the socket, as Debian has it, else as the admin.
local_client() {
    if mariadb -NB -e 'DO 0' 2>/dev/null; then mariadb "$@"; else mariadb --defaults-extra-file="$STATE/local.cnf" "$@"; fi
}
local_ask() { local_client -NB -e "$1"; }

# A standby has to come back read-only after a restart, and a promoted one must not: master.info says which it is.
cat > "$STATE/role.sh" <<ROLE
if [ -e "$DATA/master.info" ] || [ -e "$STATE/rebuilding" ]; then echo '[mariadbd]'; echo 'read_only=1'; fi \
    > /etc/mysql/mariadb.conf.d/zz-farshore-role.cnf
chmod 0644 /etc/mysql/mariadb.conf.d/zz-farshore-role.cnf
ROLE
mkdir -p "/etc/systemd/system/$UNIT.service.d"
printf '[Service]\nExecStartPre=+/bin/sh %s/role.sh\n' "$STATE" > "/etc/systemd/system/$UNIT.service.d/farshore-role.conf"
chmod -R a+rX "/etc/systemd/system/$UNIT.service.d"
systemctl daemon-reload

start() {
    : > "$STATE/rebuilding"
    rm -f "$STATE/retired"
    systemctl reset-failed "$UNIT" 2>/dev/null || true
    systemctl start "$UNIT"
    for _ in $(seq 120); do
        if local_ask 'DO 0' 2>/dev/null; then return 0; fi
        sleep 1
    done
    return 1
}

# What the first list of GTIDs has and the second has not, by domain and server.
beyond() {
    awk -v mine="$1" -v theirs="$2" 'BEGIN {
        n = split(theirs, t, ","); for (i = 1; i <= n; i++) { split(t[i], g, "-"); k = g[1] "-" g[2]; if (g[3] + 0 > has[k]) has[k] = g[3] + 0 }
        n = split(mine, m, ","); for (i = 1; i <= n; i++) { split(m[i], g, "-"); if (g[3] + 0 > has[g[1] "-" g[2]] + 0) print m[i] }
    }'
}

follow_from() {
    local_ask "STOP SLAVE; RESET SLAVE ALL; SET GLOBAL read_only = 1; SET GLOBAL gtid_slave_pos = '$1';
        CHANGE MASTER TO MASTER_HOST = '$SOURCE', MASTER_PORT = $SOURCE_PORT, MASTER_USER = '$ADMIN', MASTER_PASSWORD = $SQL,
        MASTER_USE_GTID = slave_pos, MASTER_SSL = 1, MASTER_SSL_CA = '$ca', MASTER_SSL_VERIFY_SERVER_CERT = 1,
        MASTER_CONNECT_RETRY = 1, MASTER_HEARTBEAT_PERIOD = 2;
        START SLAVE"
    rm -f "$STATE/rebuilding"
    steady=0
    for _ in $(seq 60); do
        if [ "$(local_client -e 'SHOW SLAVE STATUS\G' | grep -cE '^ *Slave_(IO|SQL)_Running: Yes$')" = 2 ]; then
            steady=$((steady + 1))
            if [ $steady = 3 ]; then return 0; fi
        else
            steady=0
        fi
        sleep 1
    done
    return 1
}

attach() {
    say "comparing with $SOURCE"
    start || return 1
    mine=$(local_ask 'SELECT @@global.gtid_binlog_state')
    theirs=$(ask "SELECT CONCAT_WS(',', NULLIF(@@global.gtid_binlog_state, ''), NULLIF(@@global.gtid_slave_pos, ''))")
    ahead=$(beyond "$mine" "$theirs")
    if [ -z "$mine" ] || [ -n "$ahead" ]; then
        echo "not attached as it is: $SOURCE lacks ${ahead:-its history}"
        return 1
    fi
    say "attaching to $SOURCE as it is"
    follow_from "$(local_ask 'SELECT @@global.gtid_current_pos')"
}

# The copy is on this disk before anything here is deleted.
copy() {
    say "copying everything from $SOURCE"
    # Without what each server has of its own: over a long line, the hundred views of sys take longer than a small shop.
    set -f
    set -- $(ask "SELECT schema_name FROM information_schema.schemata
        WHERE schema_name NOT IN ('information_schema', 'performance_schema', 'sys') AND schema_name NOT LIKE '#mysql50#%'")
    set +f
    [ $# -gt 0 ]
    for table in gtid_slave_pos help_category help_keyword help_relation help_topic; do
        set -- "--ignore-table=mysql.$table" "$@"
    done
    mariadb-dump --defaults-file="$STATE/source.cnf" --single-transaction --gtid --master-data=2 --routines --events \
        --hex-blob --flush-privileges --max-allowed-packet=1G --databases "$@" > "$STATE/copy.sql"
    tail -n 1 "$STATE/copy.sql" | grep -q 'Dump completed'
    position=$(sed -n "s/^-- SET GLOBAL gtid_slave_pos='\([^']*\)'.*/\1/p" "$STATE/copy.sql" | tail -n 1)
    [ -n "$position" ] || { say "the copy names no GTID"; exit 1; }
    say "loading the copy ($(du -h "$STATE/copy.sql" | cut -f 1))"
    : > "$STATE/half"
    install -d -o mysql -g mysql -m 0750 "$DATA"
    find "$DATA" -mindepth 1 -delete
    (umask 022 && mariadb-install-db --user=mysql --datadir="$DATA" --skip-test-db > /dev/null)
    start
    { echo 'SET SESSION sql_log_bin = 0;'; cat "$STATE/copy.sql"; } | local_client --max-allowed-packet=1G
    local_ask 'FLUSH PRIVILEGES; RESET MASTER'
    rm -f "$STATE/copy.sql"
    say "following $SOURCE from $position"
    follow_from "$position"
}

systemctl stop "$UNIT"
[ "$(ask 'SELECT @@global.read_only')" = 0 ] || { say "$SOURCE is no writer"; exit 1; }
done_how=
if [ -e "$DATA/ibdata1" ] && [ ! -e "$STATE/half" ]; then
    if attach; then done_how=attached; else give_up; fi
fi
if [ -z "$done_how" ]; then
    copy # not behind `||` or `if`: the shell would go on after what failed in it
    done_how=copied
fi
rm -f "$STATE/half" "$STATE/rebuild.sh" "$STATE/local.cnf" "$STATE/source.cnf"
say "$done_how"
