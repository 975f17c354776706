"""DIGEST-MD5 inside other libraries, a few lines each; docs/sasl-clients.md has what a user writes.

None of them is imported here: a plug takes the library's own object or class and works on what it has. Each file says
which release it was made for. `plugs` beside this room has the clients that two of them are given.

RFC 6331 made DIGEST-MD5 Historic. Each file says what its service has instead, which is to be preferred: SCRAM or
Kerberos inside TLS, or a client's certificate.
"""
