"""What stands behind a context handle: HTTP and SASL, client and server."""
