"""Where a server's passwords come from: a mapping, or a callable or an object with ha1(), which may be asynchronous."""

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

#: Separates names that are checked together: a control character, which no name may contain.
_SEPARATOR: Final = "\n"

# A name with a colon or a control character.
_unusual: Final = re.compile(r"[:\x00-\x09\x0b-\x1f\x7f]")

#: A function that is called with (username, realm).
Lookup: TypeAlias = Callable[[str, str], Secret | Awaitable[Secret]]

#: Makes the Question about (username, realm) for one source.
Finder: TypeAlias = Callable[[str, str], "Question"]


@runtime_checkable
class HasHA1(Protocol):
    """A source of users as on the HTTP side (`Users`). Its hashes are made from UTF-8 names."""

    def ha1(self, username: str, realm: str, algorithm: Algorithm) -> bytes | Awaitable[bytes | None] | None:
        """H(A1) in hex, as octets; None if there is no such user."""
        ...


Source: TypeAlias = Mapping[str, str | bytes] | HasHA1 | Lookup


class Question(NamedTuple):
    """A question of the server during a step.

    `of` names the source in errors, `ask()` puts the question, `kinds` are the types that an answer may have.
    """

    of: str
    ask: Callable[[], object]
    kinds: tuple[type, ...]


def lookup_of(users: Source) -> Finder:
    """A function that makes a Question to this source; at_once() or later() gets the answer, which is a Secret.

    The function takes names and realms in Normalization Form C. Raises ConfigurationError if `users` is not a source,
    or is a mapping with a name that is not allowed, or with one name in two spellings.
    """
    find = _finder(users)
    return lambda username, realm: Question(
        "the source of users", lambda: find(username, realm), (str, bytes, type(None))
    )


# The next two functions keep no answer in a local variable while they raise: the answer may be a password, and error
# reporters show the local variables of a traceback.


def at_once(question: Question) -> object:
    """The answer. Raises SourceUnavailable, which refuses the login, if the source raises anything.

    It is also raised for an answer of a wrong type, and for an awaitable, which needs later().
    """
    try:
        answer = question.ask()
    except Exception as error:
        raise SourceUnavailable(f"{question.of} failed, so nobody can log in") from error
    if inspect.isawaitable(answer):
        _drop(answer)
        raise SourceUnavailable(f"{question.of} is asynchronous: log in with 'await server.astep(token)'")
    if isinstance(answer, question.kinds):
        return answer
    kind, answer = type(answer).__name__, None
    raise _wrong_type(question, kind)


async def later(question: Question) -> object:
    """As at_once, but an awaitable answer is awaited."""
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
    return SourceUnavailable(f"{question.of} returned a {kind}: it must return one of {wanted}")


def _drop(answer: Awaitable[object]) -> None:
    """End an answer that nobody will await: a coroutine that is never awaited warns, a task would continue."""
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
    # The mapping itself is read at each login, so a change in it takes effect at the next login.
    return lambda username, _realm: users.get(spelt.get(username, username))


def _other_spellings(users: Mapping[str, str | bytes]) -> dict[str, str]:
    """Normalization Form C -> the name as given, for names in another form. Raises as distinct_names.

    A server is made for each login, so names are first checked all together, which is fast for ordinary names.
    """
    names: list[object] = list(users)
    try:
        joined = _SEPARATOR.join(cast("list[str]", names))
    except TypeError:  # a name that is not text
        joined = ":"
    if (
        joined.isascii()
        and joined.count(_SEPARATOR) < max(len(names), 1)
        and "" not in users
        and not _unusual.search(joined)
    ):
        return {}
    return {name: given for name, given in distinct_names(names).items() if name != given}
