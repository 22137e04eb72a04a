# This PostgreSQL follows SOURCE again: by pg_rewind, else by a base backup. Safe to break off and to repeat.
set -eu
umask 077
trap 'code=$?; [ $code = 0 ] || { give_up; echo "failed at: $(tail -n 1 "$STATE/progress"); see $STATE/rebuild.log" > "$STATE/progress"; }' EXIT
say() { echo "$(date -u +%T) $*"; echo "$*" > "$STATE/progress"; }
give_up() { : > "$STATE/retired"; systemctl stop "$UNIT"; }

version=$(cat "$DATA/PG_VERSION" 2>/dev/null || ls /usr/lib/postgresql | sort -n | tail -n 1)
bin=/usr/lib/postgresql/$version/bin
instance=${UNIT#postgresql@}
config=/etc/postgresql/${instance%%-*}/${instance#*-}/postgresql.conf
own=$(getent passwd postgres | cut -d: -f6)/.farshore
as() { (cd / && exec runuser -u postgres -- env HOME="$own" PGCONNECT_TIMEOUT=10 "$@"); }

install -d -o postgres -g postgres -m 0700 "$own"
printf '%s\n' "$CA" > "$own/source.pem"
printf '*:*:*:%s:%s\n' "$ADMIN" "$PASSFILE" > "$own/source.pass"
chown postgres: "$own/source.pem" "$own/source.pass"
alive="connect_timeout=5 keepalives=1 keepalives_idle=2 keepalives_interval=1 keepalives_count=3 tcp_user_timeout=6000"
source="host=$SOURCE port=$SOURCE_PORT user=$ADMIN passfile=$own/source.pass sslmode=verify-full"
source="$source sslrootcert=$own/source.pem application_name=$NAME $alive"
ask() { as "$bin/psql" -XAtq -v ON_ERROR_STOP=1 "$source dbname=postgres" -c "$1"; }
local_ask() { as "$bin/psql" -XAtq -h /var/run/postgresql -p "$PORT" -d postgres -c "$1"; }

# Files of this host that lie among the data: both ways of copying put the source's in their place.
keep() {
    rm -rf "$STATE/kept" && mkdir "$STATE/kept"
    for file in postgresql.conf pg_hba.conf pg_ident.conf server.crt server.key root.crt; do
        if [ -e "$DATA/$file" ]; then cp -a "$DATA/$file" "$STATE/kept/"; fi
    done
}
put_back() {
    for file in "$STATE/kept"/*; do
        if [ -e "$file" ]; then cp -a "$file" "$DATA/" || return 1; fi
    done
}

rewind() {
    say "rewinding to where $SOURCE forked"
    : > "$STATE/half" # a rewind that was broken off leaves nothing that starts
    set -- --target-pgdata="$DATA" --source-server="$source dbname=postgres"
    [ -e "$DATA/postgresql.conf" ] || set -- "$@" --config-file="$config"
    as "$bin/pg_rewind" "$@" && put_back
}

copy() {
    say "copying everything from $SOURCE"
    : > "$STATE/half"
    install -d -o postgres -g postgres -m 0700 "$DATA"
    find "$DATA" -mindepth 1 -delete
    as "$bin/pg_basebackup" -D "$DATA" -d "$source" -X stream -c fast
    put_back
}

follow() {
    say "starting as a standby of $SOURCE"
    as touch "$DATA/standby.signal"
    sed -i -E '/^ *(primary_conninfo|primary_slot_name|default_transaction_read_only|recovery_target[a-z_]*) *=/d' \
        "$DATA/postgresql.auto.conf"
    echo "primary_conninfo = '$source'" >> "$DATA/postgresql.auto.conf"
    rm -f "$STATE/retired"
    systemctl reset-failed "$UNIT" 2>/dev/null || true
    systemctl start "$UNIT" && streams
}

# A fork can attach, say that it streams, and receive nothing. It has to be the source's timeline, and to stay so.
streams() {
    timeline=$(ask "SELECT timeline_id FROM pg_control_checkpoint()")
    steady=0
    for _ in $(seq 120); do
        if [ "$(local_ask "SELECT status || received_tli FROM pg_stat_wal_receiver" 2>/dev/null)" = "streaming$timeline" ]; then
            steady=$((steady + 1))
            if [ $steady = 3 ]; then return 0; fi
        else
            steady=0
            systemctl is-active -q "$UNIT" || return 1 # Debian's unit starts successfully whatever happens
        fi
        sleep 1
    done
    return 1
}

systemctl stop "$UNIT"
[ "$(ask "SELECT pg_is_in_recovery()")" = f ] || { say "$SOURCE is no writer"; exit 1; }
# Without it pg_rewind finds the old timeline there: nothing to rewind, and a standby that receives nothing.
say "having $SOURCE write a checkpoint"
ask CHECKPOINT
done_how=
if [ -e "$DATA/global/pg_control" ] && [ ! -e "$STATE/half" ]; then
    keep
    if rewind && follow; then done_how=rewound; else give_up; fi
elif [ ! -e "$STATE/half" ] || [ ! -d "$STATE/kept" ]; then
    keep
fi
if [ -z "$done_how" ]; then
    copy # not behind `||` or `if`: the shell would go on after what failed in it
    follow || { say "the copy does not follow $SOURCE"; exit 1; }
    done_how=copied
fi
rm -rf "$STATE/half" "$STATE/kept" "$STATE/rebuild.sh"
say "$done_how"
