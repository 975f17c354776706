"""HTTP Digest authentication for httpx and httpx2 clients."""
