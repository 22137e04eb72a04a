"""Managed PostgreSQL 15: real streaming replication over the public network and a real promotion."""
