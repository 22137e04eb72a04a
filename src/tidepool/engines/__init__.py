"""The real servers behind the API: managed databases and load balancers as processes in cells."""
