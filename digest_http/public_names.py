"""Where the public names live, for who looks for one in `digest_http` itself.

`digest_http` imports nothing when it is imported, so its names stand in its modules. Nobody knows all of these by
heart: `from digest_http import DigestAuth` says where it is.
"""

from __future__ import annotations

from typing import Final

__all__ = ["HOMES", "not_here"]

#: Module -> its public names. Of the files of a room only those that a page of the docs names are listed.
HOMES: Final = {
    "digest_http_middleware": (
        "AuthCredentials Digest DigestAuthMiddleware DigestUser Refusal UnauthenticatedUser log_out"
    ),
    "digest_http_middleware.wsgi": "DigestAuthMiddleware log_out",
    "digest_http_middleware.fastapi": "AuthenticationInfo DigestAuth DigestRefused DigestUser log_out",
    "digest_http_middleware.aiohttp_web": "DIGEST USER DigestAuth log_out",
    "digest_http_middleware.beside": "Beside Others basic basic_credentials basic_name bearer",
    "digest_http_middleware.blacksheep": "DigestHandler",
    "digest_http_middleware.django": (
        "DigestAuthMiddleware alog_out delete_digest_password digest_required log_out log_out_user set_digest_password"
    ),
    "digest_http_middleware.django.beside": "password session",
    "digest_http_middleware.falcon": "DigestContext",
    "digest_http_middleware.limits": "BY_ADDRESS BY_LOGIN Throttle",
    "digest_http_middleware.opentelemetry": "OpenTelemetryObserver",
    "digest_http_middleware.presence": "LoggedIn Presence",
    "digest_http_middleware.prometheus": "PrometheusMetrics",
    "digest_http_middleware.shared_presence": "SharedLoggedIn presence_table",
    "digest_http_middleware.starlette": "DigestBackend DigestRefused StarletteUser requires",
    "digest_http_client_auth": "DigestAuth",
    "digest_http_client_auth.httpx": "AsyncProxyTransport DigestAuth ProxyTransport",
    "digest_http_client_auth.httpx2": "AsyncProxyTransport DigestAuth ProxyTransport",
    "digest_http_client_auth.aiohttp": "DigestAuth ProxyConnector",
    "digest_http_client_auth.requests": "DigestAuth DigestProxyAdapter",
    "digest_http_client_auth.niquests": "AsyncDigestAuth AsyncDigestProxyAdapter DigestAuth DigestProxyAdapter",
    "digest_http_client_auth.urllib3": "DigestAuth DigestPoolManager DigestProxyManager",
    "digest_http.guard": "NO_CREDENTIALS Accepted Event Guard Observer Reason Refusal Refused SourceStep Throttle",
    "digest_http.httpauth": "Authorization DigestClient",
    "digest_http.httpauth.credential_sources": "Asked CredentialSource Login from_environment from_keyring from_netrc",
    "digest_http.httpauth.protocols": (
        "ClockedStore ClosableStore CountedUsers HashCounts LogoutUsers NonceStore RefreshingStore RoledUsers "
        "SharedStore SpelledUsers Users UsersByHash"
    ),
    "digest_http.sasl": (
        "ClientSessions Deframer DigestMD5Client DigestMD5Server LayeredFile LayeredSocket LayeredStream "
        "ServerSessions frame"
    ),
    "digest_http.sasl.libraries.anyldap": "LayeredByteStream log_in",
    "digest_http.sasl.libraries.hadoop_rpc": "DuplexFile HadoopError HadoopRPC",
    "digest_http.sasl.libraries.hadoop_tokens": "HadoopToken parse_tokens read_tokens",
    "digest_http.sasl.libraries.hdfs": "block_client data_node_login pool_client",
    "digest_http.sasl.libraries.ldap3": "use_digest",
    "digest_http.sasl.libraries.mail": "imap_login pop_login smtp_login",
    "digest_http.sasl.libraries.protobuf": "OctetReader Value delimited encoded fields last_fields octets_of varint",
    "digest_http.sasl.libraries.pure_sasl": "choosing use_digest",
    "digest_http.sasl.libraries.slixmpp": "use_digest",
    "digest_http.sasl.libraries.thrift": "apache_transport hive_transport impyla_connection",
    "digest_http.sspi": (
        "SECBUFFER_VERSION SECURITY_MAX_EXPIRY AcceptContextResult AcquireCredentialsResult AscReq AscRet "
        "AuthIdentity ContextExport CredHandle CredentialUse CtxtHandle DigestAccounts DigestIdentity "
        "InitializeContextResult IscReq IscRet KdcProxySettingsFlags NegotiationState NtStatus QopFlags "
        "SaslAuthzIdState SaslContextOption SecBuffer SecBufferDesc SecBufferFlags SecBufferType SecChannelBindings "
        "SecPkgContext SecPkgContextAuthority SecPkgContextClientSpecifiedTarget SecPkgContextFlags "
        "SecPkgContextKeyInfo SecPkgContextLifespan SecPkgContextNames SecPkgContextNativeNames "
        "SecPkgContextNegotiationInfo SecPkgContextPackageInfo SecPkgContextPasswordExpiry SecPkgContextSessionKey "
        "SecPkgContextSizes SecPkgContextStreamSizes SecPkgCred SecPkgCredKdcProxySettings SecPkgCredNames SecPkgInfo "
        "SecurityPackageCapability TargetDataRep WinNTAuthCredentialType WinNTAuthFlags WinNTAuthIdentity "
        "WinNTAuthIdentityPackedCredential WindowsError accept_security_context acquire_credentials_handle "
        "complete_auth_token decrypt_message delete_security_context dispatch encrypt_message "
        "enumerate_security_packages export_security_context free_credentials_handle import_security_context "
        "initialize_security_context make_signature query_context_attributes query_credentials_attributes "
        "query_security_package_info sasl_accept_security_context sasl_enumerate_profiles sasl_get_context_option "
        "sasl_get_profile_package sasl_identify_package sasl_initialize_security_context sasl_set_context_option "
        "set_credentials_attributes tls_server_end_point verify_signature"
    ),
    "digest_http.sspi.pywin32": "ClientAuth ServerAuth",
    "digest_http.stores": "DEFAULT_CAPACITY MemoryStore PackedMemoryStore SQLiteStore open_store",
    "digest_http.stores.redis": "RedisStore",
    "digest_http.testing": ("BoundedStoreContract LogoutsContract SharedStoreContract StoreContract UsersContract"),
    "digest_http.users": "CachedUsers CallableUsers HtdigestUsers MappingUsers open_users",
    "digest_http.users.logouts": "Logouts with_logouts",
    "digest_http.users.sql": "SQLUsers engine_of users_table",
    "digest_http.users.sql_logouts": "BlockingSQLLogouts SQLLogouts logouts_table",
    "digest_http.algorithms": "Algorithm Hash available by_name by_token select",
    "digest_http.authinfo": "AuthenticationInfo",
    "digest_http.buffers": "SECBUFFER_VERSION HTTPMessage SecBuffer SecBufferDesc SecBufferFlags SecBufferType",
    "digest_http.calculation": (
        "entity_hash hex_octets keyed_response request_hash response response_key response_rfc2069 same_digest "
        "session_hash user_hash userhash"
    ),
    "digest_http.challenge": "MAX_CHALLENGE_OCTETS QOPS Challenge UnusableChallenge parse_challenges",
    "digest_http.credentials": "Credentials split_scheme",
    "digest_http.errors": (
        "BodyNotReplayable BodyTooLarge ConfigurationError ContextExpired DigestError FieldTooLarge LogonDenied "
        "MalformedField MessageAltered MessageTooLarge NotOffered OutOfSequence QopNotSupported SecurityWarning "
        "SourceUnavailable UnsupportedAlgorithm WrongPrincipal"
    ),
}

#: What people look for here under the name of a library: `from digest_http import fastapi`.
_ADAPTERS: Final = ("digest_http_middleware.", "digest_http_client_auth.")


def not_here(name: str) -> ImportError | AttributeError:
    """The error for a name that `digest_http` has not: an ImportError that says where it is, if it is a public one.

    An AttributeError would be swallowed by `from digest_http import name`, and its text with it.
    """
    homes = [home for home, names in HOMES.items() if name in names.split()]
    homes += [home for home in HOMES if home.startswith(_ADAPTERS) and home.endswith(f".{name}")]
    if not homes:
        return AttributeError(f"module 'digest_http' has no attribute {name!r}", name=name)
    return ImportError(f"{name!r} is not in digest_http itself, but in {' or '.join(homes)}", name="digest_http")
