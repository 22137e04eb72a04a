"""What would break a failover today, asked of the world through its ports. One file per part of the world."""
