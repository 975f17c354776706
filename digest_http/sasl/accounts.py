"""Where a server's passwords come from: a mapping, a callable, or an object with ha1(), at once or later."""

from __future__ import annotations

import inspect
import re
from collections.abc import Awaitable, Callable, Mapping
from typing import Final, NamedTuple, Protocol, TypeAlias, cast, runtime_checkable

from digest_http.algorithms import Algorithm, by_name
from digest_http.errors import SourceUnavailable
from digest_http.names import distinct_names
from digest_http.settings import function, provider, refusal

__all__ = ["Question", "Secret", "Source", "at_once", "later", "lookup_of"]

#: A password as text, or H(username:realm:password) as 16 raw octets or 32 hex digits; None or empty: no such user.
Secret: TypeAlias = str | bytes | None

#: Between names that are looked at together: a control character that no name may hold.
_SEPARATOR: Final = "\n"

# A name with a colon or a control character.
_unusual: Final = re.compile(r"[:\x00-\x09\x0b-\x1f\x7f]")

#: By (username, realm).
Lookup: TypeAlias = Callable[[str, str], Secret | Awaitable[Secret]]

#: Puts one question about (username, realm) to a source.
Finder: TypeAlias = Callable[[str, str], "Question"]


@runtime_checkable
class HasHA1(Protocol):
    """The users of the HTTP side; their hashes are of UTF-8 names."""

    def ha1(self, username: str, realm: str, algorithm: Algorithm) -> bytes | Awaitable[bytes | None] | None:
        """H(A1) in hex, or None."""
        ...


Source: TypeAlias = Mapping[str, str | bytes] | HasHA1 | Lookup


class Question(NamedTuple):
    """What a server asks in the midst of a step: `of` names whom it asks, for errors; `kinds` are fitting answers."""

    of: str
    ask: Callable[[], object]
    kinds: tuple[type, ...]


def lookup_of(users: Source) -> Finder:
    """One question over any source; at_once() or later() has the answer, which is a Secret.

    It is given names and realms in Normalization Form C. Raises ConfigurationError for what is no source, and for a
    mapping that has a name which cannot be one, or one name in two spellings.
    """
    find = _finder(users)
    return lambda username, realm: Question(
        "the source of users", lambda: find(username, realm), (str, bytes, type(None))
    )


# Neither of the next two holds an answer while it raises: it may be a password, and a traceback shows locals.


def at_once(question: Question) -> object:
    """The answer. Raises SourceUnavailable, which refuses the login, for whatever the other side raises.

    Also for an answer of another type, and for one that comes later: that needs later().
    """
    try:
        answer = question.ask()
    except Exception as error:
        raise SourceUnavailable(f"{question.of} failed, so nobody can log in") from error
    if inspect.isawaitable(answer):
        _drop(answer)
        raise SourceUnavailable(f"{question.of} answers later: log in with 'await server.astep(token)'")
    if isinstance(answer, question.kinds):
        return answer
    kind, answer = type(answer).__name__, None
    raise _wrong_type(question, kind)


async def later(question: Question) -> object:
    """As at_once, also for an answer that is to be awaited."""
    try:
        answer = question.ask()
        if inspect.isawaitable(answer):
            answer = await answer
    except Exception as error:
        raise SourceUnavailable(f"{question.of} failed, so nobody can log in") from error
    if isinstance(answer, question.kinds):
        return answer
    kind, answer = type(answer).__name__, None
    raise _wrong_type(question, kind)


def _wrong_type(question: Question, kind: str) -> SourceUnavailable:
    wanted = ", ".join("None" if one is type(None) else one.__name__ for one in question.kinds)
    return SourceUnavailable(f"{question.of} gave a {kind}: what SASL takes is {wanted}")


def _drop(answer: Awaitable[object]) -> None:
    """End what nobody will await: a coroutine that is let go unawaited warns, a task would go on."""
    end = getattr(answer, "close", None) or getattr(answer, "cancel", None)
    if callable(end):
        end()


def _finder(users: Source) -> Callable[[str, str], object]:
    if isinstance(users, type):
        return provider("users", users, {}, example="HtdigestUsers('/etc/app/users', 'example.com')")
    if isinstance(users, HasHA1):
        ha1 = provider("users", users, {"ha1": 3}, example="HtdigestUsers('/etc/app/users', 'example.com')").ha1
        return lambda username, realm: ha1(username, realm, by_name("MD5"))
    if callable(users):
        return function("users", users, 2, example="look_up, with def look_up(username, realm)")
    if not isinstance(users, Mapping):
        raise refusal(
            "users",
            users,
            "a mapping of name to password, a function of (username, realm), or an object with ha1(), for instance "
            "users={'alice': password}",
        )
    spelt = _other_spellings(users)
    # The mapping itself is asked: what changes in it counts at the next login.
    return lambda username, _realm: users.get(spelt.get(username, username))


def _other_spellings(users: Mapping[str, str | bytes]) -> dict[str, str]:
    """The names that are not in Normalization Form C, by that form. Raises ConfigurationError as distinct_names.

    A server is made for each login, so usual names are looked at all together.
    """
    names: list[object] = list(users)
    try:
        joined = _SEPARATOR.join(cast("list[str]", names))
    except TypeError:  # a name that is no text
        joined = ":"
    if (
        joined.isascii()
        and joined.count(_SEPARATOR) < max(len(names), 1)
        and "" not in users
        and not _unusual.search(joined)
    ):
        return {}
    return {name: given for name, given in distinct_names(names).items() if name != given}
