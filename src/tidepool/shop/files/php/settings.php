<?php
// What the server was told when it was built: engine, database name, user, password, CA, cookie secret, region.
declare(strict_types=1);

const SETTINGS_FILE = '/etc/shop/settings.json';

function setting(string $key): string
{
    static $settings = null;
    $settings ??= json_decode((string) file_get_contents(getenv('SHOP_SETTINGS') ?: SETTINGS_FILE), true, 8, JSON_THROW_ON_ERROR);
    return (string) $settings[$key];
}
