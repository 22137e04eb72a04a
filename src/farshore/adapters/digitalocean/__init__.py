"""A DigitalOcean account by pydo: cloud port and dns port."""
