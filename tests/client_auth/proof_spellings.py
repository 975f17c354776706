"""How a server may write the qop of its proof, and which qop the general parser reads there."""

from __future__ import annotations

from digest_http.httpauth import Authorization

from .strict_server import StrictServer, parameters_of

#: The parameter as it is written, and the qop that it means.
AUTH_INT = (
    "qop=auth-int", 'qop="auth-int"', "qop=AUTH-INT", 'qop="Auth-Int"', "QOP=auth-int", "qop = auth-int",
    'qop\t=\t"auth-int"', r'qop="auth\-int"', r'qop="\a\u\t\h\-\i\n\t"', r'qop="AUTH-IN\T"',
)  # fmt: skip
AUTH = ("qop=auth", 'qop="auth"', "qop=AUTH", 'Qop="Auth"', r'qop="au\th"')
#: None of these is a qop that was asked for, or they are no list of parameters.
NEITHER = (
    "qop=auth, qop=auth-int", "qop=auth-int, qop=auth", 'qop=auth, QOP="auth"', 'qop="auth,auth-int"',
    "qop=auth,auth-int", 'qop="auth-int "', 'qop=" auth"', 'qop=""', "qop=", "qop", "qop=auth_int", "qop=auth-conf",
    r'qop="auth\\-int"', "qop*=UTF-8''auth-int; qop=auth",
)  # fmt: skip


def proof_of(field: str | Authorization, qop: str, spelling: str, page: bytes, *, first: bool = False) -> str:
    """Authentication-Info whose rspauth is right for that qop and page, whatever `spelling` says."""
    parameters = parameters_of(field)
    rspauth = f'rspauth="{StrictServer().digest("", parameters | {"qop": qop}, page)}"'
    rest = f'cnonce="{parameters["cnonce"]}", nc={parameters["nc"]}'
    return ", ".join([spelling, rspauth, rest] if first else [rspauth, rest, spelling])
