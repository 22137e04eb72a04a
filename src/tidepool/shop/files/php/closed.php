<?php
// Where nginx sends what it must not let through: the polite answer, without a look at any database.
declare(strict_types=1);

foreach (['settings', 'answer', 'cart', 'pages', 'closing'] as $part) {
    require __DIR__ . "/$part.php";
}

header('X-Region: ' . setting('region'));
header('Cache-Control: no-store');
closed(CLOSED_FOR_A_MOMENT);
