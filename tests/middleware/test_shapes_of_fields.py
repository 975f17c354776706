"""ASGI asks for an iterable of names and values: servers have tuples in lists, or other things. All mean the same."""

from itertools import permutations
from typing import Any

import pytest

from tests.attacks.driver import Server


class Again:
    """Fields that are made when somebody asks, each time."""

    def __init__(self, fields):
        self.fields = fields

    def __iter__(self):
        return iter(self.fields)


def mixed(fields):
    """Tuples and lists by turns."""
    return [(tuple, list)[place % 2](field) for place, field in enumerate(fields)]


SHAPES: dict[str, Any] = {
    "list of tuples": list,
    "tuple of tuples": tuple,
    "list of lists": lambda fields: [list(field) for field in fields],
    "mixed": mixed,
    "mixed, the other way": lambda fields: [*mixed([(b"x", b""), *fields])][1:],
    "longer": lambda fields: [(*field, b"more") for field in fields],
    "other octets": lambda fields: [(bytearray(name), value) for name, value in fields],
    "iterable": Again,
}


@pytest.fixture(params=SHAPES)
def server(request):
    """A server that hands its fields on in one of these shapes."""
    made = Server()
    entry = made.entry

    async def shaped(scope, receive, send):
        await entry(scope | {"headers": SHAPES[request.param](scope["headers"])}, receive, send)

    made.entry = shaped
    return made


def test_the_field_is_found(server):
    """Wherever it stands, and only once: a replay is one in each shape."""
    signer = server.signer()
    assert server.get(signer).status == 200
    assert server.get(signer).status == 401
    assert server.request("GET", "/x", signer.sign("GET", "/x", 2), headers=[(b"a", b"b")] * 3).status == 200


def test_a_field_that_is_there_twice(server):
    """Which of them another hop believed is ambiguous, in whatever order and shape they stand."""
    signer = server.signer()
    values = [signer.sign("GET", "/x", 1), signer.sign("GET", "/x", 2), b"Basic x"]
    for pair in permutations(values, 2):
        for between in ([], [(b"a", b"b")]):
            fields = [(b"authorization", pair[0]), *between, (b"authorization", pair[1])]
            answer = server.request("GET", "/x", headers=fields)
            assert (answer.status, answer.app_called) == (400, False)
    assert server.request("GET", "/x", values[0]).status == 200


def test_without_the_field(server):
    """A challenge, and the app is not called."""
    answer = server.request("GET", "/x", headers=[(b"authorizatio", b"Digest x"), (b"authorization2", b"Digest x")])
    assert (answer.status, answer.app_called) == (401, False)
