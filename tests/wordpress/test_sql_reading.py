"""Which statements only read. What is not known to read must be a write: the gate's whole worth hangs on this table."""

import json

import pytest
from wordpress_site import Box

pytestmark = pytest.mark.lab

READS = (
    "SELECT 1",
    "  \n\t SELECT * FROM wp_posts WHERE ID = 1",
    "select option_value from wp_options where option_name = 'cron' limit 1",
    "(SELECT 1) UNION (SELECT 2)",
    "((SELECT 1))",
    "/* a plugin */ SELECT 1",
    "-- why\nSELECT 1",
    "# why\nSELECT 1",
    "SELECT 'x; DELETE FROM wp_posts'",
    "SELECT 'it''s; DELETE FROM t'",
    r"SELECT 'it\'s; DELETE FROM t'",
    'SELECT "INTO OUTFILE" FROM wp_posts',
    "SELECT `into` FROM `for update`",
    "SELECT * FROM wp_posts WHERE post_title LIKE '%look for update%'",
    "SELECT SQL_CALC_FOUND_ROWS wp_posts.ID FROM wp_posts LIMIT 0, 10",
    "SELECT FOUND_ROWS()",
    "SELECT a INTO @x FROM t",
    "SELECT LAST_INSERT_ID()",
    "SELECT RELEASE_LOCK('cron')",
    "SELECT IS_FREE_LOCK('cron')",
    "SELECT * FROM a FORCE INDEX FOR JOIN (i)",
    "WITH x AS (SELECT 1) SELECT * FROM x",
    "WITH RECURSIVE x(n) AS (SELECT 1 UNION ALL SELECT n + 1 FROM x WHERE n < 5) SELECT n FROM x",
    "VALUES (1, 2), (3, 4)",
    "TABLE wp_posts",
    "SHOW TABLES LIKE 'wp\\_posts'",
    "SHOW FULL COLUMNS FROM `wp_posts`",
    "SHOW CREATE TABLE wp_posts",
    "DESCRIBE wp_posts",
    "DESC wp_posts",
    "EXPLAIN SELECT * FROM wp_posts",
    "EXPLAIN FORMAT=JSON UPDATE t SET a = 1",
    "EXPLAIN ANALYZE SELECT 1",
    "ANALYZE FORMAT=JSON SELECT 1",
    "SET NAMES utf8mb4",
    "SET SESSION sql_mode = ''",
    "SET @x = 1",
    "SET @@session.wait_timeout = 5",
    "SET STATEMENT max_statement_time = 1 FOR SELECT 1",
    "USE shop",
    "ROLLBACK",
    "ROLLBACK TO SAVEPOINT a",
    "SAVEPOINT a",
    "SELECT 1;",
    "SELECT 1; SELECT 2;",
    "CHECKSUM TABLE wp_posts",
)

