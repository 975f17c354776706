"""A wrong type is a TypeError that names the parameter, in every function and for every parameter of it."""

from __future__ import annotations

import inspect
from collections.abc import Callable, Iterator, Mapping
from types import NoneType
from typing import Any, get_args, get_origin, get_type_hints

import pytest

from digest_http import sspi
from digest_http.sspi import CtxtHandle, NtStatus, SaslContextOption, SecBufferDesc, dispatch
from digest_http.sspi.values.arguments import MAX_PASSED, checked
from tests.sspi.refusals import refused
from tests.sspi.wiring import HTTPPair, client_handle, http_message

FUNCTIONS: list[Callable[..., Any]] = [
    getattr(sspi, name)
    for name in sspi.__all__
    if inspect.isfunction(getattr(sspi, name)) and inspect.signature(getattr(sspi, name)).parameters
] + [getattr(dispatch, name) for name in dispatch.__all__ if name.startswith("Sp") and name != "SpGetInfo"]
MADE: list[Any] = [
    sspi.WinNTAuthIdentity,
    sspi.WinNTAuthIdentityPackedCredential,
    sspi.SecChannelBindings,
    sspi.SecPkgCredKdcProxySettings,
]
SAMPLES = (
    None,
    7,
    1.5,
    "text",
    b"octets",
    bytearray(b"octets"),
    ["list"],
    {"a": "b"},
    object(),
    int,
    SecBufferDesc([]),
)


def members(annotation: Any) -> tuple[Any, ...]:
    """A union's parts, or the annotation."""
    parts = get_args(annotation)
    return parts if parts and get_origin(annotation) not in {type, Mapping} and not isinstance(annotation, type) else (
        annotation,
    )  # fmt: skip


def allows(annotation: Any, value: object) -> bool:
    """Whether a value is of an annotation's type; written apart from the package's own check."""
    for part in members(annotation):
        origin = get_origin(part)
        if part is object or (part in {None, NoneType} and value is None):
            return True
        if origin is type:
            continue  # no sample is an attribute's type
        if isinstance(origin or part, type) and isinstance(value, origin or part):
            return True
    return False


def table() -> Iterator[Any]:
    """(callable, parameter, wrong value) for all of them."""
    for function in (*FUNCTIONS, *MADE):
        target: Any = getattr(function, "__init__") if isinstance(function, type) else function  # noqa: B009 - of any class
        hints = get_type_hints(target)
        for name in inspect.signature(function).parameters:
            for value in SAMPLES:
                if not allows(hints[name], value):
                    yield pytest.param(function, name, value, id=f"{function.__name__}-{name}-{type(value).__name__}")


def test_all_functions_are_in_the_table():
    """The functions that take arguments, and how many combinations they make."""
    assert len(FUNCTIONS) == 38
    assert len(list(table())) > 900


@pytest.mark.parametrize(("function", "name", "value"), list(table()))
def test_a_wrong_type(function, name, value):
    """By keyword, with the other arguments right; the octets of a wrong value are not shown."""
    arguments = {}
    target = getattr(function, "__init__") if isinstance(function, type) else function  # noqa: B009 - of any class
    for other, annotation in get_type_hints(target).items():
        if other in {"return", name}:
            continue
        parts = members(annotation)
        arguments[other] = next((sample for sample in SAMPLES if allows(annotation, sample)), None)
        if CtxtHandle in parts or sspi.CredHandle in parts:
            arguments[other] = CtxtHandle() if CtxtHandle in parts else client_handle()
        elif get_origin(parts[0]) is type:
            arguments[other] = sspi.SecPkgContextNames if "context" in str(function) else sspi.SecPkgCredNames
        elif sspi.SecPkgCred in parts:
            arguments[other] = sspi.SecPkgCredNames()
        elif any(part.__name__ == "UUID" for part in parts if isinstance(part, type)):
            arguments[other] = sspi.WinNTAuthCredentialType.SEC_WINNT_AUTH_DATA_TYPE_KEYTAB
    with pytest.raises(TypeError, match=name) as caught:
        function(**{**arguments, name: value})
    assert "octets" not in str(caught.value)


