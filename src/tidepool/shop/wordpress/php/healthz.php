<?php
// The shallow check: is this server up, and does it know what its region is for? No WordPress, no database.
declare(strict_types=1);

foreach (['settings', 'endpoint', 'answer'] as $part) {
    require __DIR__ . "/$part.php";
}

header('Cache-Control: no-store');
json_answer(200, ['ok' => true, 'region' => setting('region'), 'role' => read_endpoint()['role'] ?? null]);
