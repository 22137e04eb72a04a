<?php
// The pages that people see. No scripts, no images: what is tested here is the shop's being open.
declare(strict_types=1);

const STYLE = <<<'CSS'
*{box-sizing:border-box}body{margin:0;font:16px/1.5 system-ui,sans-serif;color:#1d2b36;background:#f5f7f8}
header{background:#0b3c49;color:#fff;padding:1.1rem 2rem;display:flex;justify-content:space-between;align-items:baseline}
header a{color:#fff;text-decoration:none}header strong{font-size:1.35rem;letter-spacing:.02em}
main{max-width:64rem;margin:2rem auto;padding:0 1rem}.grid{display:grid;gap:1rem;grid-template-columns:repeat(auto-fill,minmax(13rem,1fr))}
.card{background:#fff;border:1px solid #dfe6ea;border-radius:.6rem;padding:1.1rem;color:inherit;text-decoration:none;display:block}
.card:hover{border-color:#0b7285}.price{color:#0b7285;font-weight:600}.quiet{color:#6b7b86;font-size:.9rem}
button{background:#0b7285;color:#fff;border:0;border-radius:.4rem;padding:.6rem 1.2rem;font:inherit;cursor:pointer}
button:disabled{background:#a9b8c0}input{font:inherit;padding:.5rem;border:1px solid #c6d1d8;border-radius:.4rem;margin:.2rem 0}
.note{background:#fff3cd;border:1px solid #ffe08a;border-radius:.4rem;padding:.7rem 1rem;margin-bottom:1.2rem}
footer{text-align:center;padding:2rem}
CSS;

function text(mixed $value): string
{
    return htmlspecialchars((string) $value, ENT_QUOTES);
}

function page(array $endpoint, string $title, string $body): void
{
    header('Content-Type: text/html; charset=utf-8');
    $note = takes_orders($endpoint) ? ''
        : '<p class="note">Browsing only for a moment: the checkout opens again shortly.</p>';
    echo '<!doctype html><html lang="en"><head><meta charset="utf-8"><meta name="viewport" content="width=device-width">',
        '<title>', text($title), ' – Harbour Goods</title><style>', STYLE, '</style></head><body>',
        '<header><a href="/"><strong>Harbour Goods</strong></a><a href="/cart">Cart (', array_sum(read_cart()), ')</a></header>',
        '<main>', $note, $body, '</main><footer class="quiet">served from ', text(setting('region')),
        ', epoch ', $endpoint['epoch'], '</footer></body></html>';
}

function home_page(array $endpoint): void
{
    $cards = '';
    foreach (all_products($endpoint) as $p) {
        $cards .= "<a class='card' href='/product/{$p['id']}'><strong>" . text($p['name']) . '</strong><br>'
            . "<span class='price'>$" . text($p['price']) . "</span> <span class='quiet'>{$p['stock']} in stock</span></a>";
    }
    page($endpoint, 'Home', "<h1>Things for the far shore</h1><div class='grid'>$cards</div>");
}

function product_page(array $endpoint, int $id): void
{
    $p = find_product($endpoint, $id);
    if ($p === null) {
        not_found();
        return;
    }
    $off = takes_orders($endpoint) ? '' : 'disabled';
    page($endpoint, $p['name'], '<div class="card"><h1>' . text($p['name']) . "</h1><p class='price'>$" . text($p['price'])
        . "</p><p class='quiet'>{$p['stock']} in stock</p><form method='post' action='/cart'>"
        . "<input type='hidden' name='product' value='{$p['id']}'><input type='number' name='qty' value='1' min='1' max='99'> "
        . "<button $off>Add to cart</button></form></div>");
}

function cart_page(array $endpoint): void
{
    $rows = '';
    foreach (read_cart() as $id => $quantity) {
        $p = find_product($endpoint, (int) $id);
        $rows .= $p === null ? '' : '<p>' . (int) $quantity . ' × ' . text($p['name']) . " <span class='price'>$" . text($p['price']) . '</span></p>';
    }
    $off = takes_orders($endpoint) && $rows !== '' ? '' : 'disabled';
    $token = bin2hex(random_bytes(8));
    page($endpoint, 'Cart', '<div class="card"><h1>Your cart</h1>' . ($rows ?: '<p class="quiet">It is empty.</p>')
        . "<form method='post' action='/checkout'><input type='hidden' name='token' value='$token'>"
        . "<input name='name' placeholder='Name' required><br><input type='email' name='email' placeholder='E-mail' required><br>"
        . "<button $off>Place order</button></form></div>");
}
