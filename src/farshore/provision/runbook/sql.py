"""The database steps in SQL, for MySQL (and MariaDB) and for PostgreSQL.

Names were validated when the settings were read: letters, digits and underscores only.
"""

from farshore.model.group import Group, Store
from farshore.plan.step import StepKind as K


def connect(group: Group, old_name: str, new_name: str) -> str:
    """Two functions, `old_sql` and `new_sql`, which read statements from standard input."""
    return f"""\
OLD=$(database {old_name}); NEW=$(database {new_name})
field() {{ jq -r ".connection.$2" <<<"$1"; }}
{_client(group.engine)}
old_sql() {{ sql "$OLD" "${{1-}}"; }}
new_sql() {{ sql "$NEW" "${{1-}}"; }}
"""


def _client(engine: str) -> str:
    if engine == "mysql":
        return """\
TLS=$(mysql --version | grep -qi mariadb && echo --ssl || echo --ssl-mode=REQUIRED)
sql() {  # DATABASE-OBJECT: statements from standard input; the password goes by the environment
  MYSQL_PWD=$(field "$1" password) mysql --batch --skip-column-names --connect-timeout=5 "$TLS" \\
    --host="$(field "$1" host)" --port="$(field "$1" port)" --user="$(field "$1" user)"
}"""
    return """\
sql() {  # DATABASE-OBJECT [DATABASE]: statements from standard input; the password goes by the environment
  PGPASSWORD=$(field "$1" password) PGSSLMODE=require PGCONNECT_TIMEOUT=5 psql -X -A -t -v ON_ERROR_STOP=1 \\
    --host="$(field "$1" host)" --port="$(field "$1" port)" --username="$(field "$1" user)" "${2:-defaultdb}"
}"""


def step(kind: K, group: Group) -> str:
    mysql = group.engine == "mysql"
    users = sorted({store.app_user for store in group.stores})
    match kind:
        case K.FENCE_DATABASE:
            return "\n".join([_raise("old_sql", mysql), *(_block(user, mysql) for user in users)])
        case K.PREPARE_PROMOTION:
            return _prepare(mysql)
        case K.AWAIT_WRITABLE:
            return f"until {_write_test(mysql)}; do sleep 1; done; echo writable"
        case K.RAISE_EPOCH:
            return "\n".join([_raise("new_sql", mysql), *(_admit(user, mysql) for user in users)])
        case K.JUMP_IDS:
            return "\n".join(_jump(store, group.thresholds.id_gap, mysql) for store in group.stores)
        case _:
            raise KeyError(kind)


def _raise(side: str, mysql: bool) -> str:
    if mysql:
        return f"""\
{side} <<SQL
INSERT INTO farshore.farshore_epoch (id, epoch) VALUES (1, $EPOCH)
  ON DUPLICATE KEY UPDATE epoch = GREATEST(epoch, VALUES(epoch));
SELECT 'epoch is now', epoch FROM farshore.farshore_epoch WHERE id = 1;
SQL"""
    return f"""\
{side} <<SQL
INSERT INTO farshore.farshore_epoch (id, epoch) VALUES (1, $EPOCH)
  ON CONFLICT (id) DO UPDATE SET epoch = GREATEST(farshore_epoch.epoch, excluded.epoch);
SELECT 'epoch is now', epoch FROM farshore.farshore_epoch WHERE id = 1;
SQL"""


def _block(user: str, mysql: bool) -> str:
    """Blocking alone does not fence: sessions that are open go on committing until they are ended."""
    if mysql:
        return f"""\
old_sql <<<"SELECT CONCAT('ALTER USER ', QUOTE(user), '@', QUOTE(host), ' ACCOUNT LOCK;') FROM mysql.user \
WHERE user = '{user}'" | old_sql
old_sql <<<"SELECT CONCAT('KILL ', id, ';') FROM information_schema.processlist WHERE user = '{user}'" | old_sql
old_sql <<<"SELECT 'sessions left (must be 0):', COUNT(*) FROM information_schema.processlist WHERE user = '{user}'\""""
    return f"""\
old_sql <<SQL
ALTER ROLE {user} NOLOGIN;
SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE usename = '{user}';
SELECT pg_sleep(0.5);
SELECT 'sessions left (must be 0):', count(*) FROM pg_stat_activity WHERE usename = '{user}';
SQL"""


def _admit(user: str, mysql: bool) -> str:
    if mysql:
        return f"""\
new_sql <<<"SELECT CONCAT('ALTER USER ', QUOTE(user), '@', QUOTE(host), ' ACCOUNT UNLOCK;') FROM mysql.user \
WHERE user = '{user}'" | new_sql"""
    return f'new_sql <<<"ALTER ROLE {user} LOGIN"'


def _prepare(mysql: bool) -> str:
    if mysql:
        return """\
# Orders that arrived but are not applied yet are lost when promotion comes first. Run it until both agree:
new_sql <<<'SELECT @@gtid_slave_pos' || new_sql <<<'SHOW REPLICA STATUS'
sleep 2; new_sql <<<'SELECT @@gtid_slave_pos' || new_sql <<<'SHOW REPLICA STATUS'"""
    return """\
# Both positions must be the same: what was received is applied.
new_sql <<<'SELECT pg_last_wal_receive_lsn(), pg_last_wal_replay_lsn()'"""


def _write_test(mysql: bool) -> str:
    statement = "UPDATE farshore.farshore_epoch SET epoch = epoch WHERE id = 1"
    return f'new_sql <<<"{statement}" 2>/dev/null' + ("" if mysql else " >/dev/null")


def _jump(store: Store, gap: int, mysql: bool) -> str:
    """Ids of rows that were lost stay free for reconciliation. Run it once: each run jumps again."""
    if mysql:
        lines = [
            f"""\
new_sql <<<"SET SESSION information_schema_stats_expiry = 0;" 2>/dev/null
new_sql <<<"SELECT CONCAT('ALTER TABLE \\`{store.database}\\`.\\`', table_name, '\\` AUTO_INCREMENT = ', \
auto_increment + {gap}, ';') FROM information_schema.tables WHERE table_schema = '{store.database}' \
AND auto_increment IS NOT NULL" | new_sql"""
        ]
        lines += [
            f'new_sql <<<"UPDATE {store.database}.{counter.split(".")[0]} '
            f'SET {counter.split(".")[1]} = {counter.split(".")[1]} + {gap}"'
            for counter in store.id_counters
        ]
        return "\n".join(lines)
    lines = [
        f"""\
new_sql {store.database} <<<"SELECT setval(format('%I.%I', schemaname, sequencename)::regclass, \
COALESCE(last_value, start_value) + {gap}) FROM pg_sequences" """.rstrip()
    ]
    lines += [
        f'new_sql {store.database} <<<"UPDATE {counter.split(".")[0]} '
        f'SET {counter.split(".")[1]} = {counter.split(".")[1]} + {gap}"'
        for counter in store.id_counters
    ]
    return "\n".join(lines)
