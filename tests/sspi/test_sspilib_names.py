"""Names, signatures and values against sspilib.raw itself, by introspection."""

import enum
import inspect

import pytest
import sspilib.raw as theirs

from digest_http import sspi

NAMES = sorted(theirs.__all__)
ENUMS = [
    name for name in NAMES if isinstance(getattr(theirs, name), type) and issubclass(getattr(theirs, name), enum.Enum)
]
FUNCTIONS = [name for name in NAMES if inspect.isroutine(getattr(theirs, name)) or name.islower()]
VALUES = [name for name in NAMES if name.startswith("SecPkgContext") or name == "SecPkgInfo"]


@pytest.mark.parametrize("name", NAMES)
def test_every_public_name_is_here(name):
    """All of sspilib.raw's names exist; none had to be left out."""
    assert name in sspi.__all__
    assert hasattr(sspi, name)


@pytest.mark.parametrize("name", ENUMS)
def test_enums_hold_the_same_members(name):
    """Each member has the same spelling and number, and the enum is of the same kind (flags or numbers)."""
    ours, other = getattr(sspi, name), getattr(theirs, name)
    assert issubclass(ours, enum.IntFlag) == issubclass(other, enum.IntFlag)
    assert issubclass(ours, enum.IntEnum) == issubclass(other, enum.IntEnum)
    members = {spelling: int(member) for spelling, member in other.__members__.items()}
    assert members.items() <= {spelling: int(member) for spelling, member in ours.__members__.items()}.items()


@pytest.mark.parametrize("name", FUNCTIONS)
def test_functions_take_the_same_arguments(name):
    """Each function has the same parameters: order, kind and default."""

    def shape(function):
        return [(p.name, p.kind, p.default) for p in inspect.signature(function).parameters.values()]

    expected, actual = shape(getattr(theirs, name)), shape(getattr(sspi, name))
    if name == "set_credentials_attributes":
        # The compiled function says `credential`, its documentation `context`.
        assert actual[0][0] in {"context", expected[0][0]}
        expected, actual = expected[1:], actual[1:]
    assert actual == expected


@pytest.mark.parametrize("name", [name for name in NAMES if name.endswith("Result")])
def test_results_are_the_same_named_tuples(name):
    """Results unpack and read alike."""
    ours, other = getattr(sspi, name), getattr(theirs, name)
    assert issubclass(ours, tuple)
    assert ours._fields == other._fields


@pytest.mark.parametrize("name", VALUES)
def test_attributes_have_the_same_fields(name):
    """What sspilib's structure has, ours has."""
    ours, other = getattr(sspi, name), getattr(theirs, name)
    fields = [field for field in getattr(other, "__annotations__", None) or vars(other) if not field.startswith("_")]
    assert fields or name == "SecPkgContext"
    if name == "SecPkgInfo":
        assert list(ours.__annotations__) == fields
        return
    assert all(hasattr(ours(), field) for field in fields)


def test_sizes_can_be_made_by_hand():
    """sspilib's contexts begin with sizes of nothing. (Reading its other structures so made would crash it.)"""
    for field in ("max_token", "max_signature", "block_size", "security_trailer"):
        assert getattr(sspi.SecPkgContextSizes(), field) == getattr(theirs.SecPkgContextSizes(), field) == 0


def test_credential_types_are_the_same_uuids():
    """The numbers of packed credentials."""
    spellings = [spelling for spelling in vars(theirs.WinNTAuthCredentialType) if spelling.startswith("SEC_")]
    assert len(spellings) == 9
    for spelling in spellings:
        assert getattr(sspi.WinNTAuthCredentialType, spelling) == getattr(theirs.WinNTAuthCredentialType, spelling)


