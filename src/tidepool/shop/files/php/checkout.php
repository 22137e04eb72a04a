<?php
// Taking an order the way WooCommerce does where it hurts: several statements, each committed by itself, the answer last.
// A primary that dies in between leaves any prefix of this list behind; the drills must be able to see that.
declare(strict_types=1);

function checkout(array $endpoint): void
{
    $line = posted_line();
    $cart = read_cart() ?: ($line === null ? [] : [$line[0] => $line[1]]); // one request may also buy one thing at once
    [$name, $email, $token] = [posted('name'), posted('email'), posted('token')];
    if ($cart === [] || $name === '' || !filter_var($email, FILTER_VALIDATE_EMAIL)) {
        refuse('An order needs a cart (or product and qty), a name and an e-mail address.');
        return;
    }
    $lines = [];
    foreach ($cart as $id => $quantity) {
        $product = find_product($endpoint, (int) $id);
        if ($product === null) {
            refuse("Product $id is not sold any more.");
            return;
        }
        $lines[] = [(int) $id, (int) $quantity, cents($product['price'])];
    }
    $total = money(array_sum(array_map(fn (array $l): int => $l[1] * $l[2], $lines)));
    $key = 'order_' . bin2hex(random_bytes(10)); // the identity; the id may be given twice when a primary is lost
    $id = write_order($endpoint, $key, $token, $name, $email, $total, $lines);
    acknowledge($endpoint, [
        'order_id' => $id, 'order_key' => $key, 'total' => $total,
        'epoch' => $endpoint['epoch'], 'region' => setting('region'),
    ]);
}

/** Everything is ready before the last look at the clocks, and after it nothing happens but the sending. */
function acknowledge(array $endpoint, array $order): void
{
    $text = json_encode($order, JSON_THROW_ON_ERROR | JSON_UNESCAPED_SLASHES) . "\n";
    write_cart([]);
    header('Content-Type: application/json');
    if (!still_writer($endpoint) || !permit($endpoint)->stands()) {
        header_remove('Set-Cookie');
        closed('The shop moved to another region while your order was written. It is not confirmed; please try again.');
        return;
    }
    echo $text;
    fastcgi_finish_request(); // or it would wait in a buffer until the database is taken leave of
}

/** @param list<array{int, int, int}> $lines product, quantity, price in cents */
function write_order(array $endpoint, string $key, string $token, string $name, string $email, string $total, array $lines): int
{
    $id = next_order_id($endpoint);
    write($endpoint, 'INSERT INTO orders (id, order_key, token, name, email, status, total, created_at)'
        . " VALUES (?, ?, ?, ?, ?, 'pending', ?, CURRENT_TIMESTAMP)", [$id, $key, $token, $name, $email, $total]);
    foreach ($lines as [$product, $quantity, $price]) {
        write($endpoint, 'INSERT INTO order_items (order_id, product_id, qty, price) VALUES (?, ?, ?, ?)',
            [$id, $product, $quantity, money($price)]);
    }
    $facts = ['epoch' => (string) $endpoint['epoch'], 'region' => setting('region'), 'server' => (string) gethostname()];
    foreach ($facts as $fact => $value) {
        write($endpoint, 'INSERT INTO order_meta (order_id, name, value) VALUES (?, ?, ?)', [$id, $fact, $value]);
    }
    foreach ($lines as [$product, $quantity]) {
        write($endpoint, 'UPDATE products SET stock = stock - ? WHERE id = ?', [$quantity, $product]); // relative
    }
    write($endpoint, "UPDATE orders SET status = 'processing' WHERE id = ?", [$id]);
    return $id;
}

function next_order_id(array $endpoint): int
{
    if (setting('engine') === 'mysql') {
        write($endpoint, "UPDATE counters SET value = LAST_INSERT_ID(value + 1) WHERE name = 'orders'");
        return (int) database($endpoint)->lastInsertId();
    }
    return (int) write($endpoint, "UPDATE counters SET value = value + 1 WHERE name = 'orders' RETURNING value")->fetchColumn();
}

function posted(string $field): string
{
    return is_string($_POST[$field] ?? null) ? substr(trim($_POST[$field]), 0, 190) : '';
}

function cents(string $price): int
{
    return (int) round(((float) $price) * 100);
}

function money(int $cents): string
{
    return sprintf('%d.%02d', intdiv($cents, 100), $cents % 100);
}
