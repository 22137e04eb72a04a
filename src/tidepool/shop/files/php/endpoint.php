<?php
// The endpoint file: which database this region uses now, and whether it may take orders; the permit beside it.
// Read on every request by file_get_contents, never by include: opcache would serve an old one for seconds.
declare(strict_types=1);

const ENDPOINT_FILE = '/run/farshore/endpoint.json';
const PERMIT_FILE = '/run/farshore/permit.json';

/** @return array{epoch: int, role: string, region: string, host: string, port: int}|null */
function read_endpoint(): ?array
{
    $text = @file_get_contents(getenv('SHOP_ENDPOINT') ?: ENDPOINT_FILE);
    $endpoint = $text === false ? null : json_decode($text, true);
    $whole = is_array($endpoint) && is_int($endpoint['epoch'] ?? null) && is_int($endpoint['port'] ?? null)
        && is_string($endpoint['host'] ?? null) && in_array($endpoint['role'] ?? null, ['writer', 'standby'], true);
    return $whole ? $endpoint : null;
}

/** Read once per request: what it says holds for the whole of it, and no longer than its deadlines. */
function permit(array $endpoint): Permit
{
    static $permit = null;
    return $permit ??= permit_needed() ? Permit::read(PERMIT_FILE, $endpoint['epoch']) : Permit::unneeded();
}

function takes_orders(array $endpoint): bool
{
    return $endpoint['role'] === 'writer' && permit($endpoint)->admits();
}

/** Asked again just before an acknowledgement: the world may have changed while the order was being written. */
function still_writer(array $endpoint): bool
{
    $now = read_endpoint();
    return $now !== null && $now['role'] === 'writer' && $now['epoch'] === $endpoint['epoch'];
}
