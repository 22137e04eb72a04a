"""First-boot scripts that put a database on a droplet. Text only; self_run.py puts them together."""
