"""Farshore's own tables in a PostgreSQL cluster: schema `farshore` of the default database, and of each guarded one."""

from farshore.adapters.postgresql.session import Statements

# Epoch and permit row: in the default database, and beside the tables of every guarded one.
# `touched` is what `writable` writes to: a server that takes a promise but no transaction is not writable.
CREATE_GATE = """
CREATE SCHEMA IF NOT EXISTS farshore;
CREATE TABLE IF NOT EXISTS farshore.farshore_epoch
    (id INT PRIMARY KEY, epoch BIGINT NOT NULL, touched BIGINT NOT NULL DEFAULT 0);
CREATE TABLE IF NOT EXISTS farshore.farshore_permit
    (id INT PRIMARY KEY, epoch BIGINT NOT NULL, expires_at TIMESTAMPTZ NOT NULL DEFAULT '2000-01-01 00:00:00Z');
INSERT INTO farshore.farshore_epoch (id, epoch) VALUES (1, 0) ON CONFLICT DO NOTHING;
INSERT INTO farshore.farshore_permit (id, epoch) VALUES (1, 0) ON CONFLICT DO NOTHING
"""
CREATE = f"""{CREATE_GATE};
CREATE TABLE IF NOT EXISTS farshore.farshore_marker
    (id INT PRIMARY KEY, epoch BIGINT NOT NULL, sequence BIGINT NOT NULL);
CREATE TABLE IF NOT EXISTS farshore.farshore_guarded (name TEXT PRIMARY KEY)
"""
# In the store's own database, so that the named counters move in the same transaction.
CREATE_JUMP = """
CREATE SCHEMA IF NOT EXISTS farshore;
CREATE TABLE IF NOT EXISTS farshore.farshore_jump
    (token TEXT PRIMARY KEY, plan TEXT NOT NULL, done INT NOT NULL DEFAULT 0)
"""
RAISE = """
INSERT INTO farshore.farshore_epoch AS known (id, epoch) VALUES (1, %s)
    ON CONFLICT (id) DO UPDATE SET epoch = greatest(known.epoch, excluded.epoch) RETURNING epoch
"""


def create(statements: Statements) -> None:
    statements.all(CREATE)


def raise_epoch(statements: Statements, epoch: int) -> int:
    return int(statements.rows(RAISE, int(epoch))[0][0])
