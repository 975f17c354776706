"""The error tree: statuses, reasons, and what survives pickling."""

import copy
import inspect
import pickle
import traceback

import pytest

from digest_http import errors
from digest_http.errors import DigestError, MalformedField, caused

CLASSES = [kind for _, kind in inspect.getmembers(errors, inspect.isclass) if issubclass(kind, DigestError)]


@pytest.mark.parametrize("kind", CLASSES, ids=lambda kind: kind.__name__)
def test_each_class_carries_both_statuses(kind):
    """Every error names an HTTP error status and a failing SSPI status, and has a reason of its own."""
    assert 400 <= kind.http_status < 600
    assert kind.sspi_status >> 31 == 1
    assert kind("text").reason == kind.default_reason


@pytest.mark.parametrize(
    ("kind", "status"),
    [
        (errors.MalformedField, 400),
        (errors.UnsupportedAlgorithm, 400),
        (errors.NotOffered, 401),
        (errors.BodyTooLarge, 413),
        (errors.FieldTooLarge, 431),
        (errors.SourceUnavailable, 503),
    ],
)
def test_statuses_that_a_server_answers_with(kind, status):
    """What a stranger's request can raise is never answered with 500."""
    assert kind.http_status == status


@pytest.mark.parametrize("kind", CLASSES, ids=lambda kind: kind.__name__)
@pytest.mark.parametrize("protocol", range(pickle.HIGHEST_PROTOCOL + 1))
def test_errors_survive_pickling(kind, protocol):
    """Class, text and reason cross a process boundary, and nothing else does: no traceback, no context."""
    error = kind("what was wrong", reason="special")
    error.secret = "s3cret"
    octets = pickle.dumps(error, protocol)
    assert b"s3cret" not in octets
    again = pickle.loads(octets)  # noqa: S301 - made two lines above
    assert (type(again), str(again), again.reason) == (kind, "what was wrong", "special")
    assert copy.copy(error).reason == "special"


def test_all_names_the_whole_tree():
    """__all__ is the public tree, complete."""
    public = {name for name, kind in inspect.getmembers(errors, inspect.isclass) if kind.__module__ == errors.__name__}
    assert set(errors.__all__) == public


def test_configuration_error_is_a_value_error():
    """A bad setting is caught by who catches ValueError, and is no error of a request."""
    assert issubclass(errors.ConfigurationError, ValueError)
    assert not issubclass(errors.ConfigurationError, DigestError)


def test_a_large_field_is_a_malformed_one():
    """Who handles malformed fields handles those that are too long as well."""
    assert issubclass(errors.FieldTooLarge, MalformedField)


def fail(cause):
    """Raise without `from`, as compiled code does, while another error is handled that may hold a secret."""
    try:
        int("s3cret")
    except ValueError:
        raise caused(MalformedField("what was wrong"), cause)  # noqa: B904 - this is what is tried


@pytest.mark.parametrize("cause", [None, OSError("disk full")])
def test_a_cause_is_shown_and_nothing_else(cause):
    """What was being handled is not."""
    with pytest.raises(MalformedField) as caught:
        fail(cause)
    shown = "".join(traceback.format_exception(caught.value))
    assert "what was wrong" in shown
    assert ("disk full" in shown) is (cause is not None)
    assert "s3cret" not in shown
