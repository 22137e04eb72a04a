<?php
// The cart lives in a signed cookie, so that it survives a change of region without a table of sessions.
declare(strict_types=1);

const CART_LINES_MAX = 20;
const QUANTITY_MAX = 99;

/** @return array<int, int> product id => quantity */
function read_cart(): array
{
    [$body, $mac] = explode('.', (string) ($_COOKIE['cart'] ?? ''), 2) + ['', ''];
    if ($body === '' || !hash_equals(sign($body), $mac)) {
        return [];
    }
    return json_decode((string) base64_decode($body), true) ?: [];
}

function write_cart(array $cart): void
{
    $body = base64_encode(json_encode((object) $cart, JSON_THROW_ON_ERROR));
    setcookie('cart', $body . '.' . sign($body), ['path' => '/', 'httponly' => true, 'samesite' => 'Lax']);
}

function sign(string $body): string
{
    return hash_hmac('sha256', $body, setting('secret'));
}

/** @return array{int, int}|null product and quantity of the posted form */
function posted_line(): ?array
{
    $product = filter_var($_POST['product'] ?? $_POST['product_id'] ?? null, FILTER_VALIDATE_INT);
    $quantity = filter_var($_POST['qty'] ?? 1, FILTER_VALIDATE_INT);
    if (!$product || !$quantity || $quantity < 1 || $quantity > QUANTITY_MAX) {
        return null;
    }
    return [$product, $quantity];
}

function add_to_cart(array $endpoint): void
{
    $line = posted_line();
    if ($line === null) {
        refuse('Say which product (product) and how many (qty, 1 to ' . QUANTITY_MAX . ').');
        return;
    }
    [$product, $quantity] = $line;
    if (find_product($endpoint, $product) === null) {
        not_found();
        return;
    }
    $cart = read_cart();
    $cart[$product] = min(QUANTITY_MAX, ($cart[$product] ?? 0) + $quantity);
    if (count($cart) > CART_LINES_MAX) {
        refuse('A cart holds ' . CART_LINES_MAX . ' different products at most.');
        return;
    }
    write_cart($cart);
    if (str_contains((string) ($_SERVER['HTTP_ACCEPT'] ?? ''), 'text/html')) {
        header('Location: /cart', true, 303);
        return;
    }
    json_answer(200, ['cart' => (object) $cart]);
}
