"""The `digest-http` command's part that speaks HTTP: `get`, `head`, `post` and `probe`.

`digest_http.cli` loads it when one of them is asked for. It needs click (the extra `cli`) and httpx (the extra
`client`).
"""
