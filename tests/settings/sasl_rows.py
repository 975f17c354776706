"""Wrong settings of the SASL doors. A new keyword is one line."""

from __future__ import annotations

from typing import Any

from digest_http.sasl.reauthentication import ClientSessions, ServerSessions

from .wrong import FLAG, HUGE, LIST, MAYBE_FUNCTION, NAME, NUMBER, REALM, SECONDS, SECRET, TEXT

FUNCTION = [*MAYBE_FUNCTION, None]
MAXBUF: list[Any] = [*NUMBER, 0, 16, 1 << 24, HUGE]
#: One word may stand alone here.
WORDS: list[Any] = [*LIST, "", "aes", "auth-all", ["auth", "x"], [""]]
PART: list[Any] = [*TEXT, "a/b", "a\nb"]
MAYBE_PART = [value for value in PART if value is not None]
#: RFC 2831 has exchanges without a realm.
MAYBE_REALM = [value for value in REALM if isinstance(value, (str, int, bytes)) and value != ""]
#: Without auth-conf none is needed.
CIPHERS = [value for value in WORDS if value not in ([], ())]

_BOTH: dict[str, list[Any]] = {
    "qop": WORDS,
    "maxbuf": MAXBUF,
    "enforce_maxbuf": FLAG,
    "random": FUNCTION,
}

ROWS: dict[str, dict[str, list[Any]]] = {
    "DigestMD5Client": {
        **_BOTH,
        "username": NAME,
        "password": [None, 5, True, SECRET.encode(), [SECRET], lambda: SECRET],
        "ha1": [b"0" * 32, "0" * 32],  # beside a password
        "service": PART,
        "host": PART,
        "serv_name": MAYBE_PART,
        "realm": [*MAYBE_REALM, ["r"], lambda: "r"],
        "authzid": [value for value in TEXT if value is not None],
        "ciphers": CIPHERS,
        "downgrade": FLAG,
        "sessions": [5, {}, "yes", ClientSessions, ServerSessions()],
        "cnonce": MAYBE_FUNCTION,
        "directives": [*MAYBE_FUNCTION, {b"name": b"value"}],
    },
    "DigestMD5Server": {
        **_BOTH,
        "users": [
            None,
            5,
            True,
            "alice",
            b"alice",
            ["alice"],
            {"alice"},
            object(),
            dict,
            lambda _name: SECRET,
            *({name: SECRET} for name in NAME if not isinstance(name, list)),
            {"Jos\u00e9": SECRET, "Jose\u0301": "other"},
        ],
        "service": MAYBE_PART,
        "host": [5, True, "a/b", "a\nb", b"host", [5], [b"host"], ["a/b"], {"host": 1}, lambda: "host"],
        "serv_name": MAYBE_PART,
        "realms": [*MAYBE_REALM, [5], [b"r"], ["a\nb"], lambda: "r"],
        "ciphers": CIPHERS,
        "authorize": [*MAYBE_FUNCTION, lambda _name: True],
        "domain_accounts": FLAG,
        "sessions": [5, {}, "yes", ServerSessions, ClientSessions()],
        "nonce": [*MAYBE_FUNCTION, b"nonce"],
        "directives": [5, "name=value", {"name": "value"}, {b"name": "value"}, {b"name": 5}, dict],
    },
    "ServerSessions": {"lifetime": SECONDS, "capacity": [*NUMBER, 0], "clock": FUNCTION},
    "ClientSessions": {"capacity": [*NUMBER, 0]},
}
