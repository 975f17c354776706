"""Every sentence that a probe can say, with how bad it is. The keys are stable: programs read them."""

from __future__ import annotations

from typing import Final, Literal, NamedTuple

from digest_http.encoding import printable

__all__ = ["SENTENCES", "Finding", "Level", "finding"]

#: good: as it should be. note: good to know. odd: some clients trip over it. weak: an attacker gains from it.
#: broken: it does not do what Digest promises.
Level = Literal["good", "note", "odd", "weak", "broken"]


class Finding(NamedTuple):
    """One thing that a probe found."""

    key: str
    level: Level
    text: str


#: Key -> level and sentence; what stands in braces is filled in.
SENTENCES: Final[dict[str, tuple[Level, str]]] = {
    # --- no Digest here ---
    "no-password": ("note", "The server answers {status} without a password, so there is nothing to probe."),
    "redirect": (
        "note",
        "The server answers {status} and names {where}. It is not followed: probe that URL itself.",
    ),
    "other-status": ("note", "The server answers {status} and asks for nothing, so there is nothing to probe."),
    "proxy-asks": ("note", "A proxy asks for credentials (407). This probe speaks to servers only."),
    "no-digest": ("note", "The server does not offer Digest but {schemes}."),
    "no-challenge": (
        "broken",
        "The server answers 401 and names no scheme, so no client can log in (RFC 9110 §11.6.1).",
    ),
    # --- the offer ---
    "strong-hash": ("good", "It offers {algorithms}, strong hashes."),
    "md5-only": (
        "weak",
        "It offers MD5 only. Anyone who records a login can test very many passwords in a second.",
    ),
    "no-qop": (
        "weak",
        "It offers no qop (RFC 2069): requests have no count, so the server cannot tell a repeated one from the first.",
    ),
    "auth-int-only": ("note", "It offers qop auth-int only, which several clients do not have (curl among them)."),
    "basic-over-http": (
        "weak",
        "It offers Basic too, over http: a client that chooses it sends the password, and everybody can read it.",
    ),
    "basic-over-tls": (
        "note",
        "It offers Basic too: a client that chooses it sends the password itself to the server.",
    ),
    "plain-http": ("note", "The URL is http: Digest hides the password, but anybody on the way can read the pages."),
    "unusable": ("odd", "One of its Digest challenges cannot be answered: {reason}."),
    "broken-challenge": ("broken", "None of its Digest challenges can be answered: {reason}."),
    "stale-at-first": ("odd", "It answers stale=true to a request that had no nonce."),
    "empty-realm": ("odd", "Its realm is empty, which some clients do not answer."),
    "domain-elsewhere": (
        "odd",
        "Its domain ({domain}) names no path on this server: some clients then sign no request in advance.",
    ),
    "same-nonce": ("odd", "It sent the same nonce twice. Only counts can tell a repeated request from a new one."),
    "sha-512-256-first": ("odd", "It offers SHA-512-256 first, and curl before 8.7.0 computes that wrongly."),
    "unquoted": ("odd", "It does not quote {names}, which RFC 7616 §3.3 wants; .NET's client stops there."),
    "quoted": ("odd", "It quotes {names}, which RFC 7616 §3.3 does not."),
    "other-field": ("odd", "Its challenge is in the field {field}, which no client reads by default."),
    "userhash": (
        "note",
        "It accepts a hash in place of the user's name (userhash), so nobody on the way can read the name.",
    ),
    "known-server": ("note", "This looks like {name}. {says} (Source: {source}.)"),
    "choice": ("note", "We answer {algorithm} with {qop}: {why}."),
    # --- signed requests ---
    "accepted": ("good", "The password is right: the signed request is answered with {status}."),
    "refused": ("note", "The server refused the name or the password, so nothing more is tried."),
    "endless-stale": ("broken", "It says that each nonce is stale, even the one that it has just sent."),
    "signed-error": (
        "broken",
        "It answers a signed request with {status}: it does not understand the credentials that it asked for.",
    ),
    "proof-right": ("good", "It proves that it knows the password (rspauth)."),
    "proof-missing": (
        "note",
        "It does not prove that it knows the password (no rspauth), so anybody could have answered.",
    ),
    "proof-wrong": ("broken", "Its proof (rspauth) is wrong: {reason}."),
    "proof-too-long": ("note", "Its proof covers a body of more than {octets} octets, which is not checked here."),
    "next-taken": ("good", "It accepts a second request with the same nonce, so a client needs a challenge only once."),
    "next-stale": ("note", "It accepts each nonce once, and says so (stale=true): each request needs a new challenge."),
    "next-refused": (
        "odd",
        "It refuses a second request with the same nonce as if the password were wrong: clients ask the user again.",
    ),
    "nextnonce-taken": ("good", "It sends the next nonce (nextnonce), and accepts it."),
    "nextnonce-refused": ("broken", "It sends the next nonce (nextnonce), and then refuses it."),
    "gap-taken": ("good", "It accepts a count after a gap, so a lost request does no harm."),
    "gap-refused": (
        "odd",
        "It refuses a count after a gap: after one lost request, the next one needs a new challenge.",
    ),
    "back-taken": ("good", "It accepts a lower count that was not used yet, so requests may arrive in another order."),
    "back-refused": (
        "odd",
        "It refuses a lower count that was not used yet: if requests are sent together, some are refused.",
    ),
    "replay-refused": ("good", "It refuses the same header a second time."),
    "replay-taken": ("weak", "It accepts the same header twice: anyone who records one request can repeat it."),
    "wrong-refused": ("good", "It refuses a wrong password."),
    "wrong-taken": ("broken", "It accepts a wrong password: it lets anybody in."),
}


def finding(key: str, **values: object) -> Finding:
    """The finding of a key; `values` fill its braces, escaped for a terminal since servers may have chosen them."""
    level, sentence = SENTENCES[key]
    return Finding(key, level, sentence.format(**{name: printable(str(value)) for name, value in values.items()}))
