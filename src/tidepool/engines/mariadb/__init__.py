"""Managed MySQL, played by MariaDB: real GTID replication and a promotion that drains the relay log first."""
