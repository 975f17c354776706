"""HTTP Digest and SASL DIGEST-MD5, with the semantics of Microsoft's Digest security package.

Standard library only; no sockets, no event loop. The adapters are `digest_http_middleware` (ASGI) and
`digest_http_client_auth` (httpx, httpx2); `digest_http.httpauth.DigestClient` is for every other client.
"""
