"""Managed PostgreSQL, by psycopg in a thread. Implements the database port."""
