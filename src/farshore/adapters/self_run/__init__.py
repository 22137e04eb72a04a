"""Database servers that the operator runs on hosts of his own: the database half of the cloud port, by SQL and SSH."""
