"""Faults on demand, each reversible: one file per kind, a book that remembers which are in force."""