@pytest.mark.parametrize("module", [sspi, theirs], ids=["ours", "sspilib"])
class TestBehaviour:
    """The same lines run on both."""

    def test_buffer(self, module):
        """A buffer copies on `data`, shows itself on dangerous_get_view, and splits flags from its type."""
        memory = bytearray(b"abc")
        buffer = module.SecBuffer(memory, module.SecBufferType.SECBUFFER_TOKEN)
        assert (buffer.count, buffer.data, buffer.buffer_type, buffer.buffer_flags) == (3, b"abc", 2, 0)
        memory[0] = 0x7A
        assert bytes(buffer.dangerous_get_view()) == buffer.data == b"zbc"
        assert type(buffer.data) is bytes
        flagged = module.SecBuffer(memory, 2, module.SecBufferFlags.SECBUFFER_READONLY)
        assert (flagged.buffer_type, flagged.buffer_flags) == (2, 0x80000000)
        assert str(flagged) == "SECBUFFER_TOKEN|SECBUFFER_READONLY"
        assert (module.SecBuffer(None, 1).count, module.SecBuffer(None, 1).data) == (0, b"")

    @pytest.mark.parametrize("data", [b"abc", memoryview(b"abc")], ids=["bytes", "readonly view"])
    def test_buffer_wants_memory_that_can_be_written(self, module, data):
        """Octets that cannot be written in place are refused."""
        with pytest.raises(BufferError):
            module.SecBuffer(data, 1)

    def test_array(self, module):
        """Length, index, iteration, version."""
        buffer = module.SecBuffer(bytearray(b"a"), 1)
        array = module.SecBufferDesc([buffer])
        assert (len(array), array[0].data, [b.data for b in array], array.version) == (1, b"a", [b"a"], 0)
        assert module.SecBufferDesc([buffer], version=1).version == 1
        with pytest.raises(IndexError):
            array[1]

    def test_channel_bindings(self, module):
        """The blob of SEC_CHANNEL_BINDINGS, octet by octet."""
        bindings = module.SecChannelBindings(application_data=b"tls:abc")
        assert (bindings.initiator_addr, bindings.application_data) == (None, b"tls:abc")
        blob = bindings.get_sec_buffer_copy()
        assert (blob.buffer_type, blob.data[24:]) == (14, b"\x07\0\0\0\x20\0\0\0tls:abc")
        full = module.SecChannelBindings(
            initiator_addr_type=2,
            initiator_addr=b"ab",
            acceptor_addr_type=1,
            acceptor_addr=b"cde",
            application_data=b"t",
        )
        assert full.dangerous_get_sec_buffer().data == bytes.fromhex(
            "02000000 02000000 20000000 01000000 03000000 22000000 01000000 25000000 6162636465 74"
        )

    def test_identity(self, module):
        """Names, password and the flag that says text."""
        identity = module.WinNTAuthIdentity("u", "d", "p", package_list="!ntlm")
        assert (identity.username, identity.domain, identity.password) == ("u", "d", "p")
        assert (identity.flags, identity.package_list) == (2, "!ntlm")
        packed = module.WinNTAuthIdentityPackedCredential(
            module.WinNTAuthCredentialType.SEC_WINNT_AUTH_DATA_TYPE_KEYTAB, b"key", username="u"
        )
        assert (packed.credential, packed.username, packed.domain) == (b"key", "u", None)

    def test_proxy_settings(self, module):
        """The Kerberos structure, for code that makes one."""
        settings = module.SecPkgCredKdcProxySettings(proxy_server="p")
        assert (settings.version, settings.flags, settings.proxy_server) == (1, 0, "p")

    @pytest.mark.parametrize("code", [0x80090308, 0x80090308 - (1 << 32)])
    def test_error(self, module, code):
        """An OSError whose text names the code and its number; winerror is the number as given."""
        error = module.WindowsError(code)
        assert isinstance(error, OSError)
        assert vars(error)["winerror"] == code
        assert "SEC_E_INVALID_TOKEN" in str(error)
        assert "0x80090308" in str(error)

    def test_attributes_are_asked_for_by_type(self, module):
        """What is no attribute type is a TypeError."""
        with pytest.raises((TypeError, module.WindowsError)):
            module.query_context_attributes(module.CtxtHandle(), int)

    def test_how_things_show_themselves(self, module):
        """str() of identities and of packed credentials, their flags, repr() of proxy settings."""
        assert str(module.WinNTAuthIdentity("u", "D", "p")) == "D\\u"
        assert str(module.WinNTAuthIdentity("u@d", None, "p")) == "u@d"
        assert int(module.WinNTAuthIdentity("u", flags=1).flags) == 3
        kind = module.WinNTAuthCredentialType.SEC_WINNT_AUTH_DATA_TYPE_KEYTAB
        name = f"WinNTAuthIdentityPackedCredential {kind}"
        packed = module.WinNTAuthIdentityPackedCredential
        assert str(packed(kind, b"key", username="u", domain="D")) == f"{name} for D\\u"
        assert str(packed(kind, b"key", username="u")) == f"{name} for u"
        assert str(packed(kind, b"key", domain="D")) == str(packed(kind, b"key")) == name
        assert [int(packed(kind, b"key", flags=flags).flags) for flags in (0, 1)] == [2, 3]
        settings = module.SecPkgCredKdcProxySettings(proxy_server="p", flags=1)
        assert repr(settings) == "SecPkgCredKdcProxySettings(flags=1, proxy_server='p')"

    def test_buffers_are_as_they_were_made(self, module):
        """Type and flags are enums that cannot be set; a number that is no type is refused."""
        buffer = module.SecBuffer(bytearray(b"x"), 0x80000001)
        assert type(buffer.buffer_type) is module.SecBufferType
        assert type(buffer.buffer_flags) is module.SecBufferFlags
        for name in ("buffer_type", "buffer_flags", "count", "data"):
            with pytest.raises(AttributeError):
                setattr(buffer, name, 2)
        with pytest.raises(ValueError, match="77"):
            str(module.SecBuffer(bytearray(b"x"), 77))


def test_where_sspilib_cannot_show_an_identity_ours_can():
    """An identity without a name, or with an empty domain: nothing else than what is known, and never the password."""
    shown = [str(sspi.WinNTAuthIdentity(*parts)) for parts in ((), ("u", "", "p"), (None, "D", "p"))]
    assert shown == ["", "u", "D\\"]
    keytab = sspi.WinNTAuthIdentityPackedCredential(
        sspi.WinNTAuthCredentialType.SEC_WINNT_AUTH_DATA_TYPE_KEYTAB, b"s3cret", username="u"
    )
    assert "s3cret" not in repr(keytab) + repr(sspi.WinNTAuthIdentity("u", None, "s3cret"))
