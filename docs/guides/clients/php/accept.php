<?php
// Connects with TLS, and accepts a certificate of another name only because the POSH service says so.
//
// accept.php HOST PORT DOMAIN SERVICE; VERIFIER_URL, VERIFIER_CA_FILE, VERIFIER_KEY_FILE, VERIFIER_TIMEOUT
declare(strict_types=1);
ini_set('display_errors', 'stderr');

const MOST = 65_536; // octets of an answer, or of a line
define('SECONDS', (float) (getenv('VERIFIER_TIMEOUT') ?: '10'));

/** Its message is the code and what the service says. */
final class NotAccepted extends Exception
{
    public static function because(mixed $code, mixed $message): self
    {
        return new self((is_string($code) ? $code : 'NoAnswer') . ': ' . (is_string($message) ? $message : ''));
    }
}

/** The stream and the certificates as presented, in DER. */
function connect(string $host, string $port, string $domain): array
{
    // No certificate is accepted here: that is decided below, before a word is said.
    $context = stream_context_create(['ssl' => [
        'verify_peer' => false,
        'verify_peer_name' => false,
        'peer_name' => $domain, // SNI
        'capture_peer_cert_chain' => true,
        'crypto_method' => STREAM_CRYPTO_METHOD_TLSv1_2_CLIENT | STREAM_CRYPTO_METHOD_TLSv1_3_CLIENT,
    ]]);
    $at = str_contains($host, ':') ? "[$host]:$port" : "$host:$port";
    $peer = @stream_socket_client("tls://$at", $number, $why, SECONDS, STREAM_CLIENT_CONNECT, $context);
    if ($peer === false) {
        throw NotAccepted::because('PeerFailed', $why ?: (error_get_last()['message'] ?? 'no connection'));
    }
    return [$peer, array_map('der', stream_context_get_params($peer)['options']['ssl']['peer_certificate_chain'])];
}

function der(OpenSSLCertificate $certificate): string
{
    openssl_x509_export($certificate, $pem);
    return base64_decode(preg_replace('/-----[A-Z ]+-----|\s/', '', $pem));
}

/** Status, media type and body. Curl follows no redirects by itself; the empty proxy keeps it from that of the environment. */
function post(array $question): array
{
    $url = rtrim((string) getenv('VERIFIER_URL'), '/');
    $parts = parse_url($url) ?: [];
    $scheme = $parts['scheme'] ?? '';
    $local = in_array($parts['host'] ?? '', ['127.0.0.1', '[::1]', 'localhost'], true);
    if ($scheme !== 'https' && !($scheme === 'http' && $local)) {
        throw NotAccepted::because('NoAnswer', 'VERIFIER_URL must be https, or http on this machine');
    }
    $headers = ['Content-Type: application/json', 'Accept: application/json', 'Expect:'];
    if (getenv('VERIFIER_KEY_FILE')) {
        $headers[] = 'Authorization: Bearer ' . trim((string) file_get_contents(getenv('VERIFIER_KEY_FILE')));
    }
    $body = '';
    $curl = curl_init("$url/v1/verify");
    curl_setopt_array($curl, [
        CURLOPT_POSTFIELDS => json_encode($question, JSON_THROW_ON_ERROR),
        CURLOPT_HTTPHEADER => $headers,
        CURLOPT_PROXY => '',
        CURLOPT_PROTOCOLS => CURLPROTO_HTTPS | CURLPROTO_HTTP,
        CURLOPT_TIMEOUT_MS => (int) (SECONDS * 1000), // of everything, the body too
        CURLOPT_NOSIGNAL => true,
        CURLOPT_WRITEFUNCTION => function ($curl, string $part) use (&$body): int {
            $body .= $part;
            return strlen($body) > MOST ? -1 : strlen($part);
        },
    ]);
    if (getenv('VERIFIER_CA_FILE')) {
        curl_setopt_array($curl, [CURLOPT_CAINFO => getenv('VERIFIER_CA_FILE'), CURLOPT_CAPATH => '/nowhere']);
    }
    if (!curl_exec($curl)) {
        throw NotAccepted::because('NoAnswer', strlen($body) > MOST ? 'the answer is too large' : curl_error($curl));
    }
    $type = strtolower(trim(explode(';', (string) curl_getinfo($curl, CURLINFO_CONTENT_TYPE))[0]));
    return [curl_getinfo($curl, CURLINFO_RESPONSE_CODE), $type, $body];
}

