<?php
// One connection per request, as WordPress does it, to the database that the endpoint file names.
// Timeouts are short because they are part of the outage: a client that waits a minute has an outage of a minute.
declare(strict_types=1);

const CONNECT_TIMEOUT_S = 2;
// Less than the shortest time that a controller allows between a check of the permit and the commit (G).
const WRITE_LIMIT_MS = 700;

function database(array $endpoint): PDO
{
    static $pdo = null;
    return $pdo ??= setting('engine') === 'mysql' ? connect_mysql($endpoint) : connect_pg($endpoint);
}

function connect_mysql(array $endpoint): PDO
{
    $dsn = "mysql:host={$endpoint['host']};port={$endpoint['port']};dbname=" . setting('database') . ';charset=utf8mb4';
    return new PDO($dsn, setting('user'), setting('password'), [
        PDO::ATTR_TIMEOUT => CONNECT_TIMEOUT_S,
        PDO::ATTR_EMULATE_PREPARES => true, // one round trip per statement; the native protocol takes two
        PDO::MYSQL_ATTR_SSL_CA => setting('ca'),
        PDO::MYSQL_ATTR_SSL_VERIFY_SERVER_CERT => true,
        PDO::MYSQL_ATTR_INIT_COMMAND => "SET SESSION sql_mode = 'TRADITIONAL,ANSI_QUOTES', innodb_lock_wait_timeout = 1",
    ] + common_options());
}

function connect_pg(array $endpoint): PDO
{
    // Keepalives find a dead peer while we wait for a result, tcp_user_timeout while our own data is in flight.
    $dsn = "pgsql:host={$endpoint['host']};port={$endpoint['port']};dbname=" . setting('database')
        . ';sslmode=verify-full;sslrootcert=' . setting('ca') . ';connect_timeout=' . CONNECT_TIMEOUT_S
        . ';keepalives=1;keepalives_idle=1;keepalives_interval=1;keepalives_count=3;tcp_user_timeout=3000';
    return new PDO($dsn, setting('user'), setting('password'), [PDO::ATTR_EMULATE_PREPARES => true] + common_options());
}

function common_options(): array
{
    return [PDO::ATTR_ERRMODE => PDO::ERRMODE_EXCEPTION, PDO::ATTR_DEFAULT_FETCH_MODE => PDO::FETCH_ASSOC];
}

/** A statement that writes: only while the permit stands, and never for long. */
function write(array $endpoint, string $sql, array $values = []): PDOStatement
{
    $limited = write_limit($endpoint) . $sql; // may have to connect first
    permit($endpoint)->demand();
    return run($endpoint, $limited, $values);
}

/** What goes before a statement so that the server itself ends it in time. MySQL limits only its waiting for locks. */
function write_limit(array $endpoint): string
{
    static $prefix = null;
    if ($prefix === null && setting('engine') === 'mysql') {
        $mariadb = str_contains((string) database($endpoint)->getAttribute(PDO::ATTR_SERVER_VERSION), 'MariaDB');
        $prefix = $mariadb ? 'SET STATEMENT max_statement_time = ' . WRITE_LIMIT_MS / 1000 . ' FOR ' : '';
    } elseif ($prefix === null) {
        database($endpoint)->exec('SET statement_timeout = ' . WRITE_LIMIT_MS . '; SET lock_timeout = ' . WRITE_LIMIT_MS);
        $prefix = '';
    }
    return $prefix;
}

/** Runs one statement by itself: no transaction, as WooCommerce's checkout has none. */
function run(array $endpoint, string $sql, array $values = []): PDOStatement
{
    $statement = database($endpoint)->prepare($sql);
    $statement->execute($values);
    return $statement;
}