WRITES = (
    "INSERT INTO t VALUES (1)",
    "insert ignore into t values (1)",
    "\n  UPDATE t\n  SET a = 1",
    "DELETE FROM t",
    "REPLACE INTO t VALUES (1)",
    "TRUNCATE t",
    "CREATE TABLE t (a INT)",
    "CREATE TEMPORARY TABLE t (a INT)",
    "ALTER TABLE t ADD b INT",
    "DROP TABLE t",
    "RENAME TABLE a TO b",
    "LOAD DATA INFILE 'x' INTO TABLE t",
    "CALL p()",
    "EXECUTE s",
    "HAVOC",
    "/* SELECT */ DELETE FROM t",
    "-- SELECT\nDELETE FROM t",
    "#SELECT\nDELETE FROM t",
    "(((DELETE FROM t)))",
    "/*! DELETE FROM t */",
    "/*!50003 DELETE FROM t */",
    "/*M!100100 DELETE FROM t */",
    "SELECT 1 /*!50003 FOR UPDATE */",
    "SELECT 1 /*! INTO OUTFILE '/tmp/x' */",
    "SELECT * FROM t FOR UPDATE",
    "SELECT * FROM t WHERE a = 1 for  update skip locked",
    "SELECT * FROM t\nFOR\nUPDATE",
    "SELECT * FROM t FOR/**/UPDATE",
    "SELECT * FROM t FOR SHARE",
    "SELECT * FROM t LOCK IN SHARE MODE",
    "(SELECT * FROM t FOR UPDATE)",
    "SELECT * INTO OUTFILE '/tmp/x' FROM t",
    "SELECT a FROM t INTO DUMPFILE '/tmp/x'",
    "SELECT * FROM t INTO/**/OUTFILE '/tmp/x'",
    "SELECT GET_LOCK('cron', 1)",
    "SELECT GET_LOCK ('cron', 1)",
    "DO GET_LOCK('cron', 1)",
    "SELECT NEXTVAL(s)",
    "SELECT NEXT VALUE FOR s",
    "SELECT SETVAL(s, 5)",
    "WITH x AS (SELECT 1) DELETE FROM t WHERE a IN (SELECT * FROM x)",
    "WITH x AS (SELECT 1) UPDATE t SET a = 1",
    "WITH x AS (SELECT 'SELECT (' AS s) DELETE FROM t",
    "WITH x AS (SELECT 1 FROM t FOR UPDATE) SELECT * FROM x",
    "EXPLAIN ANALYZE DELETE FROM t",
    "ANALYZE UPDATE t SET a = 1",
    "ANALYZE TABLE t",
    "ANALYZE LOCAL TABLE t",
    "OPTIMIZE TABLE t",
    "REPAIR TABLE t",
    "SET GLOBAL read_only = 0",
    "SET @@global.read_only = 0",
    "SET @@GLOBAL . read_only = 0",
    "SET PERSIST read_only = 0",
    "SET PASSWORD = 'x'",
    "SET autocommit = 1",
    "SET @@autocommit = 1",
    "SET @x = GET_LOCK('cron', 1)",
    "SET STATEMENT max_statement_time = 1 FOR DELETE FROM t",
    "LOCK TABLES t WRITE",
    "UNLOCK TABLES",
    "COMMIT",
    "START TRANSACTION",
    "BEGIN",
    "XA COMMIT 'x'",
    "KILL 5",
    "FLUSH TABLES",
    "GRANT ALL ON *.* TO x",
    "SELECT 1; DELETE FROM t",
    "SELECT 1;\n/* x */ UPDATE t SET a = 1; SELECT 2",
    "SHOW TABLES; DROP TABLE t",
    "SELECT 'a' ; INSERT INTO t VALUES ('SELECT')",
    "SELECT 1 -- x\n; DELETE FROM t",
    "SELECT 'never closed; DELETE FROM t",
)

NOISE = {
    "INSERT INTO `wp_options` (`option_name`) VALUES ('_transient_timeout_wc_count', '1')": True,
    "UPDATE `wp_options` SET `option_value` = '1' WHERE `option_name` = 'cron'": True,
    "DELETE FROM wp_options WHERE option_name = '_site_transient_x'": True,
    "UPDATE `shop_usermeta` SET `meta_value` = '1' WHERE `meta_key` = 'wc_last_active'": True,
    "INSERT INTO wp_actionscheduler_actions (hook) VALUES ('x')": True,
    "REPLACE INTO wp_wc_order_stats VALUES (1)": True,
    "UPDATE `wp_options` SET `option_value` = '_transient' WHERE `option_name` = 'blogname'": False,
    "UPDATE `wp_usermeta` SET `meta_value` = 'x' WHERE `meta_key` = 'session_tokens'": False,
    "INSERT INTO wp_wc_orders (id) VALUES (1)": False,
    "INSERT INTO wp_woocommerce_sessions VALUES (1)": False,
    "DELETE a, b FROM wp_wc_orders a, wp_actionscheduler_actions b": False,
    "COMMIT": False,
}


@pytest.fixture(scope="module")
def judged(box: Box) -> dict[str, list[bool]]:
    every = [*READS, *WRITES, *NOISE]
    return dict(zip(every, json.loads(box.php("sql.php", every)), strict=True))


def test_what_only_reads_may_pass(judged: dict[str, list[bool]]) -> None:
    """A page of a standby is made of these."""
    assert [sql for sql in READS if not judged[sql][0]] == []


def test_what_may_write_is_a_write(judged: dict[str, list[bool]]) -> None:
    """However it is dressed: comments, brackets, several at once, a SELECT that locks or writes a file."""
    assert [sql for sql in WRITES if judged[sql][0]] == []


def test_only_what_is_made_anew_by_itself_is_noise(judged: dict[str, list[bool]]) -> None:
    """A dropped cache entry is nobody's loss; a dropped cart or login is."""
    assert {sql: judged[sql][1] for sql in NOISE} == NOISE


def test_a_statement_of_a_megabyte_is_judged(box: Box) -> None:
    """PHP's regular expressions give up on long subjects; giving up must not mean that it reads."""
    long = "x" * 1_000_000
    asked = [
        f"SELECT '{long}'",
        f"INSERT INTO t VALUES ('{long}')",
        f"SELECT '{long}' FOR UPDATE",
        f"SELECT /*{long}*/ 1 INTO OUTFILE 'x'",
    ]
    assert [reads for reads, _ in json.loads(box.php("sql.php", asked))] == [True, False, False, False]
