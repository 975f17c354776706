"""DIGEST-MD5 inside other libraries. docs/sasl-clients.md shows what a user writes.

To import these modules imports no library: a plug takes the library's own object or class, or imports the library when
it is called. Each file says for which release it was made. digest_http.sasl.plugs has the clients for two of them.

RFC 6331 made DIGEST-MD5 Historic. Each file says which better mechanism its service has: SCRAM or Kerberos inside TLS,
or a client certificate.
"""
