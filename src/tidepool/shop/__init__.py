"""The plain shop: PHP files, server configuration and the first-boot script that a droplet is given as user_data."""
