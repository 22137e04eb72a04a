"""Managed MySQL and MariaDB, by PyMySQL in a thread. Implements the database port."""
