"""WooCommerce's orders as rows of JSON: from tables of their own, or from among the posts. Drafts are no orders.

`meta` counts what a checkout has written besides items when it answers: both addresses (or two of their fields), and
that stock was reduced.
"""

_ITEMS = (
    "(SELECT COUNT(*) FROM wp_woocommerce_order_items i WHERE i.order_id = {id} AND i.order_item_type = 'line_item')"
)
_ITEMS_TOTAL = (
    "CAST((SELECT COALESCE(SUM(m.meta_value), 0) FROM wp_woocommerce_order_items i JOIN wp_woocommerce_order_itemmeta m"
    " ON m.order_item_id = i.order_item_id AND m.meta_key = '_line_total' WHERE i.order_id = {id}) AS DECIMAL(12, 2))"
)
_DRAFTS = "('wc-checkout-draft', 'auto-draft', 'trash')"


def _parts(order: str) -> str:
    return f"'items', {_ITEMS.format(id=order)}, 'items_total', CAST({_ITEMS_TOTAL.format(id=order)} AS CHAR)"


def _of_post(key: str) -> str:
    return f"(SELECT MAX(m.meta_value) FROM wp_postmeta m WHERE m.post_id = p.ID AND m.meta_key = '{key}')"


IN_TABLES = (
    "SELECT JSON_OBJECT('id', o.id, 'order_key', COALESCE(d.order_key, ''),"
    " 'token', SUBSTRING_INDEX(COALESCE(o.billing_email, ''), '@', 1), 'status', REPLACE(o.status, 'wc-', ''),"
    f" 'total', CAST(COALESCE(o.total_amount, 0) AS CHAR), {_parts('o.id')},"
    " 'meta', (SELECT COUNT(*) FROM wp_wc_order_addresses a WHERE a.order_id = o.id)"
    " + COALESCE(d.order_stock_reduced, 0)) FROM wp_wc_orders o"
    " LEFT JOIN wp_wc_order_operational_data d ON d.order_id = o.id"
    f" WHERE o.type = 'shop_order' AND o.status NOT IN {_DRAFTS} ORDER BY o.id"
)
AMONG_POSTS = (
    f"SELECT JSON_OBJECT('id', p.ID, 'order_key', COALESCE({_of_post('_order_key')}, ''),"
    f" 'token', SUBSTRING_INDEX(COALESCE({_of_post('_billing_email')}, ''), '@', 1),"
    " 'status', REPLACE(p.post_status, 'wc-', ''),"
    f" 'total', CAST(COALESCE({_of_post('_order_total')}, 0) AS CHAR), {_parts('p.ID')},"
    " 'meta', (SELECT COUNT(DISTINCT m.meta_key) FROM wp_postmeta m WHERE m.post_id = p.ID AND (m.meta_key IN"
    " ('_billing_first_name', '_billing_address_1') OR (m.meta_key = '_order_stock_reduced' AND m.meta_value = 'yes'))"
    f")) FROM wp_posts p WHERE p.post_type = 'shop_order' AND p.post_status NOT IN {_DRAFTS} ORDER BY p.ID"
)
