<?php
// WordPress's due jobs, from a timer: Debian's wp-config.php wants to know whose shop this is.
declare(strict_types=1);

require __DIR__ . '/settings.php';

$_SERVER['HTTP_HOST'] = $_SERVER['SERVER_NAME'] = setting('domain');
require '/usr/share/wordpress/wp-cron.php';
