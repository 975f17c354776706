"""Every reason code that a server may log or count, with what it means and what to do about it.

The page docs/reasons.md is made of this enum. A code is stable: logs, metrics and filters of others are written for it.
"""

from __future__ import annotations

import logging
from enum import Enum
from typing import Final, Self

from digest_http.errors import BodyTooLarge, FieldTooLarge, MalformedField, NotOffered, SourceUnavailable
from digest_http.httpauth.verdict import Verdict

from .observing import BESIDE
from .outcomes import WRONG_CREDENTIALS

__all__ = ["THROTTLED", "THROTTLE_DOWN", "Reason"]

#: The code of a request that has to wait, and of a limiter that cannot be asked.
THROTTLED: Final = "throttled"
THROTTLE_DOWN: Final = "throttle-down"

_CLIENT: Final = "Look at the client: it breaks the protocol. If many people use it, tell its makers."
_PROBE: Final = "Nothing, if it is rare. Often it is a scanner, or a client that is under development."


class Reason(Enum):
    """A reason code: `value` is the code itself.

    `answer`: the status, or what stands for it. `level`: the level of its log line, a number of `logging`. `meaning`
    and `advice`: sentences for operators.
    """

    answer: str
    level: int
    meaning: str
    advice: str

    def __new__(cls, code: str, answer: str, level: int, meaning: str, advice: str) -> Self:
        """A member whose value is the code alone."""
        self = object.__new__(cls)
        self._value_ = code
        self.answer, self.level, self.meaning, self.advice = answer, level, meaning, advice
        return self

    ACCEPTED = (
        Verdict.ACCEPTED.value, "the app's", logging.DEBUG,
        "The request was verified and handed to the app.",
        "Nothing.",
    )  # fmt: skip
    BESIDE = (
        BESIDE, "the app's", logging.DEBUG,
        "The request had no Digest credentials. Its user logged in by another way (`beside=`).",
        "Nothing.",
    )  # fmt: skip
    NO_CREDENTIALS = (
        "no-credentials", "401", logging.DEBUG,
        "The request had no Digest credentials. Every client begins like this.",
        "Nothing. If there are many, and few `accepted`: clients have no Digest, or do not keep their nonce.",
    )  # fmt: skip
    WRONG_DIGEST = (
        Verdict.WRONG_DIGEST.value, "401", logging.WARNING,
        "The user exists, and the password was wrong.",
        "A few are typing errors. Many from one address are guesses: use fail2ban or the limiter.",
    )  # fmt: skip
    UNKNOWN_USER = (
        Verdict.UNKNOWN_USER.value, "401", logging.WARNING,
        "There is no user of this name, or the user has no hash for this algorithm.",
        "If the user does exist, add the missing hash, or offer only algorithms for which all users have a hash.",
    )  # fmt: skip
    WRONG_REALM = (
        Verdict.WRONG_REALM.value, "401", logging.WARNING,
        "The client signed for another realm.",
        "Was the realm renamed? Then clients need a new challenge, and stored hashes must be made again.",
    )  # fmt: skip
    WRONG_CREDENTIALS = (
        WRONG_CREDENTIALS, "401", logging.WARNING,
        "Clients see this code for `wrong-digest`, `unknown-user` and `wrong-realm`. It never appears in the log.",
        "Look at the log for the exact reason.",
    )  # fmt: skip
    THROTTLED = (
        THROTTLED, "429", logging.WARNING,
        "Too many failed logins came from this address, or with this name from this address. Nothing was verified.",
        "If it is one of your users, wait, or delete the limiter's key. If it is an attacker, block the address.",
    )  # fmt: skip
    EXPIRED = (
        Verdict.EXPIRED.value, "401, stale", logging.INFO,
        "The password was right, but the nonce was too old. The client signs again by itself.",
        "Nothing. If one client has many: it ignores new nonces. If all have many: raise `nonce_lifetime`.",
    )  # fmt: skip
    FOREIGN = (
        Verdict.FOREIGN.value, "401, stale", logging.INFO,
        "The password was right, but the nonce is not ours: it has another key or another realm, or is invented.",
        "After a restart without `keys=`: nothing. If it goes on: the workers have different keys; give all the same.",
    )  # fmt: skip
    FORGOTTEN = (
        Verdict.FORGOTTEN.value, "401, stale", logging.INFO,
        "The password was right, but the store may have lost the counts of this nonce.",
        "After a restart, a flush or a failover: nothing. If it goes on: the workers share no store, or it is full.",
    )  # fmt: skip
    REPLAYED = (
        Verdict.REPLAYED.value, "401, stale", logging.INFO,
        "The password was right, but this count was used before.",
        "A client sent a request twice, or this is a replay. Many from an address that is not the user's: an attack.",
    )  # fmt: skip
    OUT_OF_SEQUENCE = (
        Verdict.OUT_OF_SEQUENCE.value, "401, stale", logging.INFO,
        "The password was right, but the count is too far behind, or is not the next one (`sequence` is strict).",
        "If many clients send requests at the same time: leave `sequence` out, or set a larger `window`.",
    )  # fmt: skip
    ENDED = (
        Verdict.ENDED.value, "401, stale", logging.INFO,
        "The password was right, but the nonce has no counts left.",
        "Nothing.",
    )  # fmt: skip
    ALGORITHM_NOT_OFFERED = (
        "algorithm-not-offered", "401", logging.INFO,
        "The client chose an algorithm that is not offered, or not any more.",
        "Nothing after a change of `algorithms`. If it goes on: the client knows none of yours; see `old_clients`.",
    )  # fmt: skip
    QOP_NOT_OFFERED = (
        "qop-not-offered", "401", logging.INFO,
        "The client chose a qop that is not offered, or sent none.",
        "If the client is an old device without qop: write `allow_rfc2069=True`.",
    )  # fmt: skip
    USERHASH_NOT_OFFERED = (
        "userhash-not-offered", "401", logging.INFO,
        "The client sent a hash in place of the name, but `userhash` is not offered.",
        "Write `userhash=True`, if your source of users can find users by this hash.",
    )  # fmt: skip
    NOT_OFFERED = (
        NotOffered.default_reason, "401", logging.INFO,
        "The client chose something else that is not offered.",
        _CLIENT,
    )  # fmt: skip
    URI = (
        "uri", "400", logging.INFO,
        "The client signed another target than the one that arrived.",
        "If a proxy changes the path, the log line has a hint with the setting. If not: a broken client, or an attack.",
    )  # fmt: skip
    BODY_TOO_LARGE = (
        BodyTooLarge.default_reason, "401, then 413", logging.INFO,
        "A body signed with auth-int is longer than `max_body`. If auth is offered, the client is asked to use that.",
        "Raise `max_body`, or offer `auth` as well as `auth-int`.",
    )  # fmt: skip
    FIELD_TOO_LARGE = (
        FieldTooLarge.default_reason, "431", logging.INFO,
        "The Authorization field is longer than 8192 octets.",
        _PROBE,
    )  # fmt: skip
    GRAMMAR = ("grammar", "400", logging.INFO, "The field is not a list of parameters.", _PROBE)
    DUPLICATE = (
        "duplicate", "400", logging.INFO,
        "A parameter, or the whole field, appears twice.",
        "Does a proxy add an Authorization field of its own? Let it replace the client's field.",
    )  # fmt: skip
    MISSING = ("missing", "400", logging.INFO, "A required parameter is missing.", _CLIENT)
    TOKEN = ("token", "400", logging.INFO, "A value that must be a token is not one.", _CLIENT)
    NC = ("nc", "400", logging.INFO, "nc is not eight hex digits, or zero.", _CLIENT)
    QOP = ("qop", "400", logging.INFO, "qop is empty or not a token, or there is an nc without a qop.", _CLIENT)
    CNONCE = ("cnonce", "400", logging.INFO, "cnonce has a colon in it, or looks like a digest.", _CLIENT)
    ALGORITHM = ("algorithm", "400", logging.INFO, "The algorithm is not a token.", _CLIENT)
    USERHASH = (
        "userhash",
        "400",
        logging.INFO,
        "userhash is neither true nor false, or appears with username*.",
        _CLIENT,
    )
    USERNAME_EXT = (
        "username*", "400", logging.INFO,
        "username* is not percent-encoded UTF-8, has a control character in it, or appears together with username.",
        _CLIENT,
    )  # fmt: skip
    CONTROL_CHARACTER = ("control-character", "400", logging.INFO, "A value has a control character in it.", _PROBE)
    METHOD = ("method", "400", logging.INFO, "The method is not a token.", _PROBE)
    FIELD = ("field", "400", logging.INFO, "A header field has characters that cannot be sent as octets.", _PROBE)
    BODY = ("body", "400", logging.INFO, "The client ended the connection before the body was complete.", "Nothing.")
    HENTITY = (
        "hentity",
        "400",
        logging.INFO,
        "The hash of the body is missing.",
        "Report it to this project: it should not happen.",
    )
    MALFORMED = (MalformedField.default_reason, "400", logging.INFO, "The field breaks another rule.", _CLIENT)
    USERS_DOWN = (
        "users-down", "503", logging.ERROR,
        "The source of users failed or took too long. The traceback is below the line.",
        "Repair the source. See `source_timeout`.",
    )  # fmt: skip
    STORE_DOWN = (
        "store-down", "503", logging.ERROR,
        "The nonce store failed or took too long. The traceback is below the line.",
        "Repair the store: is Redis up, is the disk full?",
    )  # fmt: skip
    SPOOL_DOWN = (
        "spool-down", "503", logging.ERROR,
        "A body could not be written to the file that `spool_above` asks for. The traceback is below the line.",
        "Is the disk for temporary files full or read-only? The environment variable TMPDIR can name another folder.",
    )  # fmt: skip
    THROTTLE_DOWN = (
        THROTTLE_DOWN, "503", logging.ERROR,
        "The limiter's storage failed or took too long. The traceback is below the line.",
        "Repair the storage. Without it nobody can log in.",
    )  # fmt: skip
    SOURCE_UNAVAILABLE = (
        SourceUnavailable.default_reason, "503", logging.ERROR,
        "Something else that the middleware needs for each request failed.",
        "Read the traceback below the line.",
    )  # fmt: skip

    @classmethod
    def known(cls, code: str) -> Reason | None:
        """The member of a code; None for a code that a source or a plug of others has made up."""
        return _BY_CODE.get(code)


_BY_CODE: Final = {reason.value: reason for reason in Reason}