/** The members of an object, or none. */
function parse(string $body): array
{
    $answer = json_decode($body, false, 64);
    return $answer instanceof stdClass && !repeats($body) ? (array) $answer : [];
}

/** Is a member there twice? json_decode takes the last one. `$json` is JSON, as it has found. */
function repeats(string $json): bool
{
    $open = [];
    if (preg_match_all('/("(?:[^"\\\\]++|\\\\.)*+")\s*+(:?)|[{}]/', $json, $tokens, PREG_SET_ORDER) === false) {
        return true;
    }
    foreach ($tokens as $token) {
        if ($token[0] === '{') {
            $open[] = [];
        } elseif ($token[0] === '}') {
            array_pop($open);
        } elseif ($token[2] === ':') {
            $name = 'member ' . json_decode($token[1]);
            if (isset($open[count($open) - 1][$name])) {
                return true;
            }
            $open[count($open) - 1][$name] = true;
        }
    }
    return false;
}

/** Returns the message of a yes about exactly this, and throws for everything else. */
function ask(string $domain, string $service, array $chain): string
{
    [$status, $type, $body] = post([
        'domain' => $domain,
        'service' => $service,
        'chain' => array_map('base64_encode', $chain),
        'prooftypes' => ['pkix', 'posh'],
    ]);
    if ($status !== 200 || $type !== 'application/json') {
        $problem = $type === 'application/problem+json' ? parse($body) : [];
        throw NotAccepted::because($problem['code'] ?? 'NoAnswer', $problem['detail'] ?? "HTTP $status $type");
    }
    $answer = parse($body);
    $valid = $answer['valid'] ?? null;
    if ($valid === false) {
        throw NotAccepted::because($answer['code'] ?? '', $answer['message'] ?? '');
    }
    $certificate = $answer['certificate'] ?? null;
    if (
        $valid !== true || ($answer['verdict'] ?? '') !== 'verified'
        || ($answer['domain'] ?? '') !== $domain || ($answer['service'] ?? '') !== $service
        || !$certificate instanceof stdClass
        || ($certificate->sha256 ?? '') !== base64_encode(hash('sha256', $chain[0], true))
    ) {
        throw NotAccepted::because('WrongAnswer', 'this is no yes about this domain, service and certificate');
    }
    return is_string($answer['message'] ?? null) ? $answer['message'] : '';
}

function printable(string $text): string
{
    return substr(preg_replace('/[^ -~]/', '?', $text), 0, 500);
}

/** The application: the peer is the one that was meant. It greets, and repeats a line. */
function talk($peer): void
{
    stream_set_timeout($peer, (int) ceil(SECONDS));
    echo printable(rtrim((string) fgets($peer, MOST), "\n")) . "\n";
    fwrite($peer, "hello\n");
    echo printable(rtrim((string) fgets($peer, MOST), "\n")) . "\n";
}

if ($argc !== 5) {
    exit("usage: accept.php HOST PORT DOMAIN SERVICE\n");
}
try {
    [, $host, $port, $domain, $service] = $argv;
    [$peer, $chain] = connect($host, $port, $domain);
    echo 'accepted: ' . printable(ask($domain, $service, $chain)) . "\n";
    talk($peer);
} catch (NotAccepted $no) {
    fwrite(STDERR, 'not accepted: ' . printable($no->getMessage()) . "\n");
    exit(1);
}
