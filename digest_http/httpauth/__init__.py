"""HTTP Digest, both sides, without I/O: nonces, nonce counts, server and client contexts over the HTTP layout."""
