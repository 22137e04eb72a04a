"""Terraform and OpenTofu beside a group whose roles swap: what to tell them after a failover, and what to forbid."""
