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
        "It offers no hash but MD5. Whoever overhears a login can try very many passwords a second against it.",
    ),
    "no-qop": (
        "weak",
        "It offers no qop (RFC 2069): an answer has no count, so nothing in it tells the first use from the second.",
    ),
    "auth-int-only": ("note", "It offers qop auth-int only, which several clients do not have (curl among them)."),
    "basic-over-http": (
        "weak",
        "It offers Basic too, over http: a client that takes it sends the password readable to all.",
    ),
    "basic-over-tls": ("note", "It offers Basic too: a client that takes it gives the server the password itself."),
    "plain-http": ("note", "The URL is http: Digest hides the password, but everybody on the way can read the pages."),
    "unusable": ("odd", "One of its Digest challenges cannot be answered: {reason}."),
    "broken-challenge": ("broken", "None of its Digest challenges can be answered: {reason}."),
    "stale-at-first": ("odd", "It says stale=true to a request that had no nonce at all."),
    "empty-realm": ("odd", "Its realm is empty, which some clients do not answer."),
    "domain-elsewhere": (
        "odd",
        "Its domain ({domain}) names no path of this server: some clients then sign no request in advance.",
    ),
    "same-nonce": ("odd", "It gave the same nonce twice. Only counts can tell a repeated request from a new one."),
    "sha-512-256-first": ("odd", "It names SHA-512-256 first, and curl before 8.7.0 computes that wrongly."),
    "unquoted": ("odd", "It does not quote {names}, which RFC 7616 §3.3 wants; .NET's client stops there."),
    "quoted": ("odd", "It quotes {names}, which RFC 7616 §3.3 does not."),
    "other-field": ("odd", "Its challenge stands in {field}, where no client looks unless it is told to."),
    "userhash": ("note", "It takes the user's name hashed (userhash), so that nobody on the way reads it."),
    "known-server": ("note", "This looks like {name}. {says} (Source: {source}.)"),
    "choice": ("note", "We answer {algorithm} with {qop}: {why}."),
    # --- signed requests ---
    "accepted": ("good", "The password is right: the signed request is answered with {status}."),
    "refused": ("note", "The server refused the name or the password, so nothing more is tried."),
    "endless-stale": ("broken", "It calls each nonce stale, even the one that it has just given."),
    "signed-error": ("broken", "It answers a signed request with {status}: it does not understand what it asked for."),
    "proof-right": ("good", "It proves that it knows the password (rspauth)."),
    "proof-missing": (
        "note",
        "It does not prove that it knows the password (no rspauth), so anybody could have answered.",
    ),
    "proof-wrong": ("broken", "Its proof does not hold: {reason}."),
    "proof-too-long": ("note", "Its proof covers a body of more than {octets} octets, which is not checked here."),
    "next-taken": ("good", "It takes a second request with the same nonce, so a client asks for a nonce once only."),
    "next-stale": ("note", "It takes each nonce once, and says so (stale=true): each request costs a challenge."),
    "next-refused": (
        "odd",
        "It refuses a second request with the same nonce as if the password were wrong: clients ask the user again.",
    ),
    "nextnonce-taken": ("good", "It names the next nonce (nextnonce), and takes it."),
    "nextnonce-refused": ("broken", "It names the next nonce (nextnonce), and then refuses it."),
    "gap-taken": ("good", "It takes a count that leaves a gap, so requests may get lost."),
    "gap-refused": (
        "odd",
        "It refuses a count that leaves a gap: one lost request, and the next one needs a challenge.",
    ),
    "back-taken": ("good", "It takes a lower count that was not used yet, so requests may overtake each other."),
    "back-refused": (
        "odd",
        "It refuses a lower count that was not used yet: of requests sent together some are refused.",
    ),
    "replay-refused": ("good", "It refuses the same header a second time."),
    "replay-taken": ("weak", "It takes the same header twice: whoever overhears one request can repeat it."),
    "wrong-refused": ("good", "It refuses a wrong password."),
    "wrong-taken": ("broken", "It takes a wrong password: it lets anybody in."),
}


def finding(key: str, **values: object) -> Finding:
    """The finding of a key; `values` fill its braces, escaped for a terminal since servers may have chosen them."""
    level, sentence = SENTENCES[key]
    return Finding(key, level, sentence.format(**{name: printable(str(value)) for name, value in values.items()}))
