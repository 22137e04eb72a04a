"""HTTP/1.1 over mutual TLS between controllers and agents, with the standard library only."""
