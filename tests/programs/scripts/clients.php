<?php
// PHP on visits to the site. usage: php clients.php LIBRARY VISITS: "curl" or "streams", and a JSON list of visits.

function by_curl($visit) {
    $curl = curl_init();
    curl_setopt_array($curl, [
        CURLOPT_RETURNTRANSFER => true,
        CURLOPT_TIMEOUT => 20,
        CURLOPT_HTTPAUTH => CURLAUTH_DIGEST,
        CURLOPT_USERPWD => $visit['user'] . ':' . $visit['password'],
    ]);
    foreach ($visit['gets'] as $name) {
        curl_setopt($curl, CURLOPT_URL, $visit['url'] . $name);
        curl_exec($curl);
    }
    if ($visit['put'] !== '') {
        curl_setopt($curl, CURLOPT_URL, $visit['url'] . $visit['put']);
        curl_setopt($curl, CURLOPT_CUSTOMREQUEST, 'PUT');
        curl_setopt($curl, CURLOPT_POSTFIELDS, file_get_contents($visit['body']));
        curl_exec($curl);
    }
}

function by_streams($visit) {
    foreach ($visit['gets'] as $name) {
        $login = $visit['user'] . ':' . rawurlencode($visit['password']) . '@';
        @file_get_contents(str_replace('://', '://' . $login, $visit['url']) . $name);
    }
}

foreach (json_decode($argv[2], true) as $visit) {
    $argv[1] === 'curl' ? by_curl($visit) : by_streams($visit);
}
