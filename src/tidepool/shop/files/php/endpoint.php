<?php
// The endpoint file: which database this region uses now, and whether it may take orders.
// Read on every request by file_get_contents, never by include: opcache would serve an old one for seconds.
declare(strict_types=1);

const ENDPOINT_FILE = '/run/farshore/endpoint.json';

/** @return array{epoch: int, role: string, region: string, host: string, port: int}|null */
function read_endpoint(): ?array
{
    $text = @file_get_contents(getenv('SHOP_ENDPOINT') ?: ENDPOINT_FILE);
    $endpoint = $text === false ? null : json_decode($text, true);
    $whole = is_array($endpoint) && is_int($endpoint['epoch'] ?? null) && is_int($endpoint['port'] ?? null)
        && is_string($endpoint['host'] ?? null) && in_array($endpoint['role'] ?? null, ['writer', 'standby'], true);
    return $whole ? $endpoint : null;
}

/** Asked again just before an acknowledgement: the world may have changed while the order was being written. */
function still_writer(array $endpoint): bool
{
    $now = read_endpoint();
    return $now !== null && $now['role'] === 'writer' && $now['epoch'] === $endpoint['epoch'];
}
