"""The failover plan as shell commands for a human: needs bash, curl, jq, python3 and the database's client."""
