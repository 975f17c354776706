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
        "The request had no Digest credentials, and another way to log in (`beside=`) knew its user.",
        "Nothing.",
    )  # fmt: skip
    NO_CREDENTIALS = (
        "no-credentials", "401", logging.DEBUG,
        "The request had no Digest credentials. Every client begins like this.",
        "Nothing. Many of them and few accepted requests: clients that cannot do Digest, or do not keep their nonce.",
    )  # fmt: skip
    WRONG_DIGEST = (
        Verdict.WRONG_DIGEST.value, "401", logging.WARNING,
        "The user exists, and the password was wrong.",
        "A few are typing errors. Many from one address are guesses: use fail2ban or the limiter.",
    )  # fmt: skip
    UNKNOWN_USER = (
        Verdict.UNKNOWN_USER.value, "401", logging.WARNING,
        "Nobody has this name, or the user has no hash for this algorithm.",
        "If the user does exist, add the hash that is missing, or offer only algorithms that all users have.",
    )  # fmt: skip
    WRONG_REALM = (
        Verdict.WRONG_REALM.value, "401", logging.WARNING,
        "The client signed for another realm.",
        "Was the realm renamed? Then clients need a new challenge, and stored hashes must be made again.",
    )  # fmt: skip
    WRONG_CREDENTIALS = (
        WRONG_CREDENTIALS, "401", logging.WARNING,
        "What clients are told for `wrong-digest`, `unknown-user` and `wrong-realm`. It never appears in the log.",
        "Look into the log for the exact reason.",
    )  # fmt: skip
    THROTTLED = (
        THROTTLED, "429", logging.WARNING,
        "Too many failed logins came from this address, or with this name from this address. Nothing was verified.",
        "If an honest user is shut out, wait, or delete the limiter's key. If it is a stranger, block the address.",
    )  # fmt: skip
    EXPIRED = (
        Verdict.EXPIRED.value, "401, stale", logging.INFO,
        "The password was right and the nonce too old. The client signs again by itself.",
        "Nothing. Many from one client: it does not take the new nonce. Many from all: raise `nonce_lifetime`.",
    )  # fmt: skip
    FOREIGN = (
        Verdict.FOREIGN.value, "401, stale", logging.INFO,
        "The password was right, and the nonce was not made here: another key, another realm, or an invented one.",
        "After a restart without `keys=`: nothing. All the time: the workers have different keys; give them one.",
    )  # fmt: skip
    FORGOTTEN = (
        Verdict.FORGOTTEN.value, "401, stale", logging.INFO,
        "The password was right, but the store may have lost the counts of this nonce.",
        "After a restart, a flush or a failover: nothing. All the time: workers without a common store, or a full one.",
    )  # fmt: skip
    REPLAYED = (
        Verdict.REPLAYED.value, "401, stale", logging.INFO,
        "The password was right, and this count was used before.",
        "A client that sends a request twice, or a replay. Many from an address other than the user's are an attack.",
    )  # fmt: skip
    OUT_OF_SEQUENCE = (
        Verdict.OUT_OF_SEQUENCE.value, "401, stale", logging.INFO,
        "The password was right, and the count is too far behind, or, in strict sequence, not the next one.",
        "Many from clients that send requests side by side: leave `sequence` out, or take a larger `window`.",
    )  # fmt: skip
    ENDED = (
        Verdict.ENDED.value, "401, stale", logging.INFO,
        "The password was right, and the nonce has used its last count.",
        "Nothing.",
    )  # fmt: skip
    ALGORITHM_NOT_OFFERED = (
        "algorithm-not-offered", "401", logging.INFO,
        "The client took an algorithm that is not on offer, or not any more.",
        "Nothing after a change of `algorithms`. All the time: the client knows none of yours; see `old_clients`.",
    )  # fmt: skip
    QOP_NOT_OFFERED = (
        "qop-not-offered", "401", logging.INFO,
        "The client took a qop that is not on offer, or none.",
        "If the client is an old device that knows no qop: `allow_rfc2069=True`.",
    )  # fmt: skip
    USERHASH_NOT_OFFERED = (
        "userhash-not-offered", "401", logging.INFO,
        "The client sent a hash in place of the name, and that is not on offer.",
        "`userhash=True`, if your users can be found by it.",
    )  # fmt: skip
    NOT_OFFERED = (
        NotOffered.default_reason, "401", logging.INFO,
        "The client took something else that is not on offer.",
        _CLIENT,
    )  # fmt: skip
    URI = (
        "uri", "400", logging.INFO,
        "The client signed another target than the one that arrived.",
        "A proxy changes the path: the line has a hint with the setting. Without one: a broken client, or an attack.",
    )  # fmt: skip
    BODY_TOO_LARGE = (
        BodyTooLarge.default_reason, "401, then 413", logging.INFO,
        "A body signed with auth-int is over `max_body`. If auth is on offer, the client is asked to take that.",
        "Raise `max_body`, or offer `auth` beside `auth-int`.",
    )  # fmt: skip
    FIELD_TOO_LARGE = (
        FieldTooLarge.default_reason, "431", logging.INFO,
        "The Authorization field is over 8192 octets.",
        _PROBE,
    )  # fmt: skip
    GRAMMAR = ("grammar", "400", logging.INFO, "The field is not a list of parameters.", _PROBE)
    DUPLICATE = (
        "duplicate", "400", logging.INFO,
        "A parameter, or the whole field, appears twice.",
        "Does a proxy add an Authorization field of its own? Let it replace the one that came.",
    )  # fmt: skip
    MISSING = ("missing", "400", logging.INFO, "A parameter that must be there is missing.", _CLIENT)
    TOKEN = ("token", "400", logging.INFO, "A value that may not be quoted text is not a token.", _CLIENT)
    NC = ("nc", "400", logging.INFO, "nc is not eight hex digits, or zero.", _CLIENT)
    QOP = ("qop", "400", logging.INFO, "qop is empty or not a token, or nc is there without it.", _CLIENT)
    CNONCE = ("cnonce", "400", logging.INFO, "cnonce holds a colon, or looks like a digest.", _CLIENT)
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
        "username* is not percent-encoded UTF-8, holds a control character, or appears beside username.",
        _CLIENT,
    )  # fmt: skip
    CONTROL_CHARACTER = ("control-character", "400", logging.INFO, "A value holds a control character.", _PROBE)
    METHOD = ("method", "400", logging.INFO, "The method is not a token.", _PROBE)
    FIELD = ("field", "400", logging.INFO, "A header field holds characters that no octet can carry.", _PROBE)
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
        "The source of users failed or took too long. The traceback stands below the line.",
        "Repair the source. See `source_timeout`.",
    )  # fmt: skip
    STORE_DOWN = (
        "store-down", "503", logging.ERROR,
        "The nonce store failed or took too long. The traceback stands below the line.",
        "Repair the store: is Redis up, is the disk full?",
    )  # fmt: skip
    SPOOL_DOWN = (
        "spool-down", "503", logging.ERROR,
        "A body could not be written to the file that `spool_above` asks for. The traceback stands below the line.",
        "Is the disk of temporary files full, or not to be written to? The environment variable TMPDIR names another.",
    )  # fmt: skip
    THROTTLE_DOWN = (
        THROTTLE_DOWN, "503", logging.ERROR,
        "The limiter's storage failed or took too long. The traceback stands below the line.",
        "Repair the storage. No login passes without it.",
    )  # fmt: skip
    SOURCE_UNAVAILABLE = (
        SourceUnavailable.default_reason, "503", logging.ERROR,
        "Something else that is asked for each request failed.",
        "Read the traceback below the line.",
    )  # fmt: skip

    @classmethod
    def known(cls, code: str) -> Reason | None:
        """The member of a code; None for a code that a source or a plug of others has made up."""
        return _BY_CODE.get(code)


_BY_CODE: Final = {reason.value: reason for reason in Reason}
