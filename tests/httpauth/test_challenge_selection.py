"""Choosing a challenge: the order, and the reasons for passing one over."""

import pytest

from digest_http.algorithms import available, by_name
from digest_http.challenge import parse_challenges
from digest_http.errors import ConfigurationError
from digest_http.httpauth.challenge_selection import Preference, choose


def chosen(*fields, **preference):
    """(nonce, qop) of the chosen challenge or None, and the reasons for the others."""
    reasons: list[str] = []
    choice = choose(parse_challenges(fields), Preference(**preference), reasons.append)
    return (choice and (choice.challenge.nonce, choice.qop)), reasons


def digest(nonce, *parameters):
    """A challenge field."""
    return ", ".join((f'Digest realm="r", nonce="{nonce}"', *parameters)).encode()


NAMES = ", ".join(repr(algorithm.name) for algorithm in available())
WANTED = f"write one or more of what this Python has: {NAMES}; for instance algorithms=['SHA-256', 'MD5']"
MD5, SHA = digest("md5", "qop=auth"), digest("sha", "qop=auth", "algorithm=SHA-256")
SESS, SHA512 = digest("sess", "qop=auth", "algorithm=SHA-256-sess"), digest("512", "qop=auth", "algorithm=sha-512-256")


@pytest.mark.obeys("algorithm-absent-is-md5")
@pytest.mark.parametrize(("fields", "nonce"), [
    ([MD5, SHA, SHA512], b"512"), ([SHA512, SHA, MD5], b"512"), ([MD5, SHA], b"sha"), ([SHA, SESS], b"sha"),
    ([SESS, SHA], b"sess"), ([b"Basic realm=x, " + MD5 + b", " + SHA], b"sha"),
    ([digest("old"), MD5], b"md5"), ([MD5, digest("old")], b"md5"),
])  # fmt: skip
def test_order(fields, nonce):
    """The stronger hash, then one with qop, then the server's order."""
    assert chosen(*fields) == ((nonce, b"auth"), [])


@pytest.mark.obeys("8760-topmost")
def test_order_of_the_server():
    """On request the server's first usable one."""
    unknown = digest("x", "algorithm=SHA-1", "qop=auth")
    (found, reasons) = chosen(unknown, MD5, SHA512, prefer="server-order")
    assert found == (b"md5", b"auth")
    assert len(reasons) == 1


@pytest.mark.obeys("unknown-algorithm-is-passed-over")
@pytest.mark.parametrize(("field", "reason"), [
    (digest("n", "algorithm=SHA", "qop=auth"), "algorithm b'SHA' is unknown or missing from this Python"),
    (digest("n", "algorithm=SHA-256-sess", "qop=auth"), "algorithm SHA-256-sess is not among the allowed ones"),
    (
        digest("n", "algorithm=MD5", "qop=auth-conf"),
        "none of the offered qop values (b'auth-conf',) is among the allowed ones",
    ),
    (digest("n", "algorithm=MD5-sess"), "algorithm MD5-sess without qop cannot be answered"),
    (digest("n", "algorithm=SHA-256"), "RFC 2069 (no qop) is not allowed with SHA-256"),
    (digest(""), "nonce is missing or empty"),
    (b"Digest algorithm=MD5", "nonce is missing or empty"),
    (b'Digest realm="r", nonce="n", realm="s"', "'realm' appears twice with different values"),
    (b'Digest realm="r", nonce="n', "the quotes of 'nonce' do not close"),
])  # fmt: skip
def test_reasons(field, reason):
    """What cannot be used is passed over with a reason, and another one is found behind it."""
    allowed = ("MD5", "MD5-sess", "SHA-256")
    assert chosen(field, algorithms=allowed) == (None, [reason])
    assert chosen(field, MD5, algorithms=allowed) == ((b"md5", b"auth"), [reason])


@pytest.mark.obeys("qop-unknown-is-ignored")
@pytest.mark.parametrize(("offered", "wanted", "qop"), [
    ("auth,auth-int", ("auth", "auth-int"), b"auth"), ("auth-int,auth", ("auth", "auth-int"), b"auth"),
    ("auth,auth-int", ("auth-int", "auth"), b"auth-int"), ("auth-int", ("auth", "auth-int"), b"auth-int"),
    ("auth-int", ("auth",), None), ("Auth , x", ("auth",), b"auth"), ("auth", ("AUTH-INT", "AUTH"), b"auth"),
])  # fmt: skip
def test_qop(offered, wanted, qop):
    """The first wanted protection that is offered."""
    found, _ = chosen(digest("n", f'qop="{offered}"'), qop=wanted)
    assert (found and found[1]) == qop


@pytest.mark.obeys("2617-qop-answer")
@pytest.mark.parametrize(("allow", "algorithm", "usable"), [
    (None, "MD5", True), (None, "SHA-256", False), (True, "SHA-256", True), (False, "MD5", False),
    (True, "MD5-sess", False),
])  # fmt: skip
def test_rfc_2069(allow, algorithm, usable):
    """No qop: for MD5 by default, for all but -sess if allowed, for none if not."""
    found, _ = chosen(digest("n", f"algorithm={algorithm}"), allow_rfc2069=allow)
    assert (found == (b"n", b"")) is usable


def test_empty_qop_counts_as_absent():
    """Devices that write `qop=""` mean RFC 2069."""
    assert chosen(b'Digest realm="r", nonce="n", qop=""')[0] == (b"n", b"")


@pytest.mark.parametrize(("settings", "text"), [
    ({"algorithms": ()}, f"algorithms is empty; {WANTED}"),
    (
        {"algorithms": ("SHA-1",)},
        f"algorithms has 'SHA-1'; {WANTED}",
    ),
    ({"algorithms": "MD5"}, "algorithms is 'MD5'; write a list of names, for instance algorithms=['MD5']"),
    ({"qop": "auth"}, "qop is 'auth'; write a list of words, for instance qop=['auth']"),
    *(({"qop": qop}, f"qop {given}; write one or more of 'auth', 'auth-int', for instance qop=['auth']")
      for qop, given in [((), "is empty"), (("auth-conf",), "has 'auth-conf'"),
                         (("auth", "auth-conf"), "has 'auth-conf'"), (("ä",), "has 'ä'")]),
    ({"prefer": "x"}, "prefer is 'x'; write one of 'strongest', 'server-order', for instance prefer='strongest'"),
])  # fmt: skip
def test_settings_that_cannot_work(settings, text):
    """They raise ConfigurationError, which says what to write instead."""
    with pytest.raises(ConfigurationError) as caught:
        Preference(**settings)
    assert str(caught.value) == text
    assert caught.value.__cause__ is None


def test_settings_of_which_nothing_is_said():
    """All algorithms of this Python, both protections, RFC 2069 where devices use it, the strongest first."""
    preference = Preference()
    assert preference.algorithms == set(available())
    assert (preference.qop, preference.allow_rfc2069, preference.prefer) == ((b"auth", b"auth-int"), None, "strongest")
    given = Preference(["md5"], ["AUTH-INT", "auth", "auth-int"], allow_rfc2069=False, prefer="server-order")
    assert given.algorithms == {by_name("MD5")}
    assert (given.qop, given.allow_rfc2069, given.prefer) == ((b"auth-int", b"auth"), False, "server-order")
