"""The contexts behind the handles: HTTP and SASL, client and server."""
