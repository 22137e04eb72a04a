"""Building stores in a lab the way a customer would: through the API, SQL and SSH, from a machine in lon1."""
