"""Request targets that some server, router or file system may take for a guarded path."""

from __future__ import annotations

from collections.abc import Iterator

__all__ = ["OPEN", "fields", "targets"]

# A guarded path is put for {}; {bare} is the same without its slash, {upper} in capitals, {first} with its first letter
# escaped, {twice} with that escaped again, {wide} with a fullwidth letter.
_around = [
    *(
        "{}",
        "{bare}",
        "x:{}",
        "http:{}",
        "http://h{}",
        "http://other.example{}",
        "ws://h{}",
        "//h{}",
        "./{bare}",
        "?{}",
        "#{}",
    ),
    *("*{}", "h:80{}", "{}/", "{}//", "//{bare}", "/{}/x", "{}/.", "{}/..;/x", "/.{}", "/./{bare}", "/../{bare}"),
    *(
        "/x/..{}",
        "/health/..{}",
        "/health/%2e%2e{}",
        "/health/.%2e{}",
        "/health/%2e%2e%2f{bare}",
        "/health/..%2f{bare}",
    ),
    *(
        "/health/..;{}",
        "/health/..;a=b{}",
        "/health;/..{}",
        "/health/;/..{}",
        "/static/%252e%252e{}",
        "/static/%25252e%25252e{}",
    ),
    *(
        "/static/..%5c{bare}",
        "/static/..\\{bare}",
        "\\{bare}",
        "/\\{bare}",
        "/%5c{bare}",
        "%2f{bare}",
        "/%2f{bare}",
        "/static/..%c0%af{bare}",
    ),
    *(
        "/static/%c0%ae%c0%ae{}",
        "/static/%ef%bc%8e%ef%bc%8e{}",
        "/static/..%ef%bc%8f{bare}",
        "/static/.. {}",
        "/static/..%20{}",
        "/static/...{}",
    ),
    *(
        "{upper}",
        "{first}",
        "{twice}",
        "{wide}",
        "{}%20",
        "{}.",
        "{}%00",
        "{}%0a",
        "{}%0d",
        "{}%09",
        "{}%7f",
        "{}%ff",
        "{}%ef%bf%bd",
    ),
    *(
        "{}#",
        "{}#/health",
        "{}%23",
        "{}?",
        "{}?/health",
        "{}%3f",
        "{}%3f/health",
        "{};",
        "{};a=b",
        "{}%3b",
        ";{}",
        "/;{}",
        "/;a=b{}",
    ),
    *(
        "{}::$DATA",
        "{}:x",
        "{}%e2%80%8b",
        "{}%c2%ad",
        "/%e2%80%8b{bare}",
        "{}%u0041",
        "{}%",
        "{}%2",
        "{}%zz",
        "{}%2f",
        "{}%2f..%2fhealth",
    ),
    *(
        "/health%2f..{}",
        "/health{}/../..{}",
        "/svc{}",
        "/svc/svc{}",
        "/svc{bare}",
        "/svc/{}",
        "/x/svc{}",
        "/api{}",
        "/api{bare}",
        "/api/api{}",
    ),
    *(
        "/x/api{}",
        "/svc/api{}",
        "/api/svc{}",
        "/SVC{}",
        "/%73vc{}",
        "/svc%2f{bare}",
        "/svc;{}",
        "/svc/..{}",
        "/svc/.{}",
        "/health?{}",
        "/health#{}",
    ),
    *(
        "/health#/..{}",
        "/%68ealth",
        "/health%2fx",
        "/Health",
        "/HEALTH{}",
        "/static%2f..%2f{bare}",
        "/STATIC/..{}",
        "/statics",
        "/healthx{}",
    ),
]
_guarded = ["/admin", "/admin/x", "/files/secret.txt", "/mounted/x", "/mountedx", "/elsewhere"]
_alone = ["*", "", "/", "h:443", "/ADMINI~1", "/files/SECRET~1.TXT", "/files", "/files/", "/files/css/..%2fsecret.txt"]
_alone += [
    "/files/css/%2e%2e/secret.txt",
    "/files/css\\..\\secret.txt",
    "/files//secret.txt",
    "/admin/logo/../x",
    "/admin/logox",
]

#: What the lists open, asked for plainly.
OPEN = [
    "/health",
    "/static/a/b.css",
    "/static/%C3%A9",
    "/static/a%20b",
    "/static/b;c=d",
    "/admin/logo",
    "/files/css/a.css",
    "/",
]

# Fields that servers, proxies and frameworks are known to take a path or root path from.
_misleading = [
    *(
        "Daphne-Root-Path: {}",
        "X-Forwarded-Prefix: {}",
        "X-Original-URL: {}",
        "X-Rewrite-URL: {}",
        "X-Script-Name: {}",
        "Script-Name: {}",
    ),
    *(
        "X-Forwarded-Path: {}",
        "X-Forwarded-Uri: {}",
        "Host: h{}?",
        "Host: h/health?",
        "X-HTTP-Method-Override: OPTIONS",
    ),
]


def targets() -> list[str]:
    """All of them, each once, in a fixed order. Every shape meets the first guarded path, the others in turn."""
    found = dict.fromkeys(_alone)
    for number, shape in enumerate(_around):
        for path in dict.fromkeys(["/admin", _guarded[number % len(_guarded)]]):
            found[_put(shape, path)] = None
    found.update(dict.fromkeys(_guarded))
    return list(found)


def fields() -> Iterator[tuple[str, str]]:
    """Targets with a field that may mislead: guarded ones, and open ones below a guarded root."""
    for field in _misleading:
        for path in ("/admin", "/health", "/a%20b", "/x"):
            for target in ("/admin", "/admin/x", path + "/health", path + "/admin", path):
                yield target, field.format(path)


def _put(shape: str, path: str) -> str:
    first = f"/%{ord(path[1]):02x}{path[2:]}"
    wide = "/" + "".join(f"%{octet:02x}" for octet in chr(ord(path[1]) + 0xFEE0).encode()) + path[2:]
    return shape.format(
        path, path, bare=path[1:], upper=path.upper(), first=first, twice=first.replace("%", "%25"), wide=wide
    )
