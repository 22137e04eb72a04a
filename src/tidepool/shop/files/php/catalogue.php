<?php
// Reading products and orders; works on a read-only replica.
declare(strict_types=1);

/** @return list<array{id: int, name: string, price: string, stock: int}> */
function all_products(array $endpoint): array
{
    return run($endpoint, 'SELECT id, name, price, stock FROM products ORDER BY id LIMIT 60')->fetchAll();
}

function find_product(array $endpoint, int $id): ?array
{
    return run($endpoint, 'SELECT id, name, price, stock FROM products WHERE id = ?', [$id])->fetch() ?: null;
}

function order_status(array $endpoint, string $key): void
{
    $order = run($endpoint, 'SELECT id, order_key, status, total, created_at FROM orders WHERE order_key = ?', [$key])->fetch();
    if (!$order) {
        not_found();
        return;
    }
    $items = run($endpoint, 'SELECT product_id, qty, price FROM order_items WHERE order_id = ? ORDER BY id', [$order['id']])->fetchAll();
    json_answer(200, [
        'order_id' => (int) $order['id'], 'order_key' => $order['order_key'], 'status' => $order['status'],
        'total' => $order['total'], 'created_at' => $order['created_at'],
        'items' => array_map(fn (array $i): array => [
            'product_id' => (int) $i['product_id'], 'qty' => (int) $i['qty'], 'price' => $i['price'],
        ], $items),
    ]);
}
