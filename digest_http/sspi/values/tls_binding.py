"""tls-server-end-point channel bindings from a certificate (RFC 5929 §4.1). A call needs `cryptography`."""

from __future__ import annotations

from digest_http.errors import ConfigurationError

from .arguments import checked
from .bindings import SecChannelBindings

__all__ = ["tls_server_end_point"]


@checked
def tls_server_end_point(certificate: bytes) -> SecChannelBindings:
    """The bindings of the TLS server's certificate, given as DER (what SSLSocket.getpeercert(True) returns).

    Raises ConfigurationError without the package `cryptography`. Raises ValueError for octets that are not a
    certificate, and for a signature without its own hash (Ed25519), for which RFC 5929 defines no binding.
    """
    try:
        # Imported here: in digest_http.sspi only these bindings need it.
        from cryptography import x509  # noqa: PLC0415
        from cryptography.hazmat.primitives import hashes  # noqa: PLC0415
    except ImportError:
        raise ConfigurationError("tls-server-end-point needs the package 'cryptography'") from None
    parsed = x509.load_der_x509_certificate(certificate)
    algorithm = parsed.signature_hash_algorithm
    if algorithm is None:
        raise ValueError("the certificate's signature names no hash, and RFC 5929 defines no binding for that")
    if isinstance(algorithm, (hashes.MD5, hashes.SHA1)):
        # RFC 5929 §4.1: "if MD5 or SHA-1, use SHA-256", in short.
        algorithm = hashes.SHA256()
    return SecChannelBindings(application_data=b"tls-server-end-point:" + parsed.fingerprint(algorithm))
