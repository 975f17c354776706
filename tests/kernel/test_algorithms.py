"""Algorithm objects, the allow-list and builds of Python that lack a hash."""

import copy
import hashlib
import importlib.util
import pickle
import sys

import pytest

from digest_http import algorithms
from digest_http.errors import UnsupportedAlgorithm

NAMES = ["MD5", "MD5-sess", "SHA-256", "SHA-256-sess", "SHA-512-256", "SHA-512-256-sess"]
REFERENCE = {
    "MD5": hashlib.md5,
    "SHA-256": hashlib.sha256,
    "SHA-512-256": lambda octets: hashlib.new("sha512_256", octets),
}


def load_again():
    """The module as a fresh import in this build would make it; the real one stays as it is."""
    spec = importlib.util.find_spec("digest_http.algorithms")
    assert spec is not None
    assert spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


def names(module):
    """The names that a module's build offers."""
    return [algorithm.name for algorithm in module.available()]


def barred(*_arguments, **_keywords):
    """A hash constructor of a build that lacks it."""
    raise ValueError("unsupported hash type")


def test_all_six_are_available_weakest_first():
    """Six algorithms, in order of strength; a -sess form is as strong as its base."""
    six(algorithms)


def test_so_are_they_when_loaded_again():
    """What the builds below are compared with."""
    six(load_again())


def six(module):
    """All are there, in that order."""
    assert names(module) == NAMES
    assert [algorithm.strength for algorithm in module.available()] == [0, 0, 1, 1, 2, 2]
    assert [algorithm.session for algorithm in module.available()] == [False, True] * 3
    assert [algorithm.base for algorithm in module.available()] == [name.removesuffix("-sess") for name in NAMES]
    assert [algorithm.token for algorithm in module.available()] == [name.encode() for name in NAMES]
    assert [algorithm.digest_size for algorithm in module.available()] == [16, 16, 32, 32, 32, 32]


@pytest.mark.parametrize("name", NAMES)
def test_digests_agree_with_hashlib(name):
    """Raw, hex and incremental digests are those of the hash that the name stands for."""
    algorithm = algorithms.by_name(name)
    expected = REFERENCE[algorithm.base](b"octets")
    assert algorithm.digest(b"octets") == expected.digest()
    assert algorithm.hexdigest(b"octets") == expected.hexdigest().encode()
    assert algorithm.digest_size == len(expected.digest())
    pieces = algorithm.hash_body()
    pieces.update(b"oct")
    pieces.update(b"ets")
    assert pieces.digest() == expected.digest()


@pytest.mark.parametrize("name", NAMES)
def test_short_octets_have_the_same_digest(name):
    """Whichever implementation begins sooner: at each length around the blocks of a hash, and for long octets too."""
    algorithm = algorithms.by_name(name)
    for length in (*range(300), 1 << 20):
        octets = b"x" * length
        assert algorithm.new_short(octets).digest() == REFERENCE[algorithm.base](octets).digest()


def test_build_without_a_hash_of_its_own(monkeypatch):
    """Python can be built without its own MD5: then that of hashlib serves for all lengths."""
    monkeypatch.setitem(sys.modules, "_md5", None)
    module = load_again()
    assert names(module) == NAMES
    assert module.by_name("MD5").new_short(b"x").digest() == hashlib.md5(b"x").digest()
    assert module.by_name("MD5").new_short is module.by_name("MD5").new


def test_hash_objects_do_not_share_state():
    """Two bodies hashed side by side do not mix, also where a template is copied."""
    for algorithm in algorithms.available():
        first, second = algorithm.hash_body(), algorithm.hash_body()
        first.update(b"first")
        assert second.digest() == algorithm.digest(b"")
        assert first.digest() == algorithm.digest(b"first")


@pytest.mark.obeys("algorithm-in-any-case")
@pytest.mark.parametrize("name", NAMES)
def test_names_and_tokens_ignore_letter_case(name):
    """RFC 7616 §3.3: algorithm is compared without regard to case."""
    assert algorithms.by_name(name.swapcase()) is algorithms.by_name(name)
    assert algorithms.by_token(name.lower().encode()) is algorithms.by_name(name)


@pytest.mark.parametrize(
    "name", ["", "SHA", "SHA-512", "sha256", "MD5 ", "MD5-SESS-sess", "\uff2d\uff24\uff15", "MD5\x00"]
)
def test_unknown_names(name):
    """A name that RFC 7616 does not have is refused with the names that there are."""
    with pytest.raises(UnsupportedAlgorithm, match="SHA-256"):
        algorithms.by_name(name)
    assert algorithms.by_token(name.encode()) is None


def test_select_keeps_order_and_drops_repetitions():
    """An allow-list is in its author's order; naming one twice is naming it once."""
    chosen = algorithms.select(["SHA-256", "md5", "sha-256"])
    assert [algorithm.name for algorithm in chosen] == ["SHA-256", "MD5"]


def test_select_refuses_an_empty_list():
    """An allow-list that allows nothing is a mistake."""
    with pytest.raises(UnsupportedAlgorithm):
        algorithms.select([])


def test_copies_are_the_same_object():
    """Algorithms are compared by identity, so pickle and copy give the one object."""
    for algorithm in algorithms.available():
        assert pickle.loads(pickle.dumps(algorithm)) is algorithm  # noqa: S301 - made in this line
        assert copy.deepcopy(algorithm) is algorithm
        assert repr(algorithm) == f"<Algorithm {algorithm.name}>"


def test_build_without_sha512_256(monkeypatch):
    """Where OpenSSL lacks SHA-512/256 the algorithm is not available, and nothing crashes."""
    monkeypatch.setattr(hashlib, "new", barred)
    module = load_again()
    assert names(module) == NAMES[:4]
    assert module.by_token(b"SHA-512-256") is None
    with pytest.raises(UnsupportedAlgorithm, match="SHA-512-256"):
        module.by_name("SHA-512-256")


def test_build_that_bars_md5(monkeypatch):
    """Where MD5 is barred even for other purposes than security, the SHA family remains."""
    monkeypatch.setattr(hashlib, "md5", barred)
    assert names(load_again()) == NAMES[2:]


def test_build_without_the_name_md5(monkeypatch):
    """CPython leaves the name of a barred hash out of hashlib altogether."""
    monkeypatch.delattr(hashlib, "md5")
    assert names(load_again()) == NAMES[2:]


def test_md5_is_asked_for_as_not_for_security(monkeypatch):
    """A build in FIPS mode gives MD5 only with usedforsecurity=False."""
    real = hashlib.md5

    def fips(octets=b"", *, usedforsecurity=True):
        if usedforsecurity:
            raise ValueError("disabled for FIPS")
        return real(octets)

    monkeypatch.setattr(hashlib, "md5", fips)
    module = load_again()
    assert module.by_name("MD5").hexdigest(b"") == b"d41d8cd98f00b204e9800998ecf8427e"


def test_loading_again_left_the_real_module_alone():
    """The simulated builds above are separate module objects."""
    assert sys.modules["digest_http.algorithms"] is algorithms
