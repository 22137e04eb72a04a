<?php
// Front controller of the plain shop: one table of routes, and the gate that keeps a standby from writing.
declare(strict_types=1);

foreach (['settings', 'permit', 'endpoint', 'answer', 'database', 'cart', 'catalogue', 'pages', 'closing', 'running', 'checkout', 'health'] as $part) {
    require __DIR__ . "/$part.php";
}

$endpoint = read_endpoint();
header('X-Region: ' . setting('region'));
header('X-Epoch: ' . ($endpoint['epoch'] ?? 0));
header('Cache-Control: no-store');

$method = $_SERVER['REQUEST_METHOD'] === 'HEAD' ? 'GET' : $_SERVER['REQUEST_METHOD'];
$path = (string) parse_url((string) $_SERVER['REQUEST_URI'], PHP_URL_PATH);

try {
    route($method, $path, $endpoint);
} catch (NoPermit) {
    closed('The checkout closed while your order was written. It is not confirmed; please try again.');
} catch (PDOException $e) {
    // WordPress would go on and say 200; this shop lets no failed statement end in an acknowledgement.
    error_log('database: ' . $e->getMessage());
    closed('The database did not answer. Nothing was confirmed; please try again.');
}

function route(string $method, string $path, ?array $endpoint): void
{
    if ($path === '/healthz' && $method === 'GET') {
        json_answer(200, ['ok' => true, 'region' => setting('region'), 'role' => $endpoint['role'] ?? null]);
        return;
    }
    if ($path === '/healthz/deep' && $method === 'GET') {
        deep_health($endpoint);
        return;
    }
    if ($endpoint === null) {
        closed('This server has not been told which database to use.');
        return;
    }
    // Everything that is not GET writes. Refused before anything is touched: a half-made order is worse than none.
    if ($method !== 'GET' && !(begin_checkout() && takes_orders($endpoint))) {
        closed(CLOSED_FOR_A_MOMENT);
        return;
    }
    match (true) {
        $method === 'GET' && $path === '/' => home_page($endpoint),
        $method === 'GET' && preg_match('~^/product/(\d{1,9})$~', $path, $m) === 1 => product_page($endpoint, (int) $m[1]),
        $method === 'GET' && preg_match('~^/order/([a-z0-9_]{1,40})$~', $path, $m) === 1 => order_status($endpoint, $m[1]),
        $method === 'GET' && $path === '/cart' => cart_page($endpoint),
        $method === 'POST' && $path === '/cart' => add_to_cart($endpoint),
        $method === 'POST' && $path === '/checkout' => checkout($endpoint),
        default => not_found(),
    };
}
