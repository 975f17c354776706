"""DIGEST-MD5 inside other libraries, a few lines each; docs/sasl-clients.md has what a user writes.

None of them is imported here: a plug takes the library's own object or class and works on what it has. Each file says
which release it was made for. `plugs` beside this room has the clients that two of them are given.
"""
