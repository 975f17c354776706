"""What `digest-http probe` does: ask a server, sign a few requests, and judge what came back. No printing here.

`course` is the order of one probe; `offer` judges challenges, `tries` the answers to signed requests; `findings` holds
every sentence; `known_servers` what is known of servers that can be recognised.
"""
