<?php
// What the server was told when it was built: engine, database name, user, password, CA, cookie secret, region, permit.
declare(strict_types=1);

const SETTINGS_FILE = '/etc/shop/settings.json';

function setting(string $key): string
{
    return (string) settings()[$key];
}

/** Whether orders need a permit. Not in a shop that nobody moves between regions. */
function permit_needed(): bool
{
    return (settings()['permit'] ?? false) === true;
}

/** @return array<string, string|bool> */
function settings(): array
{
    static $settings = null;
    return $settings ??= json_decode((string) file_get_contents(getenv('SHOP_SETTINGS') ?: SETTINGS_FILE), true, 8, JSON_THROW_ON_ERROR);
}
