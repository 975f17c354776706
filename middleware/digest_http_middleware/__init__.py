"""HTTP Digest authentication for any ASGI application."""
