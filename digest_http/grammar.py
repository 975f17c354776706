"""The grammar of the three header fields, as octet patterns. Nothing else lives here.

RFC 9110 §5.6 (token, quoted-string, OWS), §11.2-§11.4 (auth-param, token68, challenge), RFC 7616 §3.3-§3.5,
RFC 8187 §3.2.1. Patterns are over octets: a field value is octets until a rule says which charset it has.
"""

from __future__ import annotations

import re
from typing import Final

# token = 1*tchar ; tchar = "!" / "#" / "$" / "%" / "&" / "'" / "*" / "+" / "-" / "." / "^" / "_" / "`" / "|"
#                         / "~" / DIGIT / ALPHA
token = rb"[!#$%&'*+\-.^_`|~0-9A-Za-z]+"

# OWS = *( SP / HTAB ) ; BWS = OWS
ows = rb"[ \t]*"

# qdtext = HTAB / SP / %x21 / %x23-5B / %x5D-7E / obs-text
# quoted-pair = "\" ( HTAB / SP / VCHAR / obs-text )
# quoted-string = DQUOTE *( qdtext / quoted-pair ) DQUOTE
qdtext = rb"[\t \x21\x23-\x5b\x5d-\x7e\x80-\xff]"
quoted_pair = rb"\\[\t \x21-\x7e\x80-\xff]"
# Its inside is the one group. Possessive: what was matched is never tried again, so an open quote costs linear time.
quoted_string = rb'"((?:' + qdtext + rb"|" + quoted_pair + rb')*+)"'

# token68 = 1*( ALPHA / DIGIT / "-" / "." / "_" / "~" / "+" / "/" ) *"="
token68 = rb"[A-Za-z0-9\-._~+/]+=*"

# A bare value as peers really send it. token alone would refuse what some devices leave unquoted (a uri, a base64
# nonce), so any visible octet but DQUOTE, comma and backslash passes.
bare_value = rb"[!#-+\--\[\]-~\x80-\xff]+"

# nc-value = 8LHEX (RFC 7616 §3.4). Capitals are let through: the text is hashed as received, the number is the same.
nc_value = re.compile(rb"[0-9a-fA-F]{8}")

#: The last count that nc can tell. It ends the nonce; it must never wrap to 1.
MAX_NC: Final = 0xFFFFFFFF

# Octets that no part of a header field may hold (RFC 9110 §5.5): CR and LF would end it, NUL ends it for some peers.
forbidden_in_field = re.compile(rb"[\x00-\x08\x0a-\x1f\x7f]")

# ext-value = charset "'" [ language ] "'" value-chars
# value-chars = *( pct-encoded / attr-char )
# attr-char = ALPHA / DIGIT / "!" / "#" / "$" / "&" / "+" / "-" / "." / "^" / "_" / "`" / "|" / "~"
ext_value = re.compile(
    rb"(?P<charset>[A-Za-z0-9!#$%&+\-^_`{}~]+)'(?P<language>[A-Za-z0-9\-]*)'"
    rb"(?P<value>(?:%[0-9A-Fa-f]{2}|[A-Za-z0-9!#$&+\-.^_`|~])*)"
)