def test_by_position_too():
    """The commonest slips: no handle, a list in the place of an array, no flags, no package."""
    pair = HTTPPair().login()
    with pytest.raises(TypeError, match=r"make_signature.* argument 'context' must be CtxtHandle, not NoneType"):
        sspi.make_signature(None, 0, SecBufferDesc([]), 0)  # type: ignore[arg-type]  # that it is refused
    with pytest.raises(TypeError, match="argument 'message' must be SecBufferDesc, not list"):
        sspi.make_signature(pair.client, 0, [], 0)  # type: ignore[arg-type]  # as above
    with pytest.raises(TypeError, match="argument 'qop' must be QopFlags or int, not NoneType"):
        sspi.make_signature(pair.client, None, SecBufferDesc([]), 0)  # type: ignore[arg-type]  # as above
    with pytest.raises(TypeError, match="argument 'package' must be str, not NoneType"):
        sspi.query_security_package_info(None)  # type: ignore[arg-type]  # as above
    with pytest.raises(TypeError, match="argument 'attribute' must be a type of SecPkgContext"):
        sspi.query_context_attributes(pair.client, sspi.SecPkgCredNames)  # type: ignore[type-var]  # as above
    with pytest.raises(TypeError, match="missing 1 required"):
        sspi.make_signature(pair.client, 0, SecBufferDesc([]))  # type: ignore[call-arg]  # as above
    assert b"nc=00000002" in pair.sign()


@pytest.mark.parametrize("seq_no", [0, False])
@pytest.mark.parametrize("qop", [0, sspi.QopFlags(0), False])
@pytest.mark.parametrize("derived", [True, False])
def test_classes_derived_from_the_usual_ones(derived, qop, seq_no):
    """An array, a handle and numbers of derived classes are taken as well."""
    array = type("Array", (SecBufferDesc,), {}) if derived else SecBufferDesc
    pair = HTTPPair().login()
    message = array(http_message())
    sspi.make_signature(pair.client, qop, message, seq_no)
    handle = type("Handle", (CtxtHandle,), {})() if derived else pair.server
    handle.digest_context = pair.server.digest_context
    assert sspi.verify_signature(handle, array(http_message(message[4].data)), seq_no) == 0
    with refused(NtStatus.SEC_E_QOP_NOT_SUPPORTED):
        sspi.encrypt_message(handle, qop, message, seq_no)
    with refused(NtStatus.SEC_E_QOP_NOT_SUPPORTED):
        sspi.decrypt_message(handle, message, seq_no)


def test_options_by_number():
    """A C caller's number is the option of that number; one that is none is SEC_E_UNSUPPORTED_FUNCTION."""
    handle = CtxtHandle()
    sspi.sasl_set_context_option(handle, 3, "carol")
    assert sspi.sasl_get_context_option(handle, SaslContextOption.SASL_OPTION_AUTHZ_STRING) == "carol"
    for call in (
        lambda: sspi.sasl_set_context_option(handle, 9, 1),
        lambda: sspi.sasl_get_context_option(handle, 9),
    ):
        with refused(NtStatus.SEC_E_UNSUPPORTED_FUNCTION):
            call()


def test_what_has_passed_opens_nothing_else():
    """A value that was right once says nothing of another of the same type, where the value itself is looked at."""

    @checked
    def asks(context: int, wanted: type[OSError]) -> tuple[int, type[OSError]]:
        return context, wanted

    for _ in range(2):
        assert asks(1, OSError) == (1, OSError)
        assert asks(1, wanted=TimeoutError) == (1, TimeoutError)
        for wrong in ((1, int), ("1", OSError), (1, OSError("an object"))):
            with pytest.raises(TypeError):
                asks(*wrong)
        with pytest.raises(TypeError):
            asks(1, wanted=int)  # type: ignore[arg-type]  # the mistake that is tried


def test_types_that_have_passed_are_bounded():
    """Whoever passes ever new subclasses fills no memory, and is checked all the same."""

    @checked
    def takes(value: int) -> int:
        return value

    for number in range(MAX_PASSED + 5):
        assert takes(type(f"Number{number}", (int,), {})(number)) == number
    for wrong in ("1", None, 1.0):
        with pytest.raises(TypeError):
            takes(wrong)  # type: ignore[arg-type]  # the mistake that is tried
