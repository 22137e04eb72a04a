<?php
// What a customer is told while the checkout is closed: that the cart is kept, and when to try again.
declare(strict_types=1);

const CLOSED_FILE = '/run/farshore/closed.json';
const RETRY_AFTER_S = 5;
const RETRY_AFTER_MAX_S = 3600;
const CLOSED_FOR_A_MOMENT = 'The checkout is closed for a moment. Browsing works, and your cart is kept; please try again.';

function closed(string $what): void
{
    $plan = closing_plan();
    http_response_code(503);
    header('Retry-After: ' . retry_after_s($plan['reopens_at']));
    if (str_contains((string) ($_SERVER['HTTP_ACCEPT'] ?? ''), 'text/html')) {
        closed_page($what, $plan);
        return;
    }
    json_answer(503, ['error' => $what, 'cart_kept' => true] + array_filter($plan));
}

/** @return array{reopens_at: ?string, why: ?string} what a planned move says of itself; nulls where nobody said anything */
function closing_plan(): array
{
    $said = json_decode((string) @file_get_contents(CLOSED_FILE), true);
    $text = fn (string $key): ?string => is_string($said[$key] ?? null) && $said[$key] !== '' ? $said[$key] : null;
    $at = $text('reopens_at');
    return ['reopens_at' => $at !== null && strtotime($at) !== false ? $at : null, 'why' => $text('why')];
}

function retry_after_s(?string $reopens_at): int
{
    $left_s = $reopens_at === null ? RETRY_AFTER_S : strtotime($reopens_at) - time();
    return max(1, min(RETRY_AFTER_MAX_S, $left_s));
}

function closed_page(string $what, array $plan): void
{
    header('Content-Type: text/html; charset=utf-8');
    $when = $plan['reopens_at'] === null ? '' : '<p>It opens again at about <strong>'
        . text(gmdate('H:i:s', (int) strtotime($plan['reopens_at']))) . ' UTC</strong>.</p>';
    echo '<!doctype html><html lang="en"><head><meta charset="utf-8"><meta name="viewport" content="width=device-width">',
        '<title>Closed for a moment – Harbour Goods</title><style>', STYLE, '</style></head><body>',
        '<header><a href="/"><strong>Harbour Goods</strong></a><a href="/cart">Cart (', array_sum(read_cart()), ')</a></header>',
        '<main><div class="card"><h1>One moment, please</h1><p>', text($what), '</p>', $when,
        $plan['why'] === null ? '' : '<p class="quiet">' . text($plan['why']) . '</p>',
        '<p><a href="/cart">Back to your cart</a></p></div></main></body></html>';
}
