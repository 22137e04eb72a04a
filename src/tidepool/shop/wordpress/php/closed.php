<?php
// Where nginx sends what it must not let through. The must-use plugin, where there is one, knows what each kind of request
// has to be told: a block checkout, a classic one, a gateway's call. It ends the request, because it sees no permit either.
declare(strict_types=1);

if (is_file('/usr/share/farshore/wordpress/config.php')) {
    require '/usr/share/farshore/wordpress/config.php';
}

// No plugin, or a permit that came this very moment: the polite answer of every shop.
foreach (['settings', 'answer', 'cart', 'pages', 'closing'] as $part) {
    require __DIR__ . "/$part.php";
}
header('X-Region: ' . setting('region'));
header('Cache-Control: no-store');
closed(CLOSED_FOR_A_MOMENT);
