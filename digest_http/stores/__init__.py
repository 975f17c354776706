"""Where the counts of live nonces are kept: implementations of `httpauth.protocols.NonceStore`."""
