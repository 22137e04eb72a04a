"""Farshore's own tables in a MySQL cluster: marker, epoch row, permit row, and which id jumps were made."""

from farshore.adapters.mysql.session import Statements

# TIMESTAMP and not DATETIME: agent and shop may have different time zones in their sessions, and both mean one moment.
# `touched` is what `writable` writes to: a server that takes a promise but no transaction is not writable.
CREATE = """
CREATE DATABASE IF NOT EXISTS farshore;
CREATE TABLE IF NOT EXISTS farshore.farshore_marker
    (id INT PRIMARY KEY, epoch BIGINT NOT NULL, sequence BIGINT NOT NULL) ENGINE=InnoDB;
CREATE TABLE IF NOT EXISTS farshore.farshore_epoch
    (id INT PRIMARY KEY, epoch BIGINT NOT NULL, touched BIGINT NOT NULL DEFAULT 0) ENGINE=InnoDB;
CREATE TABLE IF NOT EXISTS farshore.farshore_permit
    (id INT PRIMARY KEY, epoch BIGINT NOT NULL, expires_at TIMESTAMP(6) NOT NULL DEFAULT '2000-01-01 00:00:00')
    ENGINE=InnoDB;
CREATE TABLE IF NOT EXISTS farshore.farshore_jump
    (id BIGINT AUTO_INCREMENT PRIMARY KEY, store VARCHAR(64) NOT NULL, token VARCHAR(190) NOT NULL,
    plan MEDIUMTEXT NOT NULL, done INT NOT NULL DEFAULT 0, UNIQUE KEY once (store, token)) ENGINE=InnoDB;
INSERT IGNORE INTO farshore.farshore_epoch (id, epoch) VALUES (1, 0);
INSERT IGNORE INTO farshore.farshore_permit (id, epoch) VALUES (1, 0)
"""
RAISE = """
INSERT INTO farshore.farshore_epoch (id, epoch) VALUES (1, {epoch})
    ON DUPLICATE KEY UPDATE epoch = GREATEST(epoch, {epoch});
SELECT epoch FROM farshore.farshore_epoch WHERE id = 1
"""


def create(statements: Statements) -> None:
    statements.all(CREATE)


def raise_epoch(statements: Statements, epoch: int) -> int:
    """In one round trip."""
    return int(statements.rows(RAISE.format(epoch=int(epoch)))[0][0])
