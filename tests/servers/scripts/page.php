<?php
// Every page of PHP's own server: it asks for Digest as PHP's manual has it, then answers as all servers here.
const USER = 'alice', PASSWORD = 's3cret', REALM = 'wonder';

function right(string $field): bool
{
    preg_match_all('/(\w+)=(?:"([^"]*)"|([^\s,]+))/', $field, $found, PREG_SET_ORDER);
    $given = [];
    foreach ($found as $each) {
        $given[$each[1]] = $each[3] ?? $each[2];
    }
    if (($given['username'] ?? '') !== USER || ($given['uri'] ?? '') !== $_SERVER['REQUEST_URI']) {
        return false;
    }
    $a1 = md5(USER . ':' . REALM . ':' . PASSWORD);
    $a2 = md5($_SERVER['REQUEST_METHOD'] . ':' . $given['uri']);
    $middle = implode(':', [$given['nonce'], $given['nc'], $given['cnonce'], $given['qop']]);
    return hash_equals(md5("$a1:$middle:$a2"), $given['response']);
}

if (!right($_SERVER['PHP_AUTH_DIGEST'] ?? '')) {
    http_response_code(401);
    header('WWW-Authenticate: Digest realm="' . REALM . '",qop="auth",nonce="' . uniqid() . '",opaque="' . md5(REALM) . '"');
} elseif ($_SERVER['REQUEST_URI'] === '/moved') {
    header('Location: /page', true, 302);
} elseif ($_SERVER['REQUEST_URI'] === '/echo') {
    header('Content-Type: application/octet-stream');
    readfile('php://input');
} else {
    echo "in\n";
}
